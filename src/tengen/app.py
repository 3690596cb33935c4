"""The composition root: one function builds the ASGI application, picks what is real, and says who listens to whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

import tengen
from tengen.accounts import api as accounts_api
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import AccountRegistered
from tengen.core import migrations
from tengen.core.logging import configure_logging
from tengen.core.mail import MailRequested, make_mailer
from tengen.core.outbox import Dispatcher
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.players import service as players
from tengen.web import pages as web_pages
from tengen.web.errors import install_error_handlers
from tengen.web.middleware import Edge

TAGS = [
    {"name": "accounts", "description": "Registration, log-in, user proofs."},
    {"name": "game servers", "description": "The directory: registration, heartbeat, the list of those online."},
    {"name": "matches", "description": "Team matches reported by game servers, and the ratings they move."},
    {"name": "clans", "description": "Teams of accounts."},
    {"name": "skins", "description": "What an account or a clan may wear."},
    {"name": "platform", "description": "Health, metrics and keys."},
]


def connect_listeners(platform: Platform) -> None:
    """Who hears of what. The command line connects the same listeners."""
    platform.events.together(AccountRegistered, players.add_home_player)
    platform.events.later(MailRequested, "mail", make_mailer(platform.settings).send)


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The whole platform as an ASGI application. `settings` are read from the environment unless given."""
    settings = settings or Settings()
    configure_logging(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        platform = Platform.of(settings)
        connect_listeners(platform)
        if settings.is_sqlite:
            await migrations.upgrade(platform.database)
        else:
            await migrations.check(platform.database)
        dispatcher = Dispatcher(platform.database, platform.events.deliver)
        platform.database.on_outbox = dispatcher.wake
        app.state.platform = platform
        app.state.accounts = Accounts.of(platform)
        await dispatcher.start()
        try:
            yield
        finally:
            await app.state.accounts.authenticator.finish()
            await dispatcher.stop()
            await platform.database.close()

    app = FastAPI(
        title="Tengen",
        summary="One account, one identity and one rating on every game server.",
        version=tengen.__version__,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,  # game clients of the metaserver send JSON without saying so
        max_body_size=settings.max_body_bytes,
    )
    install_error_handlers(app)
    for router in (web_pages.router, accounts_api.router, accounts_api.keys_router):
        app.include_router(router)
    return Edge(app, is_https=settings.public_url.startswith("https://"))

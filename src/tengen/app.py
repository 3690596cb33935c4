"""The composition root: one function builds the ASGI application, picks what is real, and starts it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

import tengen
from tengen.accounts import api as accounts_api
from tengen.accounts.runtime import Accounts
from tengen.associations import api as associations_api
from tengen.associations import pages as associations_pages
from tengen.associations.runtime import Associations
from tengen.clans import api as clans_api
from tengen.core import migrations
from tengen.core.lifespan import END_STREAMS
from tengen.core.logging import configure_logging
from tengen.core.outbox import Dispatcher
from tengen.core.pictures import Pictures
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.friends import api as friends_api
from tengen.friends.runtime import Friends
from tengen.games import api as games_api
from tengen.games import correction_api, team_api
from tengen.games.runtime import Games
from tengen.home import pages as home_pages
from tengen.listeners import connect_listeners
from tengen.notifications import sockets as notification_sockets
from tengen.notifications.runtime import Notifications
from tengen.oauth import api as oauth_api
from tengen.oauth import pages as oauth_pages
from tengen.oauth.runtime import OAuth
from tengen.play import challenge_sockets, challenges_api
from tengen.play import games_api as all_games_api
from tengen.play import players_api as player_games_api
from tengen.play import sockets as play_sockets
from tengen.play.challenge_desk import ChallengeDesk
from tengen.play.estimator import Estimator
from tengen.play.runtime import Play
from tengen.players import api as players_api
from tengen.profiles import api as profiles_api
from tengen.profiles import me_api, sign_in_api
from tengen.profiles import sockets as identity_sockets
from tengen.profiles.runtime import Profiles
from tengen.realtime import host
from tengen.realtime.runtime import Realtime
from tengen.realtime.sessions import Sessions
from tengen.realtime.socketio import SocketIo
from tengen.realtime.websocket import SocketRoute
from tengen.servers import api as servers_api
from tengen.servers.runtime import Servers
from tengen.skins import api as skins_api
from tengen.tournaments import api as tournaments_api
from tengen.tournaments import feed_api, scoreganizer_api, scoreganizer_tournaments_api, submissions_api
from tengen.tournaments.feed import Feed
from tengen.tournaments.runtime import Tournaments
from tengen.tournaments.submissions import MAX_REPLAY_BYTES
from tengen.web import pages as web_pages
from tengen.web.assets import Assets
from tengen.web.errors import install_error_handlers
from tengen.web.middleware import Edge
from tengen.web.openapi import DocumentedApp
from tengen.web.routing import add_routes

TAGS = [
    {"name": "accounts", "description": "Registration, log-in, user proofs."},
    {"name": "programs", "description": "Log-ins of programs by OAuth2, and the programs that are registered for it."},
    {"name": "game servers", "description": "The directory: registration, heartbeat, the list of those online."},
    {"name": "players", "description": "Accounts on game servers: one each, with the token that lets it report games."},
    {"name": "games", "description": "Games of Go reported by game servers: their records, and the ratings they move."},
    {"name": "live games", "description": "Games of Go that are played here, and challenges to play them."},
    {"name": "ratings", "description": "Leaderboards, and how a rating came about."},
    {"name": "matches", "description": "Team matches reported by game servers, and the ratings they move."},
    {"name": "tournaments", "description": "Tournaments of Minesweeper, for Scoreganizer's programs and for others."},
    {"name": "clans", "description": "Teams of accounts."},
    {"name": "skins", "description": "What an account or a clan may wear."},
    {"name": "members", "description": "Member numbers of associations, linked to accounts."},
    {"name": "platform", "description": "Health, metrics and keys."},
]

_MAX_UPLOAD_BYTES = 2 * MAX_REPLAY_BYTES
"""More than a replay and the form around it: who uploads a larger file is told so in the words of the protocol."""


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The whole platform as an ASGI application. `settings` are read from the environment unless given."""
    settings = settings or Settings()
    configure_logging(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        platform = Platform.of(settings)
        connect_listeners(platform)
        if settings.is_sqlite:
            await migrations.upgrade(platform.database)
        else:
            await migrations.check(platform.database)
        dispatcher = Dispatcher(platform.database, platform.events.deliver)
        platform.database.on_outbox = dispatcher.wake
        app.state.platform = platform
        app.state.pictures = Pictures()
        app.state.accounts = Accounts.of(platform)
        app.state.oauth = OAuth.of(platform, app.state.accounts)
        app.state.servers = Servers.of(platform)
        app.state.associations = Associations.of(settings)
        app.state.profiles = Profiles.of(platform)
        app.state.games = Games.of(platform, app.state.servers)
        app.state.tournaments = Tournaments.of(platform, app.state.accounts)
        app.state.feed = Feed.of(platform)
        app.state.realtime = realtime = Realtime.of(platform)
        app.state.hub, app.state.commands = realtime.hub, realtime.commands
        app.state.sessions = sessions = Sessions()
        app.state.notifications = Notifications.of(platform, realtime.hub)
        app.state.friends = Friends.of(platform, app.state.profiles, app.state.notifications)
        host.register(realtime)
        identity_sockets.register(realtime, sessions, app.state.profiles, app.state.oauth)
        notification_sockets.register(realtime.commands, sessions, app.state.notifications)
        estimator = Estimator(settings.data_dir / "cache" / "numba")
        app.state.play = play = Play.of(platform, realtime.hub, app.state.profiles, app.state.notifications, estimator)
        sessions.when_authenticated(play.greet)
        play_sockets.register(realtime.commands, play)
        app.state.challenges = ChallengeDesk.of(platform, realtime.hub, app.state.profiles, app.state.notifications)
        challenge_sockets.register(realtime.commands, app.state.challenges)
        await realtime.hub.start()
        await app.state.challenges.start()
        await dispatcher.start()
        await play.start()
        try:
            yield {END_STREAMS: app.state.feed.end}
        finally:
            await app.state.challenges.stop()
            await app.state.feed.stop()
            await app.state.pictures.close()
            await play.stop()
            await estimator.close()
            await realtime.hub.stop()
            await app.state.tournaments.parsers.close()
            await app.state.accounts.authenticator.finish()
            await dispatcher.stop()
            await platform.close()

    app = DocumentedApp(
        title="Tengen",
        summary="One account, one identity and one rating on every game server.",
        version=tengen.__version__,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the platform has its own
    )
    install_error_handlers(app)
    add_routes(
        app,
        [
            web_pages.router,
            accounts_api.router,
            accounts_api.keys_router,
            oauth_api.router,
            oauth_api.apps_router,
            oauth_pages.router,
            servers_api.router,
            servers_api.admin_router,
            players_api.router,
            games_api.router,
            all_games_api.router,
            all_games_api.files_router,
            player_games_api.router,
            correction_api.router,
            team_api.router,
            profiles_api.router,
            profiles_api.ratings_router,
            profiles_api.greeting_router,
            me_api.router,
            sign_in_api.router,
            sign_in_api.config_router,
            friends_api.router,
            challenges_api.router,
            clans_api.router,
            skins_api.router,
            scoreganizer_api.router,
            scoreganizer_tournaments_api.router,
            tournaments_api.router,
            submissions_api.router,
            feed_api.router,
            associations_api.router,
            associations_pages.router,
            home_pages.router,
        ],
    )
    app.mount("/static", Assets())
    app.router.routes.append(SocketRoute("/socket.io", SocketIo()))
    return Edge(app, settings, larger_bodies=_larger_bodies(settings))


def _larger_bodies(settings: Settings) -> dict[str, int]:
    """The paths whose bodies may be larger than others: reports of games hold records, uploads replays."""
    return {
        "/api/v1/games": settings.max_report_bytes,
        "/api/v1/games/batch": settings.max_batch_bytes,
        "/api/scores/upload": _MAX_UPLOAD_BYTES,
        "/api/v2/tournaments/{tournament_id}/submissions": _MAX_UPLOAD_BYTES,
    }

"""Settings: from the environment, from a TOML file, or the defaults below.

The environment wins over the file. `TENGEN_CONFIG` names the file; without it `tengen.toml` in the data directory is
read when it exists. `tengen config` shows what is in force, secrets masked.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_Seconds = Annotated[float, Field(gt=0)]
_Count = Annotated[int, Field(ge=1)]
_YearAtMost = Annotated[float, Field(ge=0, le=366 * 86_400)]
_Lifetime = Annotated[float, Field(gt=0, le=366 * 86_400)]
_SCHEMES = {
    "database_url": ("postgresql", "postgres", "sqlite"),
    "redis_url": ("redis", "rediss", "unix"),
    "smtp_url": ("smtp", "smtps"),
}
# With TLS, or without leaving this machine: the address goes out with a key.
_CONFIDENTIAL = re.compile(r"https://[^/?#]+.*|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?")
_MEMBER_FILE = re.compile(r"\s*([a-z][a-z0-9]{1,15})\s*=\s*(\S.*?)\s*", re.IGNORECASE)


class Settings(BaseSettings):
    """Everything an operator can set. Each field's description is what `docs/settings.md` shows."""

    model_config = SettingsConfigDict(env_prefix="TENGEN_", extra="ignore", populate_by_name=True)

    data_dir: Path = Field(default=Path("data"), description="Directory of the database, the secret key and the mail.")
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Address by which the world reaches the platform; the issuer (`iss`) of its signed proofs.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Master secret, 16 characters or more. Unset, one is made and kept in `<data>/secret.key`. "
        "Platforms on several hosts must set the same one.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="`postgresql://…` or `sqlite:///…`. Unset: SQLite in `<data>/tengen.db`.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        validation_alias="REDIS_URL",
        description="`redis://…`: shares rate limits and live messages between workers. Needed for more than one.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        validation_alias="SMTP_URL",
        description="`smtp://user:password@host:port` (STARTTLS when offered) or `smtps://…`. "
        "Unset: mail is written to `<data>/mail/*.eml`.",
    )
    mail_from: str = Field(default="Tengen <tengen@localhost>", description="Sender of the platform's mail.")

    database_pool_size: _Count = Field(default=16, description="PostgreSQL connections a worker keeps.")

    proof_lifetime_seconds: _Seconds = Field(default=600, description="How long a user proof holds, in both forms.")
    signing_key_lead_seconds: float = Field(
        default=600,
        ge=0,
        description="How long a new signing key is published before it signs: longer than verifiers keep the key set.",
    )
    mail_token_lifetime_seconds: _Seconds = Field(
        default=86_400, description="How long the token mailed at registration holds."
    )
    mail_token_tries: _Count = Field(default=10, description="Wrong mail tokens before a new one must be requested.")
    mail_token_renewal_seconds: _Seconds = Field(default=30, description="Pause between two mailed tokens.")
    refuse_disposable_email: bool = Field(
        default=True, description="Refuse registrations from the packaged list of throw-away mail domains."
    )

    password_hash_memory_kib: Annotated[int, Field(ge=8)] = Field(
        default=19_456, description="Memory of one argon2id run, in KiB (OWASP's recommendation)."
    )
    password_hash_passes: _Count = Field(default=2, description="Passes of one argon2id run.")
    credential_memory_seconds: _Seconds = Field(
        default=300, description="How long a verified password is remembered, as a keyed hash, to spare a hash run."
    )
    login_failures_per_account: _Count = Field(
        default=20, description="Wrong passwords for one account in ten minutes before it is answered with 429."
    )
    login_failures_per_address: _Count = Field(
        default=100, description="Wrong passwords from one address in ten minutes before it is answered with 429."
    )
    registrations_per_address: _Count = Field(
        default=60, description="Registrations from one address in an hour. Addresses of this machine are not limited."
    )

    access_token_lifetime_seconds: _Lifetime = Field(
        default=36_000, description="How long the access token of a program holds."
    )
    refresh_token_lifetime_seconds: _Lifetime = Field(
        default=2_592_000, description="How long a program may go without refreshing before it has to log in again."
    )
    authorization_code_lifetime_seconds: _Lifetime = Field(
        default=60, description="How long a program has to exchange the code that a browser brings it."
    )
    session_lifetime_seconds: _Lifetime = Field(default=2_592_000, description="How long a browser stays logged in.")
    user_jwt_lifetime_seconds: _Lifetime = Field(
        default=43_200, description="How long the signed text (`user_jwt`) holds by which sockets say whose they are."
    )
    logins_per_account: _Count = Field(
        default=500,
        description="Pairs of tokens kept for one account, and browsers it may be logged in in; for more, the oldest "
        "end.",
    )
    apps_per_account: _Count = Field(default=5, description="Programs (OAuth2 clients) one account may register.")

    servers_per_account: _Count = Field(default=5, description="Game servers one account may register.")
    admins_per_server: _Count = Field(default=20, description="Accounts that look after a game server with its owner.")
    heartbeat_window_seconds: _Seconds = Field(
        default=60, description="A server is online if it was heard from within this time."
    )
    team_rating_rule: Literal["opponents", "original"] = Field(
        default="opponents",
        description="Who a winner is rated against: the other teams (`opponents`, the published formula), or the "
        "winning team's own mean (`original`, as the first metaserver computed it).",
    )
    pools_file: Path | None = Field(
        default=None,
        description="TOML file that describes the pools: which games each holds, and how they are rated. Unset: "
        "`<data>/pools.toml`, if there is one.",
    )

    tournament_token_refresh_seconds: _YearAtMost = Field(
        default=3_600, description="Before this age the token of a tournament program cannot be refreshed."
    )
    tournament_token_fresh_seconds: _YearAtMost = Field(
        default=604_800,
        description="From this age on the token of a tournament program is stale: it should be refreshed.",
    )
    tournament_token_lifetime_seconds: _YearAtMost = Field(
        default=2_592_000,
        description="From this age on the token of a tournament program is void: its owner has to log in again.",
    )
    tournament_token_grace_seconds: _YearAtMost = Field(
        default=300,
        description="How long the token of a tournament program holds after it was refreshed: an answer may be lost.",
    )

    feed_followers_per_address: _Count = Field(
        default=50,
        description="Feeds of tournaments that one address may follow at once, at each worker. Addresses of this "
        "machine are not limited.",
    )
    feed_followers_per_worker: _Count = Field(
        default=500, description="Feeds of tournaments that a worker serves at once, each on a connection of its own."
    )

    sockets_per_address: _Count = Field(
        default=100,
        description="Realtime connections that one address may have open, at each worker. Addresses of this machine "
        "are not limited.",
    )
    sockets_per_worker: _Count = Field(default=10_000, description="Realtime connections that a worker serves at once.")
    socket_messages_per_second: _Count = Field(
        default=30,
        description="Messages that a realtime connection may send for ever; four times as many after a quiet moment.",
    )

    replay_parsers: _Count = Field(
        default=1, description="Processes of a worker that read replays at the same time; one more stands ready."
    )

    aga_api_key: SecretStr | None = Field(
        default=None,
        description="Key of the American Go Association's membership service. Unset, its member numbers (`aga`) are "
        "not linked to accounts.",
    )
    aga_url: str = Field(default="https://usgo.org/mm", description="Address of that service.")
    members_csv: str | None = Field(
        default=None,
        description="Lists of members of other associations, as `egf=/srv/egf.csv,ffg=/srv/ffg.csv`: files with the "
        "columns `number`, `email` and `full_name`.",
    )
    member_link_lifetime_seconds: _Seconds = Field(
        default=86_400, description="How long the link holds that is mailed to a member to claim a number."
    )
    member_requests_per_account: _Count = Field(
        default=5, description="Member numbers that one account may ask for in a day."
    )
    member_mails_per_number: _Count = Field(
        default=3, description="Mails that the holder of one member number gets in a day."
    )

    max_body_bytes: _Count = Field(default=1_048_576, description="Largest request body, in bytes.")
    max_report_bytes: _Count = Field(
        default=4_194_304, description="Largest report of a game, in bytes: a record of 1 MiB, as JSON writes it."
    )
    max_batch_bytes: _Count = Field(default=16_777_216, description="Largest batch of reports, in bytes.")
    max_batch_ids: _Count = Field(default=500, description="Most ids in one batch request.")
    shutdown_seconds: _Seconds = Field(default=10, description="Time for running requests to finish at shutdown.")
    forwarded_allow_ips: str = Field(
        default="127.0.0.1", description="Proxies whose `X-Forwarded-*` headers are believed."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severity that is logged."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`json`, `console`, or `auto`: console on a terminal, JSON elsewhere."
    )

    @field_validator("public_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("the secret key must have at least 16 characters")
        return value

    @field_validator("database_url", "redis_url", "smtp_url")
    @classmethod
    def _of_a_known_scheme(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        known = _SCHEMES[info.field_name or ""]
        if value is not None and value.get_secret_value().partition("://")[0] not in known:
            raise ValueError(f"it must begin with {' or '.join(f'{scheme}://' for scheme in known)}")
        return value

    @field_validator("tournament_token_lifetime_seconds")
    @classmethod
    def _leaves_time_to_refresh(cls, value: float, info: ValidationInfo) -> float:
        refresh = info.data.get("tournament_token_refresh_seconds", 0)
        if not refresh <= info.data.get("tournament_token_fresh_seconds", refresh) < value:
            raise ValueError(
                "tokens are refreshed before they expire: tournament_token_refresh_seconds must be at most "
                "tournament_token_fresh_seconds, and that less than this"
            )
        return value

    @field_validator("aga_url")
    @classmethod
    def _confidential(cls, value: str) -> str:
        if _CONFIDENTIAL.fullmatch(value) is None:
            raise ValueError("it must begin with https://, for the key goes with it")
        return value.rstrip("/")

    @field_validator("members_csv")
    @classmethod
    def _names_files(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "aga" in _member_files(value) and info.data.get("aga_api_key"):
            raise ValueError("aga has a key (aga_api_key) and a file: only one can be its list of members")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the library passes it; we read no .env
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        data_dir = init_settings().get("data_dir") or os.environ.get("TENGEN_DATA_DIR") or "data"
        file = Path(os.environ.get("TENGEN_CONFIG") or Path(str(data_dir)) / "tengen.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @property
    def database(self) -> str:
        """The database's URL as SQLAlchemy wants it, driver included."""
        if self.database_url is None:
            return f"sqlite:///{(self.data_dir / 'tengen.db').absolute()}"
        url = self.database_url.get_secret_value()
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+asyncpg://" + url.removeprefix(prefix)
        return url

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used: one process, one writer."""
        return self.database.startswith("sqlite")

    @property
    def pools_path(self) -> Path | None:
        """The file that describes the pools; None if there is none."""
        if self.pools_file is not None:
            return self.pools_file
        usual = self.data_dir / "pools.toml"
        return usual if usual.exists() else None

    @property
    def member_files(self) -> dict[str, Path]:
        """The lists of members that `members_csv` names, by the codes of their associations."""
        return _member_files(self.members_csv)


def _member_files(text: str | None) -> dict[str, Path]:
    # A comma may be part of a path; one before the next association is not.
    parts = re.split(r",(?=\s*[A-Za-z0-9]+\s*=)", text) if text and text.strip() else []
    files: dict[str, Path] = {}
    for part in parts:
        found = _MEMBER_FILE.fullmatch(part)
        if found is None:
            raise ValueError("it must be written as egf=/srv/egf.csv, with commas between several")
        code = found[1].lower()
        if code in files:
            raise ValueError(f"{code} has two files")
        files[code] = Path(found[2])
    return files

"""Game servers on the wire of the metaserver."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints
from pydantic.functional_validators import AfterValidator, PlainValidator
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from tengen.accounts.names import MAX_DISPLAY_NAME
from tengen.core.values import MAX_ID, naive_iso
from tengen.servers.admins import ServerAdmin
from tengen.servers.hosts import HostName, InvalidHostName
from tengen.servers.listing import (
    MAX_DESCRIPTION,
    MAX_GAME_TYPE,
    MAX_MAP,
    MAX_NAME,
    InvalidListing,
    Listing,
    check_line,
    parse_name,
    parse_text,
)
from tengen.servers.service import NewServer, Server
from tengen.web.errors import several_problems
from tengen.web.openapi import Id, WireTime


def _host_name(value: Any) -> HostName:
    try:
        return HostName.parse(value if isinstance(value, str) else "")
    except InvalidHostName as error:
        raise several_problems({f"value_error.{kind}": reason for kind, reason in error.reasons.items()}) from error


def _checked(parse: Callable[[str], str]) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            return parse(text)
        except InvalidListing as error:
            raise PydanticCustomError("value_error", "{reason}", {"reason": error.message}) from error

    return AfterValidator(validate)


_HostNameIn = Annotated[
    HostName,
    PlainValidator(_host_name),
    WithJsonSchema(
        {
            "type": "string",
            "description": "An https URL, an IPv4 or an IPv6 address.",
            "examples": ["203.0.113.20", "https://play.example.org", "2001:db8::1"],
        }
    ),
]


class ServerCreate(BaseModel):
    """How a game server presents itself."""

    host_name: _HostNameIn
    port: int = Field(ge=1, le=65_535, examples=[11235])
    display_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME), _checked(parse_name)
    ] = Field(examples=["Quiet Valley"])
    description: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_DESCRIPTION), _checked(parse_text)]
        | None
    ) = Field(default=None, examples=["beginners"])
    game_type: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=MAX_GAME_TYPE), _checked(check_line)
    ] = Field(examples=["RTSS"])
    max_player_count: int = Field(ge=0, le=MAX_ID, examples=[32])

    def listing(self) -> Listing:
        """What the server tells about itself."""
        return Listing(
            host_name=self.host_name,
            port=self.port,
            display_name=self.display_name,
            description=self.description or "",
            game_type=self.game_type,
            max_player_count=self.max_player_count,
        )


class ServerUpdate(ServerCreate):
    """A heartbeat: how a game server presents itself, and what is played on it now."""

    current_map: Annotated[str, StringConstraints(max_length=MAX_MAP), _checked(check_line)] = Field(examples=["eden2"])
    current_player_count: int = Field(ge=0, le=MAX_ID, examples=[7])


class ServerLogin(BaseModel):
    """What a game server signs in with. The password is shown this once."""

    username: str = Field(description="The server's id.", examples=["3"])
    password: str = Field(examples=["5d0c1b9e7a3f4862ad91c0e4b7f25836"])

    @classmethod
    def of(cls, made: NewServer) -> "ServerLogin":
        """The wire form of a new server's id and secret."""
        return cls.model_construct(username=str(made.id), password=made.secret)


class ServerRead(BaseModel):
    """A game server in the directory."""

    host_name: str = Field(examples=["203.0.113.20"])
    port: int = Field(examples=[11235])
    display_name: str = Field(examples=["Quiet Valley"])
    description: str = Field(examples=["beginners"])
    game_type: str = Field(examples=["RTSS"])
    max_player_count: int = Field(examples=[32])
    id: int = Field(examples=[3])
    current_map: str = Field(description="Empty before the first heartbeat.", examples=["eden2"])
    current_player_count: int = Field(examples=[7])
    updated: WireTime | None = Field(description="The last heartbeat; null before the first.")

    @classmethod
    def of(cls, server: Server) -> "ServerRead":
        """The wire form of a game server."""
        return cls.model_construct(
            host_name=server.host_name,
            port=server.port,
            display_name=server.display_name,
            description=server.description,
            game_type=server.game_type,
            max_player_count=server.max_player_count,
            id=server.id,
            current_map=server.current_map,
            current_player_count=server.current_player_count,
            updated=None if server.heard_at is None else naive_iso(server.heard_at),
        )


class ServerToken(BaseModel):
    """A game server's new secret, shown this once."""

    token: str = Field(
        description="For the header `X-Auth-Server-Token`; the password of the server's Basic log-in is the same.",
        examples=["5d0c1b9e7a3f4862ad91c0e4b7f25836"],
    )


class NewServerAdmin(BaseModel):
    """Who is to look after a game server; the id goes before the name."""

    account_id: Id | None = Field(default=None, examples=[58])
    display_name: str | None = Field(default=None, max_length=MAX_DISPLAY_NAME, examples=["Tova"])


class ServerAdminRead(BaseModel):
    """An account that looks after a game server."""

    account_id: int = Field(examples=[58])
    display_name: str = Field(examples=["Tova"])
    is_owner: bool = Field(description="The owner is always among the admins.")
    since: WireTime

    @classmethod
    def of(cls, admin: ServerAdmin) -> "ServerAdminRead":
        """The wire form of a server's admin."""
        return cls.model_construct(
            account_id=admin.account_id,
            display_name=admin.display_name,
            is_owner=admin.is_owner,
            since=naive_iso(admin.since),
        )

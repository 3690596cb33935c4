"""Players on the wire: what accounts say and are told of their players on game servers."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from tengen.players.names import MAX_NAME, InvalidPlayerName, parse_name
from tengen.players.service import ListedPlayer, NewToken
from tengen.servers.listing import MAX_NAME as MAX_SERVER_NAME
from tengen.web.openapi import Id


def _name(text: str) -> str:
    try:
        return parse_name(text)
    except InvalidPlayerName as error:
        raise PydanticCustomError("value_error", "{reason}", {"reason": error.message}) from error


NameIn = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME),
    AfterValidator(_name),
    Field(examples=["mossy_stone"]),
]


class PlayerCreate(BaseModel):
    """On which game server the caller wants to be a player, and by what name."""

    server_id: Id | None = Field(default=None, description="The server's id; or `game_server`.", examples=[3])
    game_server: str | None = Field(
        default=None,
        max_length=MAX_SERVER_NAME,
        description="The server's name, without `server_id`.",
        examples=["Quiet Valley"],
    )
    name: NameIn | None = Field(
        default=None,
        description=f"The account's name, cut to {MAX_NAME} characters, if left out.",
        examples=["mossy_stone"],
    )


class PlayerChange(BaseModel):
    """Another name for a player."""

    name: NameIn


_TOKEN = Field(
    description="What the game server needs to report the player's games. Shown this once.",
    examples=["5d0c1b9e7a3f4862ad91c0e4b7f25836"],
)


class PlayerToken(BaseModel):
    """A player's new report token, shown this once."""

    token: str = _TOKEN


class NewPlayer(BaseModel):
    """A player on a game server, with its report token."""

    id: int = Field(examples=[71])
    name: str = Field(examples=["mossy_stone"])
    server_id: int = Field(examples=[3])
    account_id: int = Field(examples=[57])
    token: str = _TOKEN

    @classmethod
    def of(cls, made: NewToken) -> "NewPlayer":
        """The wire form of a new player."""
        player = made.player
        return cls.model_construct(
            id=player.id,
            name=player.name,
            server_id=player.server_id,
            account_id=player.account_id,
            token=made.token,
        )


class OwnPlayer(BaseModel):
    """A player on a game server as its owner sees it."""

    id: int = Field(examples=[71])
    name: str = Field(examples=["mossy_stone"])
    server_id: int = Field(examples=[3])
    server_name: str = Field(examples=["Quiet Valley"])
    has_token: bool = Field(description="False: the server cannot report games for the player yet.", examples=[True])

    @classmethod
    def of(cls, listed: ListedPlayer) -> "OwnPlayer":
        """The wire form of a player that its owner asked for."""
        player = listed.player
        return cls.model_construct(
            id=player.id,
            name=player.name,
            server_id=player.server_id,
            server_name=listed.server_name,
            has_token=listed.has_token,
        )

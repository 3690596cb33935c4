"""Challenges on the wire of OGS: what clients send, and what they are answered."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from tengen.play.declines import Decline
from tengen.play.offers import Offer
from tengen.profiles.schemas import MinimalPlayer, OgsTime


def _either(description: str, *types: str, examples: list[Any] | None = None) -> Any:
    """A field that clients write in many ways: `Offer.parse` knows them all, and says what is wrong."""
    return Field(
        default=None,
        description=description,
        json_schema_extra={"type": [*types, "null"], "examples": examples or []},
    )


class GameSettings(BaseModel):
    """The game that is offered."""

    name: Any = _either("`Friendly Game` unless it is named.", "string", examples=["Evening game"])
    rules: Any = _either(
        "`japanese`, `chinese`, `korean`, `aga`, `nz` or `ing`; `japanese` unless it is said.", "string"
    )
    ranked: Any = _either("Whether it moves ratings. Komi is automatic then.", "boolean", "string")
    width: Any = _either("2 to 25; 19 unless it is said.", "integer", "string", examples=[19])
    height: Any = _either("2 to 25; 19 unless it is said.", "integer", "string", examples=[19])
    handicap: Any = _either("Stones; −1 for as many as even out the ranks.", "integer", "string", examples=[0, "0"])
    komi_auto: Any = _either(
        "`automatic` or `custom`, also true or false; automatic unless a komi is given.", "string", "boolean"
    )
    komi: Any = _either("Points for White, if it is not automatic.", "number", "string", examples=[6.5, "6.5"])
    disable_analysis: Any = _either("Whether the players' boards offer no analysis.", "boolean", "string")
    initial_state: Any = _either(
        "The position to begin with: `black` and `white`, each two letters for a stone.",
        "object",
        examples=[{"black": "ddpp", "white": "dp"}],
    )
    initial_player: Any = _either("Who moves first in that position, `black` unless it is said.", "string")
    private: Any = _either("Whether only its players may watch.", "boolean", "string")
    rengo: Any = _either("Not played here: false.", "boolean", "string")
    pause_on_weekends: Any = _either("Whether clocks of a game by correspondence rest on weekends.", "boolean")
    time_control: Any = _either(
        "`fischer`, `byoyomi`, `canadian`, `simple`, `absolute` or `none`. Without it and parameters: `byoyomi`, forty "
        "minutes and five periods of half a minute.",
        "string",
        examples=["byoyomi"],
    )
    time_control_parameters: Any = _either(
        "Its times in seconds: `initial_time`, `time_increment`, `max_time`; `main_time`, `period_time`, `periods`; "
        "`main_time`, `period_time`, `stones_per_period`; `per_move`; `total_time`. Beside them `speed` and "
        "`pause_on_weekends`.",
        "object",
        examples=[{"system": "byoyomi", "main_time": 1200, "period_time": 30, "periods": 5}],
    )


class ChallengeSettings(BaseModel):
    """A challenge. What else clients send is passed over.

    Without a body it is read from the query: so `ogsapi` sends it.
    """

    game: GameSettings | None = Field(default=None, description="Required.")
    challenger_color: Any = _either(
        "`black`, `white`, `random`, or `automatic`: Black for the weaker player if there is a handicap.", "string"
    )
    min_ranking: Any = _either(
        "The lowest rank that may accept an open challenge, 30 is 1d; −1000 for any.", "number", "string"
    )
    max_ranking: Any = _either("The highest; 1000 for any.", "number", "string")
    invite_only: Any = _either("Whether an open challenge is listed nowhere.", "boolean", "string")

    def offer(self, query: Mapping[str, str]) -> Offer:
        """What it offers. `query` is the request's. Raises `InvalidChallenge` and `InvalidTimeControl`.

        `ogsapi` 1.3.0 sends challenges in the query, where the names of the game's settings are all that is left of
        it: they are the usual ones then, which are those that `ogsapi` documents.
        """
        if not self.model_fields_set and "game" in query:
            return Offer.parse({**query, "game": {}})
        return Offer.parse({**vars(self), "game": None if self.game is None else vars(self.game)})


class ChallengeAnswer(BaseModel):
    """What becomes of a challenge that somebody does not want."""

    delete: bool = Field(default=False, description="Decline the challenge; its challenger withdraws it so.")
    message: Any = _either("Why, for people.", "string")
    rejection_details: Any = _either("Why, for programs; relayed to the challenger.", "object")

    def decline(self) -> Decline:
        """What the challenger is told. Raises `InvalidDecline`."""
        return Decline.parse(vars(self))


class ChallengeMade(BaseModel):
    """A challenge that was made."""

    status: str = Field(examples=["ok"])
    challenge: int = Field(description="The challenge's id.", examples=[50123])
    game: int = Field(description="The id of the game, which it keeps once it is played.", examples=[90456])
    uuid: str = Field(description="Whoever is told it is invited.", examples=["3tiGdpJSds8kbo3ZBCbqv6"])


class GameBegun(BaseModel):
    """A challenge that was accepted."""

    success: str = Field(examples=["Challenge accepted"])
    game: int = Field(description="The id of the game, which has begun.", examples=[90456])
    time_per_move: int = Field(description="Seconds that a move takes on average.", examples=[41])


class ChallengeEnded(BaseModel):
    """A challenge that was declined or withdrawn."""

    success: str = Field(examples=["Challenge declined"])


class ChallengeRead(BaseModel):
    """A challenge that waits for somebody."""

    id: int = Field(examples=[50123])
    challenger: MinimalPlayer
    challenged: MinimalPlayer | None = Field(description="Null: open to whoever fits.")
    game: dict[str, Any] = Field(description="The game's row as lists of games have it, with empty seats.")
    group: None = None
    challenger_color: str = Field(examples=["white"])
    min_ranking: float = Field(description="Of who may accept it, if it is open; −1000 for any.", examples=[7])
    max_ranking: float = Field(description="Of who may accept it, if it is open; 1000 for any.", examples=[18])
    aga_rated: bool
    invite_only: bool
    uuid: str = Field(examples=["3tiGdpJSds8kbo3ZBCbqv6"])
    created: OgsTime


class ChallengePage(BaseModel):
    """Some of many challenges."""

    count: int = Field(description="How many there are altogether.")
    next: str | None = Field(description="Address of the next page.")
    previous: str | None = Field(description="Address of the page before.")
    results: list[ChallengeRead]

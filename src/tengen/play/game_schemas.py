"""What routes of games answer, as the OpenAPI document describes it."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from tengen.friends.schemas import FullPlayerRead
from tengen.games.schemas import GameRead
from tengen.profiles.schemas import MinimalPlayer
from tengen.web.paging import PageChoice


class AnyGameRead(GameRead):
    """A game of Go, reported or played here, with the fields of online-ratings and those of OGS.

    While it is played here, its result is `?`, `date_played` is when it began, and both sides have lost.
    """

    started: str | None = Field(description="ISO 8601 with `Z`; null for a reported game.")
    ended: str | None = Field(description="ISO 8601 with `Z`; null while it is played.")  # type: ignore[assignment]
    time_control: str = Field(examples=["byoyomi"])
    time_control_parameters: str | None = Field(description="JSON within a text; null for a reported game.")
    time_per_move: int = Field(description="Seconds that a move takes on average.")
    disable_analysis: bool
    pause_on_weekends: bool
    handicap_rank_difference: str | None
    auth: str = Field(default="", description="Always empty; only of games that are or were played here.")


class GameRow(BaseModel):
    """A game in a list of OGS."""

    id: int = Field(examples=[90456])
    related: dict[str, str]
    players: dict[str, MinimalPlayer] = Field(description="`black` and `white`, as they are now.")
    name: str
    creator: int
    mode: str = Field(examples=["game"])
    source: str = Field(description="`play` if it is or was played here, `sgf` if it was reported.")
    black: int
    white: int
    width: int
    height: int
    rules: str
    ranked: bool
    handicap_rank_difference: str | None
    handicap: int
    komi: str = Field(examples=["6.50"])
    time_control: str
    time_per_move: int
    time_control_parameters: str | None
    disable_analysis: bool
    pause_on_weekends: bool
    outcome: str = Field(description="As OGS writes it; empty while it is played.", examples=["Resignation"])
    black_lost: bool = Field(description="True of both sides while it is played.")
    white_lost: bool
    annulled: bool
    started: str | None
    ended: str | None


class GameRowPage(BaseModel):
    """Some of a player's games."""

    count: int = Field(description="How many there are altogether, counted up to 5,000.")
    next: str | None = Field(description="Address of the next page; null on the last.")
    previous: str | None = Field(description="Address of the page before; null on the first.")
    results: list[GameRow]


class GameChoice(PageChoice):
    """Which of a player's games somebody wants."""

    ordering: Literal["id", "-id", "started", "-started"] = Field(
        default="-id", description="By number, which is the order in which they began; the other way round with `-`."
    )

    @property
    def newest_first(self) -> bool:
        """Whether the games with the highest numbers come first."""
        return self.ordering.startswith("-")


class OverviewPlayer(BaseModel):
    """A player of a game that is being played."""

    id: int
    username: str
    ranking: float
    pro: bool
    ratings: dict[str, Any]


class ActiveGame(BaseModel):
    """A game that is being played, with all that there is of it."""

    id: int
    name: str
    black: OverviewPlayer
    white: OverviewPlayer
    width: int
    height: int
    time_per_move: int = Field(description="Seconds that a move takes on average.")
    json_: dict[str, Any] = Field(alias="json", description="The whole game, as the event `gamedata` has it.")


class Overview(BaseModel):
    """The games that the caller is playing."""

    active_games: list[ActiveGame]


class FullPlayerWithGames(FullPlayerRead):
    """Everything about a player."""

    active_games: list[ActiveGame] = Field(description="Those that the player is playing and the caller may see.")


class GameState(BaseModel):
    """Where a game stands."""

    phase: str = Field(examples=["play"], description="`play`, `stone removal` or `finished`.")
    move_number: int
    last_move: dict[str, int] | None = Field(
        description="`x` from the left and `y` from the top, both from 0; −1 for a pass; null before the first move.",
        examples=[{"x": 3, "y": 15}],
    )
    player_to_move: int = Field(description="0 when the game is over.")
    outcome: str
    board: list[list[int]] = Field(description="Row by row from the top: 0 for nothing, 1 for Black, 2 for White.")
    removal: list[list[int]] = Field(description="Row by row from the top: 1 where a point is marked.")


class ReviewPage(BaseModel):
    """Reviews of a game: none, for there are no reviews here."""

    count: int
    next: None
    previous: None
    results: list[dict[str, Any]]

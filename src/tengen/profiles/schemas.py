"""Players and ratings on the wire. A player is one object, with the fields of online-ratings and those of OGS."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from tengen.accounts.public import Order
from tengen.accounts.service import Role
from tengen.core.values import MAX_ID, PlayerId, utc_iso
from tengen.players.service import Player
from tengen.profiles import shown
from tengen.profiles.service import BoardPage, Profile, RatingHistory
from tengen.profiles.shown import Shown
from tengen.ratings import history_plot
from tengen.ratings.leaderboards import INACTIVE_AFTER, Placing, RatedGame
from tengen.ratings.systems import Day, Rating, RatingSystem, Strength, instant_of
from tengen.web.paging import PageChoice

OgsTime = Annotated[str, Field(description="UTC, ISO 8601 with `Z`.", examples=["2026-03-04T05:06:07.123456Z"])]


# ── players ──


class GlickoRead(BaseModel):
    """A rating on OGS' scale."""

    rating: float = Field(examples=[1523.7])
    deviation: float = Field(examples=[71.2])
    volatility: float = Field(examples=[0.06])

    @classmethod
    def of(cls, rating: Rating) -> "GlickoRead":
        """The wire form of a rating."""
        return cls.model_construct(rating=rating.value, deviation=rating.deviation, volatility=rating.volatility)


class RatingsRead(BaseModel):
    """A player's ratings in Go: one, over all servers."""

    version: int = Field(default=5, description="The form of this object, as OGS counts.")
    overall: GlickoRead


class MinimalPlayer(BaseModel):
    """A player wherever one is part of something else."""

    id: int = Field(examples=[4711])
    username: str = Field(description="The account's name.", examples=["mizuki"])
    country: str = Field(description="ISO 3166-1 alpha-2 in lower case; `un` if it is not told.", examples=["jp"])
    icon: str = Field(description="Address of a picture; always empty, as players have none.", examples=[""])
    ratings: RatingsRead
    ranking: float = Field(description="Rank number from 5.0 (25k) to 38.0 (9d); 30.0 is 1d.", examples=[24.3])
    professional: bool = Field(examples=[False])
    ui_class: str = Field(
        description="Words out of `moderator`, `admin`, `bot`, `provisional`, with blanks between.", examples=[""]
    )

    @classmethod
    def of(cls, profile: Profile) -> "MinimalPlayer":
        """The wire form of a player."""
        return cls.model_construct(**_minimal(profile))


def _minimal(profile: Profile) -> dict[str, Any]:
    rating = shown.ogs_rating(profile.strength, profile.system)
    return {
        "id": profile.player.id,
        "username": profile.account.display_name,
        "country": profile.about.country,
        "icon": "",
        "ratings": RatingsRead.model_construct(version=5, overall=GlickoRead.of(rating)),
        "ranking": shown.ogs_ranking(profile.strength, profile.system),
        "professional": False,
        "ui_class": " ".join(_ui_classes(profile)),
    }


def _ui_classes(profile: Profile) -> list[str]:
    account = profile.account
    words = {
        "moderator": Role.MODERATOR in account.roles,
        "admin": Role.ADMIN in account.roles,
        "bot": account.is_bot,
        "provisional": profile.strength is None or shown.is_provisional(profile.system, profile.strength),
    }
    return [word for word, applies in words.items() if applies]


class PlayerRead(MinimalPlayer):
    """A player: an account on a server. Its rating is the account's, whatever the server."""

    name: str = Field(description="On its server.", examples=["mossy_stone"])
    server_id: int = Field(examples=[4])
    rating: float | None = Field(
        description="In Go, from 0 to 40; null before the first rated game.", examples=[27.418]
    )
    rank: str | None = Field(description="`30k` to `9d`; null before the first rated game.", examples=["3k"])
    aga_id: str | None = Field(description="Member number of the American Go Association.", examples=["10221"])
    registration_date: OgsTime
    is_bot: bool
    bot_ai: None = None
    bot_owner: int | None = Field(description="The player on this platform whose bot it is.")
    related: dict[str, str] = Field(description="Paths of what belongs to the player.")
    language: str = Field(examples=["auto"])
    about: str = Field(description="What the account tells of itself, in plain text.")
    website: str = Field(description="Address on the web; empty if it is not told.")
    supporter: bool
    timeout_provisional: bool
    is_friend: bool = Field(description="Always false here, where nobody is asked who they are; `full` tells.")

    @classmethod
    def with_owner(cls, profile: Profile, bot_owner: PlayerId | None) -> "PlayerRead":
        """The wire form of a player, with whose bot it is."""
        return cls.model_construct(**player_fields(profile, bot_owner))


def player_fields(profile: Profile, bot_owner: PlayerId | None) -> dict[str, Any]:
    """The fields of `PlayerRead`, for the models that have more."""
    player, strength = profile.player, profile.strength
    in_go = None if strength is None else Shown.of(profile.system, strength)
    return {
        **_minimal(profile),
        "name": player.name,
        "server_id": player.server_id,
        "rating": in_go and in_go.rating,
        "rank": in_go and in_go.rank,
        "aga_id": profile.aga_id,
        "registration_date": utc_iso(profile.account.registered_at),
        "is_bot": profile.account.is_bot,
        "bot_ai": None,
        "bot_owner": bot_owner,
        "related": {name: f"/api/v1/players/{player.id}/{name}" for name in _RELATED},
        "language": profile.about.language,
        "about": profile.about.about,
        "website": profile.about.website,
        "supporter": False,
        "timeout_provisional": False,
        "is_friend": False,
    }


_RELATED = ("challenge", "games", "ladders", "tournaments", "groups", "icon", "ratings")


class PlayerPage(BaseModel):
    """Some of many players, as OGS writes it."""

    count: int = Field(description="How many there are altogether.")
    next: str | None = Field(description="Address of the next page.")
    previous: str | None = Field(description="Address of the page before.")
    results: list[MinimalPlayer]


class PlayerChoice(PageChoice):
    """Which players somebody wants."""

    token: str | None = Field(default=None, description="The player with this report token, alone.")
    username: str | None = Field(default=None, description="A page with the player of this name, if there is one.")
    ordering: Literal["id", "-id", "username", "-username"] = Field(
        default="id", description="By id or name, the other way round with `-`."
    )

    @property
    def order(self) -> Order:
        """How the players are listed."""
        return Order(self.ordering)


# ── ratings ──


class ShownRead(BaseModel):
    """A rating as its pool shows it."""

    rating: float = Field(description="In Go from 0 to 40, where 30.0 is 1d.", examples=[27.418])
    rank: str | None = Field(description="`30k` to `9d`; null in pools without ranks.", examples=["3k"])
    deviation: float = Field(description="Its uncertainty, on the same scale.", examples=[0.84])


def _shown(system: RatingSystem, strength: Strength) -> dict[str, Any]:
    found = Shown.of(system, strength)
    return {"rating": found.rating, "rank": found.rank, "deviation": found.deviation}


class CurrentRating(ShownRead):
    """A rating as it is today."""

    games: int = Field(description="Rated games.", examples=[57])
    last_played: OgsTime | None = Field(description="The last rated game.")
    provisional: bool = Field(description="Too uncertain to count on.")
    inactive: bool = Field(description="No rated game for a year.")


class PlacingRead(CurrentRating):
    """An account's place on a leaderboard."""

    position: int | None = Field(
        description="From 1; null for an account that the leaderboard leaves out, and was asked for.", examples=[1]
    )
    player_id: int = Field(description="The account's player on this platform.", examples=[4711])
    account_id: int = Field(examples=[57])
    name: str = Field(description="The account's name.", examples=["mizuki"])


class LeaderboardRead(BaseModel):
    """A page of a leaderboard."""

    pool: str = Field(examples=["go"])
    next: str | None = Field(description="Address of the next page; null on the last.")
    results: list[PlacingRead]


class BoardChoice(BaseModel):
    """Which page of a leaderboard somebody wants."""

    limit: int = Field(default=20, ge=1, le=100, description="How many accounts.")
    after: str | None = Field(default=None, max_length=100, description="From `next` of the page before.")
    around: int | None = Field(
        default=None, ge=0, le=MAX_ID, description="The page with this player in its middle.", examples=[4711]
    )
    provisional: bool = Field(default=False, description="With those whose rating is too uncertain to count on.")
    inactive: bool = Field(default=False, description="With those who had no rated game for a year.")

    @model_validator(mode="after")
    def _one_of_two(self) -> "BoardChoice":
        if self.after is not None and self.around is not None:
            raise ValueError("give `after` or `around`, not both")
        return self


def leaderboard_object(
    pool: str, page: BoardPage, system: RatingSystem, *, day: Day, next_page: str | None
) -> dict[str, Any]:
    """A page as `LeaderboardRead` describes it."""
    results = [_placing(placing, player, system, day) for placing, player in page.places]
    return {"pool": pool, "next": next_page, "results": results}


def _placing(placing: Placing, player: Player, system: RatingSystem, day: Day) -> dict[str, Any]:
    return {
        "position": placing.position,
        "player_id": player.id,
        "account_id": placing.account_id,
        "name": player.name,
        **_shown(system, system.aged(placing.strength, day)),
        "games": placing.strength.games,
        "last_played": _last_played(placing.strength),
        "provisional": placing.is_provisional,
        "inactive": placing.is_inactive,
    }


def _last_played(strength: Strength) -> str | None:
    return None if strength.day is None else utc_iso(instant_of(strength.day))


class RatedGameRead(BaseModel):
    """What a game did to a rating."""

    game_id: int = Field(examples=[9003])
    played_at: OgsTime
    before: ShownRead = Field(description="As the game found it.")
    after: ShownRead
    expected: float = Field(description="The score that was to be expected, from 0 to 1.", examples=[0.62])
    opponent: ShownRead | None = Field(description="As the game found him; null in a game of teams.")


class RatingHistoryRead(BaseModel):
    """A page of a player's rated games in a pool, the last first."""

    pool: str = Field(examples=["go"])
    player_id: int = Field(examples=[71])
    account_id: int = Field(examples=[57])
    current: CurrentRating | None = Field(description="The rating today; null before the first rated game.")
    next: str | None = Field(description="Address of the next page; null on the last.")
    results: list[RatedGameRead]


class HistoryChoice(BaseModel):
    """Which page of a rating's history somebody wants."""

    pool: str = Field(default="go", max_length=40, description="`go`, or `team:` and a game server's id.")
    limit: int = Field(default=20, ge=1, le=100, description="How many games.")
    after: str | None = Field(default=None, max_length=100, description="From `next` of the page before.")


class PlotChoice(BaseModel):
    """Which picture of a rating's history somebody wants."""

    pool: str = Field(default="go", max_length=40, description="`go`, or `team:` and a game server's id.")
    width: int = Field(
        default=history_plot.WIDTH, ge=history_plot.MIN_WIDTH, le=history_plot.MAX_WIDTH, description="In pixels."
    )
    height: int = Field(
        default=history_plot.HEIGHT, ge=history_plot.MIN_HEIGHT, le=history_plot.MAX_HEIGHT, description="In pixels."
    )


def history_object(
    pool: str, history: RatingHistory, system: RatingSystem, *, day: Day, next_page: str | None
) -> dict[str, Any]:
    """A page as `RatingHistoryRead` describes it."""
    return {
        "pool": pool,
        "player_id": history.player.id,
        "account_id": history.player.account_id,
        "current": None if history.strength is None else _current(history.strength, system, day),
        "next": next_page,
        "results": [_rated_game(game, system) for game in history.games],
    }


def _current(strength: Strength, system: RatingSystem, day: Day) -> dict[str, Any]:
    today = system.aged(strength, day)
    return {
        **_shown(system, today),
        "games": strength.games,
        "last_played": _last_played(strength),
        "provisional": shown.is_provisional(system, today),
        "inactive": strength.day is not None and strength.day <= day - INACTIVE_AFTER,
    }


def _rated_game(game: RatedGame, system: RatingSystem) -> dict[str, Any]:
    change = game.change
    return {
        "game_id": game.game_id,
        "played_at": utc_iso(game.played_at),
        "before": _shown(system, change.before),
        "after": _shown(system, change.after),
        "expected": change.expected,
        "opponent": None if change.opponent is None else _shown(system, change.opponent),
    }

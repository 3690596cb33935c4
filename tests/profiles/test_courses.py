"""The course of a rating: which games are drawn, and what becomes of them."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from tengen.core.database import Database, statements_executed
from tengen.core.values import AccountId, PlayerId
from tengen.players import service as players
from tengen.players.service import PlayerNotFound
from tengen.profiles import service
from tengen.profiles.courses import Course
from tengen.ratings.history_plot import Step
from tengen.ratings.pools import Pool
from tengen.ratings.systems import day_of
from tests.profiles.builders import GO, a_quiet_pool, play
from tests.support.builders import NOON, an_account

SVG = "{http://www.w3.org/2000/svg}"
NOON_DAY = day_of(NOON)


def drawing(course: Course, pool: Pool = GO, *, day: float = NOON_DAY) -> ET.Element:
    """The course drawn, if it is XML."""
    return ET.fromstring(course.svg(pool, day=day, width=800, height=400))  # noqa: S314 - nobody else has made it


def words(course: Course, pool: Pool = GO, *, day: float = NOON_DAY) -> str:
    return drawing(course, pool, day=day).findtext(f"{SVG}desc") or ""


def a_course(*values: float, variance: float = 0.25, days_ago: float = 0.0) -> Course:
    """A rating moved to these values, one a day, the last so many days before noon."""
    first = NOON - timedelta(days=days_ago + len(values) - 1)
    steps = [
        Step(first + timedelta(days=number), value - 1.0, variance + 0.1, value, variance)
        for number, value in enumerate(values)
    ]
    return Course("mizuki", steps, is_whole=True)


async def home_player(database: Database, account_id: AccountId) -> PlayerId:
    async with database.read() as connection:
        return (await players.home_players(connection, [account_id]))[account_id].id


async def test_a_course_has_the_games_of_the_account_in_order_in_two_statements(database: Database) -> None:
    me, other = await an_account(database), await an_account(database)
    player_id = await home_player(database, me.id)
    changes = []
    for days in range(3):
        _, both = await play(database, me.id, other.id, played_at=NOON + timedelta(days=days))
        changes += [change for change in both if change.account_id == me.id]
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        course = await service.rating_course(connection, player_id, "go")
    assert counter == [2]
    assert (course.name, course.is_whole) == (me.display_name, True)
    assert course.steps == [
        Step(
            NOON + timedelta(days=days),
            change.before.mean,
            change.before.variance,
            change.after.mean,
            change.after.variance,
        )
        for days, change in enumerate(changes)
    ]


async def test_of_very_many_games_the_last_are_drawn(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_DRAWN_GAMES", 2)
    me, other = await an_account(database), await an_account(database)
    player_id = await home_player(database, me.id)
    found = []
    async with database.read() as connection:
        for days in range(3):
            await play(database, me.id, other.id, played_at=NOON + timedelta(days=days))
            found.append(await service.rating_course(connection, player_id, "go"))
    assert [(len(course.steps), course.is_whole) for course in found] == [(1, True), (2, True), (2, False)]
    assert [step.played_at for step in found[-1].steps] == [NOON + timedelta(days=1), NOON + timedelta(days=2)]


async def test_who_has_not_played_has_an_empty_course_and_who_is_nobody_has_none(database: Database) -> None:
    player_id = await home_player(database, (await an_account(database)).id)
    async with database.read() as connection:
        assert (await service.rating_course(connection, player_id, "go")).steps == []
        with pytest.raises(PlayerNotFound):
            await service.rating_course(connection, PlayerId(2**62), "go")


def test_the_rating_is_drawn_until_today_and_grows_uncertain_until_then() -> None:
    course = a_course(24.5, 25.0, days_ago=365)
    assert "last 5k, 25.0 ± 0.5;" in words(course, day=NOON_DAY - 365)
    assert "to 2026-05-02" in words(course)
    assert "First 6k, 24.5 ± 0.5; last 5k, 25.0 ± 0.6;" in words(course)


def test_a_day_before_the_last_game_adds_nothing() -> None:
    course = a_course(24.5, 25.0)
    assert words(course, day=NOON_DAY - 30) == words(course)


def test_ratings_in_go_are_drawn_within_their_scale() -> None:
    text = words(a_course(-3.0, 44.0))
    assert "lowest 30k, 0.0" in text
    assert "highest 9d, 40.0" in text


def test_ratings_of_teams_are_plain_values_without_uncertainty() -> None:
    found = drawing(a_course(800.0, 812.4, variance=0.0), a_quiet_pool(), day=NOON_DAY)
    assert "last 812;" in (found.findtext(f"{SVG}desc") or "")


def test_a_course_of_many_games_is_thinned_and_its_ends_and_extremes_are_told() -> None:
    values = [20.0 + number % 7 / 2 for number in range(6000)]
    values[1000], values[3000] = 35.2, 11.1
    course = a_course(*values)
    text = words(course)
    assert "rated games: 6,000" in text
    assert "highest 6d, 35.2" in text
    assert "lowest 20k, 10.1" in text  # as the game found it

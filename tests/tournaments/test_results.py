"""Results in the database: they follow from the games that count, and each reader is shown what is for him."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName
from tengen.accounts.service import Account
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.tournaments import archive, results, service
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.models import ResultRow
from tengen.tournaments.modes import Result, Score
from tengen.tournaments.results import NoResult, StandingsPage
from tengen.tournaments.service import Tournament, TournamentNotFound
from tengen.tournaments.standings import Line, Mark
from tests.support.builders import an_account, unique
from tests.tournaments.builders import (
    HOUR,
    MICROSECOND,
    MINUTE,
    NOON,
    SECOND,
    Counted,
    a_player,
    a_stored_submission,
    a_tournament,
    an_entry,
)

DURING = NOON + HOUR
END = NOON + 2 * HOUR

in_a_fresh_database = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def page(
    database: Database,
    tournament: Tournament,
    caller: AccountId | None = None,
    now: datetime = DURING,
    *,
    sees_all: bool = False,
    after: Mark | None = None,
    limit: int | None = None,
) -> StandingsPage:
    async with database.read() as connection:
        return await results.standings_page(
            connection, tournament.id, caller, now, sees_all=sees_all, after=after, limit=limit
        )


async def lines(database: Database, tournament: Tournament, caller: AccountId | None = None, **how: Any) -> list[Line]:
    return (await page(database, tournament, caller, **how)).lines


def places(found: list[Line]) -> list[tuple[int | None, AccountId]]:
    return [(line.place, line.account_id) for line in found]


async def explained(
    database: Database, tournament: Tournament, account: Account, *, shows_place: bool = True
) -> tuple[int | None, str]:
    async with database.read() as connection:
        found = await results.explain(connection, tournament, account.id, shows_place=shows_place)
    assert (found.line.account_id, found.line.name) == (account.id, account.display_name)
    return found.line.place, found.explanation


async def disqualify(database: Database, tournament: Tournament, submission_id: int) -> None:
    async with database.write() as transaction:
        await archive.disqualify(transaction, tournament.id, submission_id, "a doubt", None, END)


async def restore(database: Database, tournament: Tournament, submission_id: int) -> None:
    async with database.write() as transaction:
        await archive.restore(transaction, tournament.id, submission_id, "no doubt", None, END)


async def stored_results(database: Database, tournament: Tournament) -> list[Any]:
    """The rows as they are."""
    async with database.read() as connection:
        return list(
            await connection.all(
                select(*ResultRow.__table__.c)
                .where(ResultRow.tournament_id == tournament.id)
                .order_by(ResultRow.account_id)
            )
        )


# ── what follows from what ──


async def test_a_game_moves_its_account_to_its_place(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database, mode="best", parameters="beginner")
    ann, bob = await a_player(platform, tournament), await a_player(platform, tournament)
    assert await lines(database, tournament) == []
    for account, time, order in (
        (ann, 3000, [ann]),
        (bob, 2000, [bob, ann]),
        (ann, 1000, [ann, bob]),
        (bob, 5000, [ann, bob]),
    ):
        await a_stored_submission(database, tournament, account, time=time)
        assert places(await lines(database, tournament)) == [(n, one.id) for n, one in enumerate(order, start=1)]


async def test_a_line_has_the_name_of_its_account_and_the_games_that_count(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database, parameters="1+0+1")
    ann = await a_player(platform, tournament)
    slow = await a_stored_submission(database, tournament, ann, time=3001, uploaded_at=DURING)
    await a_stored_submission(database, tournament, ann, level=Level.INTERMEDIATE)
    expert = await a_stored_submission(database, tournament, ann, level=Level.EXPERT, time=50_007)
    fast = await a_stored_submission(database, tournament, ann, time=3000, uploaded_at=DURING + MICROSECOND)
    await disqualify(database, tournament, fast.id)
    async with database.write() as transaction:
        renamed = await accounts.change_display_name(transaction, ann.id, DisplayName.parse(unique("Åse")))
    (line,) = await lines(database, tournament)
    assert (line.account_id, line.name) == (ann.id, renamed.display_name)
    counting = tuple(Score(one.id, one.level, one.time, one.uploaded_at) for one in (slow, expert))
    assert line.reached.result == Result(counting, wanted=2)


async def test_a_disqualified_game_gives_way_to_the_next_best_and_comes_back(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database, mode="best", parameters="beginner")
    ann, bob = await a_player(platform, tournament), await a_player(platform, tournament)
    fast = await a_stored_submission(database, tournament, ann, time=1000)
    slow = await a_stored_submission(database, tournament, ann, time=3000)
    await a_stored_submission(database, tournament, bob, time=2000)
    before = await stored_results(database, tournament)
    await disqualify(database, tournament, fast.id)
    assert places(await lines(database, tournament)) == [(1, bob.id), (2, ann.id)]
    await disqualify(database, tournament, slow.id)
    assert places(await lines(database, tournament)) == [(1, bob.id)]
    await restore(database, tournament, slow.id)
    await restore(database, tournament, fast.id)
    assert await stored_results(database, tournament) == before


async def test_a_game_of_a_level_that_does_not_count_gives_no_line(platform: Platform) -> None:
    tournament = await a_tournament(platform.database, mode="best", parameters="beginner")
    await a_stored_submission(platform.database, tournament, await a_player(platform, tournament), level=Level.EXPERT)
    assert await lines(platform.database, tournament) == []


async def test_equal_results_share_a_place_and_the_next_is_left_out(platform: Platform) -> None:
    database = platform.database
    tournament = await a_tournament(database, mode="best", parameters="beginner")
    ann, bob, cleo, dan = [await a_player(platform, tournament) for _ in range(4)]
    for account, time in ((dan, 3000), (cleo, 2000), (ann, 2000), (bob, 1000)):
        await a_stored_submission(database, tournament, account, time=time)
    assert places(await lines(database, tournament)) == [(1, bob.id), (2, ann.id), (2, cleo.id), (4, dan.id)]
    await a_stored_submission(database, tournament, bob, time=2000)
    later = await a_stored_submission(database, tournament, dan, time=2000, uploaded_at=NOON + MINUTE + MICROSECOND)
    assert later.time == 2000
    assert places(await lines(database, tournament))[-1] == (4, dan.id)


async def test_standings_of_tournaments_do_not_mix(platform: Platform) -> None:
    database = platform.database
    one, other = await a_tournament(database), await a_tournament(database)
    ann = await a_player(platform, one)
    await a_player(platform, other, account=ann)
    await a_stored_submission(database, one, ann, time=1000)
    assert await lines(database, other) == []
    await a_stored_submission(database, other, ann, time=2000)
    assert [line.reached.total for line in await lines(database, one)] == [1000]
    assert [line.reached.total for line in await lines(database, other)] == [2000]


MODES = st.sampled_from([("best", "beginner"), ("sum", "2+1+0"), ("sum_timelimit", "1+1+1;600")])
GAMES = st.tuples(st.integers(0, 3), st.sampled_from(Level), st.integers(1000, 1003), st.integers(0, 2))
"""Whose, of which level, in how many milliseconds, uploaded in which second: close to each other, for ties."""


@in_a_fresh_database
@given(mode=MODES, games=st.lists(GAMES, max_size=10), judged=st.lists(st.integers(0, 9), max_size=8))
async def test_results_are_what_reckoning_all_games_anew_gives(
    platform: Platform, mode: tuple[str, str], games: list[Any], judged: list[int]
) -> None:
    database = platform.database
    tournament = await a_tournament(database, mode=mode[0], parameters=mode[1])
    players = [await a_player(platform, tournament) for _ in range(4)]
    counting: dict[int, list[Score]] = {player.id: [] for player in players}
    out: dict[int, tuple[int, Score]] = {}

    async def judge(number: int) -> None:
        """Disqualify a game that counts, restore one that does not."""
        submission = made[number]
        score = Score(submission.id, submission.level, submission.time, submission.uploaded_at)
        if submission.id in out:
            await restore(database, tournament, submission.id)
            counting[submission.account_id].append(out.pop(submission.id)[1])
        else:
            await disqualify(database, tournament, submission.id)
            counting[submission.account_id].remove(score)
            out[submission.id] = (submission.account_id, score)

    made = []
    for number, (whose, level, time, second) in enumerate(games):
        player = players[whose]
        uploaded_at = NOON + second * SECOND
        new = await a_stored_submission(database, tournament, player, level=level, time=time, uploaded_at=uploaded_at)
        made.append(new)
        counting[player.id].append(Score(new.id, level, time, uploaded_at))
        if number in judged:  # some at once, some at the end
            await judge(judged[number % len(judged)] % len(made))
    for number in judged:
        if made:
            await judge(number % len(made))

    reached = {account: tournament.mode.result(scores) for account, scores in counting.items()}
    keys = {account: tournament.mode.sort_key(result) for account, result in reached.items() if result}
    expected = [
        (1 + sum(key < keys[account] for key in keys.values()), account, reached[account])
        for account in sorted(keys, key=lambda account: (keys[account], account))
    ]
    found = await lines(database, tournament)
    assert [(line.place, line.account_id, line.reached.result) for line in found] == expected


# ── pages ──


async def a_full_tournament(platform: Platform, times: list[int], **how: Any) -> tuple[Tournament, list[Account]]:
    """A tournament in which one player each has these times, uploaded at the same instant."""
    tournament = await a_tournament(platform.database, mode="best", parameters="beginner", **how)
    players = [await a_player(platform, tournament) for _ in times]
    for player, time in zip(players, times, strict=True):
        await a_stored_submission(platform.database, tournament, player, time=time)
    return tournament, players


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 8, 9, 100])
async def test_pages_together_are_the_whole_also_where_ties_go_across_their_borders(
    platform: Platform, limit: int
) -> None:
    database = platform.database
    tournament, _ = await a_full_tournament(platform, [30, 10, 20, 20, 20, 40, 10, 50])
    whole = await page(database, tournament)
    assert [line.place for line in whole.lines] == [1, 1, 3, 3, 3, 6, 7, 8]
    assert whole.end is None
    found, after = [], None
    for _ in range(20):
        one = await page(database, tournament, after=after, limit=limit)
        assert 1 <= len(one.lines) <= limit
        found += one.lines
        after = one.end
        if after is None:
            break
    assert found == whole.lines


async def test_who_reads_on_gets_the_lines_behind_whatever_has_happened_ahead(platform: Platform) -> None:
    database = platform.database
    tournament, players = await a_full_tournament(platform, [10, 20, 30, 40])
    first = await page(database, tournament, limit=2)
    await a_stored_submission(database, tournament, players[3], time=5)
    rest = await page(database, tournament, after=first.end)
    assert places(rest.lines) == [(3, players[2].id)]


async def test_a_page_costs_one_statement(platform: Platform) -> None:
    tournament, players = await a_full_tournament(platform, [10, 20, 30], hide_results=True)
    marked = await page(platform.database, tournament, sees_all=True, limit=1)
    for how in ({}, {"limit": 2}, {"sees_all": True}, {"after": marked.end, "caller": players[1].id}, {"now": END}):
        with Counted() as counted:
            await page(platform.database, tournament, **how)
        assert counted == [1]


async def test_the_tournament_comes_with_its_standings_even_if_there_are_none(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    empty = await page(platform.database, tournament, limit=10)
    assert (empty.tournament, empty.lines, empty.end) == (tournament, [], None)
    for unknown in (0, 404, 2**63 - 1):
        with pytest.raises(TournamentNotFound):
            await page(platform.database, replace(tournament, id=TournamentId(unknown)))


# ── hidden results ──


@pytest.mark.parametrize(
    ("now", "is_hidden"), [(NOON, True), (END - MICROSECOND, True), (END, False), (END + HOUR, False)]
)
async def test_hidden_results_are_shown_to_the_microsecond_of_the_end(
    platform: Platform, now: datetime, is_hidden: bool
) -> None:
    database = platform.database
    host, guest = await an_account(database), await an_account(database)
    tournament, (ann, bob) = await a_full_tournament(platform, [20, 10], host=host, hide_results=True)
    all_of_them = [(1, bob.id), (2, ann.id)]
    for how in ({"caller": host.id}, {"sees_all": True}):
        assert places(await lines(database, tournament, now=now, **how)) == all_of_them
    for caller, own in ((ann.id, [(None, ann.id)]), (bob.id, [(None, bob.id)]), (guest.id, []), (None, [])):
        for limit in (None, 1, 5):
            found = await page(database, tournament, caller, now, limit=limit)
            assert found.is_hidden is is_hidden
            if is_hidden:
                assert places(found.lines) == own
                assert found.end is None
            else:
                assert places(found.lines) == all_of_them[:limit]


async def test_hidden_results_do_not_tell_of_others_through_a_mark(platform: Platform) -> None:
    database = platform.database
    tournament, (ann, bob) = await a_full_tournament(platform, [20, 10], hide_results=True)
    first = await page(database, tournament, sees_all=True, limit=1)
    assert places(await lines(database, tournament, ann.id, after=first.end)) == [(None, ann.id)]
    assert await lines(database, tournament, bob.id, after=first.end) == []


async def test_a_cancelled_tournament_hides_nothing_any_more(platform: Platform) -> None:
    database = platform.database
    tournament, (ann,) = await a_full_tournament(platform, [20], hide_results=True)
    async with database.write() as transaction:
        await service.cancel(transaction, tournament.id, "rain", None, DURING)
    assert await lines(database, tournament, now=DURING - MICROSECOND) == []
    assert places(await lines(database, tournament, now=DURING)) == [(1, ann.id)]


# ── why ──


async def test_a_place_is_explained_with_the_one_ahead(platform: Platform) -> None:
    database = platform.database
    tournament, (ann, bob, cleo) = await a_full_tournament(platform, [1000, 1500, 1500])
    own = "1 of 1 games (beginner {}), together {} s."
    assert await explained(database, tournament, ann) == (1, own.format("1.000", "1.000"))
    assert await explained(database, tournament, bob) == (
        2,
        own.format("1.500", "1.500") + " Behind the one ahead by 0.500 s.",
    )
    assert await explained(database, tournament, cleo) == (
        2,
        own.format("1.500", "1.500") + " Level with the one ahead in everything.",
    )


async def test_an_explanation_without_the_place_tells_of_nobody_else(platform: Platform) -> None:
    database = platform.database
    tournament, (_, bob) = await a_full_tournament(platform, [1000, 1500])
    said = "1 of 1 games (beginner 1.500), together 1.500 s."
    assert await explained(database, tournament, bob, shows_place=False) == (None, said)


async def test_there_is_nothing_to_explain_without_a_game_that_counts(platform: Platform) -> None:
    database = platform.database
    tournament, (ann,) = await a_full_tournament(platform, [1000])
    (line,) = await lines(database, tournament)
    await disqualify(database, tournament, line.reached.result.counting[0].submission_id)
    for account in (ann, await an_entry(database, tournament), await an_account(database)):
        with pytest.raises(NoResult):
            await explained(database, tournament, account)


async def test_an_explanation_costs_three_statements_and_without_the_place_one(platform: Platform) -> None:
    tournament, (_, bob) = await a_full_tournament(platform, [1000, 1500])
    for shows_place, number in ((True, 3), (False, 1)):
        with Counted() as counted:
            await explained(platform.database, tournament, bob, shows_place=shows_place)
        assert counted == [number]


@pytest.mark.parametrize("span", [timedelta(), MICROSECOND, 300 * timedelta(days=10)])
async def test_results_come_back_with_their_microseconds(platform: Platform, span: timedelta) -> None:
    database = platform.database
    tournament = await a_tournament(database, ends_at=NOON + 3600 * timedelta(days=1))
    stored = await a_stored_submission(
        database, tournament, await a_player(platform, tournament), uploaded_at=NOON + span, time=300 * 86_400_000 * 10
    )
    (line,) = await lines(database, tournament)
    assert line.reached.result.counting == (Score(stored.id, stored.level, stored.time, NOON + span),)

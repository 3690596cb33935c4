"""A tournament as large as any: ten thousand entrants with fifty games each, all of which count."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, text

from tengen.accounts.models import AccountRow
from tengen.core.database import Database
from tengen.core.values import AccountId
from tengen.tournaments import results, service
from tengen.tournaments.entries import EntryState
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.models import EntryRow, KeyRow
from tengen.tournaments.plans import Plan

ENTRANTS = 10_000
GAMES = 50
_PARAMETERS = "20+20+10"

_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < :last) ",
    "postgresql": "WITH numbers(i) AS (SELECT generate_series(0, CAST(:last AS bigint))) ",
}
_HASH = {"sqlite": "CAST(printf('%032d', i) AS BLOB)", "postgresql": "convert_to(lpad(i::text, 32, '0'), 'UTF8')"}
_REPLAYS = "INSERT INTO replays (hash, content) {numbers} SELECT {hash}, {hash} FROM numbers"
# Times that look random and are the same in every run, in milliseconds; one game in a minute since the start.
_SUBMISSIONS = """
INSERT INTO submissions (tournament_id, account_id, uploaded_at, replay_hash, game_hash, replay_format, level, time_ms,
                         bbbv, software, player_name, doubts)
{numbers} SELECT :tournament, :first + i / {games}, {at}, {hash}, {hash}, 'avf',
                 3 + (CASE WHEN i % {games} < 20 THEN 0 WHEN i % {games} < 40 THEN 1 ELSE 2 END),
                 1000 + (i * 7919) % 90001, 20, 'Arbiter', 'Crowd', '[]'
FROM numbers
"""


async def hold(database: Database, *, now: datetime) -> TournamentId:
    """Write the tournament into the tables; the results are reckoned as for any upload. Returns its id."""
    async with database.write() as transaction:
        rows = await transaction.all(
            select(AccountRow.id)
            .where(AccountRow.display_name.startswith("Crowd "))
            .order_by(AccountRow.id)
            .limit(ENTRANTS)
        )
        entrants = [AccountId(row[0]) for row in rows]
        assert entrants[-1] - entrants[0] == ENTRANTS - 1, "the crowd's ids have gaps"
        starts_at, ends_at = now - timedelta(days=40), now + timedelta(days=40)
        plan = Plan.of(
            name="The great one",
            location="online",
            mode="sum",
            parameters=_PARAMETERS,
            starts_at=starts_at,
            ends_at=ends_at,
            now=now,
        )
        tournament = await service.create(transaction, plan, entrants[0], now)
        common = [{"tournament_id": tournament.id, "account_id": who} for who in entrants]
        state = EntryState.PARTICIPATING.value
        await transaction.run(insert(EntryRow), [{**row, "state": state, "changed_at": now} for row in common])
        keys = [{**row, "digest": str(row["account_id"]).encode(), "sealed_key": "", "made_at": now} for row in common]
        await transaction.run(insert(KeyRow), keys)
        dialect = transaction.dialect
        numbers, digest = _NUMBERS[dialect], _HASH[dialect]
        last = ENTRANTS * GAMES - 1
        await transaction.run(text(_REPLAYS.format(numbers=numbers, hash=digest)), {"last": last})
        at = "datetime('now')" if dialect == "sqlite" else "now()"
        await transaction.run(
            text(_SUBMISSIONS.format(numbers=numbers, hash=digest, games=GAMES, at=at)),
            {"last": last, "tournament": tournament.id, "first": entrants[0]},
        )
        for start in range(0, ENTRANTS, 100):
            await results.refresh(transaction, tournament, entrants[start : start + 100])
    return tournament.id

"""The sample's replays of Minesweeper, uploaded as of when they were played.

Each is read and judged as any upload is; what was interrupted goes on where it ended.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from tengen.accounts import service as accounts
from tengen.core.values import AccountId
from tengen.demo.minesweeper_sample import Disqualification, MinesweeperSample, SampleStep, Upload
from tengen.tournaments import archive
from tengen.tournaments.archive import AlreadyDisqualified
from tengen.tournaments.keychain import SEALED_FOR, Keychain
from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.replays.pool import ParserPool
from tengen.tournaments.uploads import Uploader

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.platform import Platform

_ANOTHER_WAS_FASTER = frozenset({Reason.SAME_FILE, Reason.SAME_GAME})


async def take_steps(
    platform: "Platform",
    sample: MinesweeperSample,
    steps: Sequence[SampleStep],
    *,
    progress: Callable[[int], None] = lambda _steps: None,
) -> None:
    """Upload and judge replays, in this order, which is that of `undone_steps`.

    `progress` is told the number of steps that are done. Raises `RateLimited` if no replays can be read now.
    """
    ids = {sample.host_id, *sample.sprint.player_ids, *sample.fortnight.player_ids}
    async with platform.database.read() as connection:
        people = await accounts.accounts_by_ids(connection, ids)
    parsers = ParserPool(1)
    try:
        taker = _Taker(platform, people, people[AccountId(sample.host_id)], parsers)
        for done, step in enumerate(steps, 1):
            await taker.take(step)
            progress(done)
    finally:
        await parsers.close()


class _Taker:
    def __init__(
        self, platform: "Platform", people: "Mapping[AccountId, Account]", host: "Account", parsers: ParserPool
    ) -> None:
        self._database = platform.database
        self._people = people
        self._host = host
        self._keychain = Keychain(platform.master_key.sealer(SEALED_FOR))
        self._uploader = Uploader(platform.database, self._keychain, parsers)

    async def take(self, step: SampleStep) -> None:
        match step:
            case Upload():
                await self._upload(step)
            case Disqualification():
                await self._disqualify(step)

    async def _upload(self, step: Upload) -> None:
        player = self._people[step.account_id]
        async with self._database.read() as connection:
            held = await self._keychain.fetch(connection, step.tournament_id, player.id, step.at)
        try:
            await self._uploader.accept(step.replay(player.display_name, held.key), player, arrived_at=step.at)
        except InvalidData as error:
            if error.reason not in _ANOTHER_WAS_FASTER:  # another process that does the same
                raise

    async def _disqualify(self, step: Disqualification) -> None:
        upload = step.upload
        async with self._database.write() as transaction:
            (judged,) = [
                submission
                for submission in await archive.list_submissions(
                    transaction, upload.tournament_id, of=[upload.account_id]
                )
                if submission.uploaded_at == upload.at
            ]
            with suppress(AlreadyDisqualified):
                await archive.disqualify(transaction, upload.tournament_id, judged.id, step.reason, self._host, step.at)

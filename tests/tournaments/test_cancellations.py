"""Cancelled tournaments: who is told by mail, and what the mail says."""

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.mail import MailRequested
from tengen.core.outbox import Dispatcher
from tengen.core.platform import Platform
from tengen.tournaments import mails, service
from tengen.tournaments.entries import EntryState
from tengen.tournaments.service import Tournament
from tests.support.builders import an_account
from tests.tournaments.builders import HOUR, NOON, a_tournament, an_entry, attempt, now_of

EVE = NOON - 24 * HOUR


@pytest.fixture
def post(platform: Platform) -> list[MailRequested]:
    """Everything that is mailed."""
    post: list[MailRequested] = []

    async def keep(mail: MailRequested) -> None:
        post.append(mail)

    platform.events.later(MailRequested, "mail of a test", keep)
    return post


async def deliver(platform: Platform) -> None:
    """Let everything follow that follows from what was stored."""
    dispatcher = Dispatcher(platform.database, platform.events.deliver)
    while await dispatcher.deliver_due():
        pass


async def cancel(platform: Platform, tournament: Tournament, by: Account | None = None, *, reason: str = "rain") -> str:
    return await attempt(
        platform.database, lambda transaction: service.cancel(transaction, tournament.id, reason, by, NOON - HOUR)
    )


async def test_who_has_to_do_with_a_cancelled_tournament_is_told(platform: Platform, post: list[MailRequested]) -> None:
    database = platform.database
    tournament, other = await a_tournament(database, open_entry=False), await a_tournament(database)
    of_state = {state: await an_entry(database, tournament, state) for state in EntryState}
    gone = await an_entry(database, tournament)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, gone.id, EVE)
    await an_entry(database, other)
    assert await cancel(platform, tournament) == "done"
    await deliver(platform)
    concerned = (EntryState.REQUESTED, EntryState.INVITED, EntryState.PARTICIPATING)
    assert sorted(mail.to for mail in post) == sorted(of_state[state].email for state in concerned)
    for state in concerned:
        (mail,) = [mail for mail in post if mail.to == of_state[state].email]
        assert f"Hello {of_state[state].display_name}," in mail.text
    await deliver(platform)
    assert len(post) == 3


async def test_a_host_is_told_as_a_player_alone(platform: Platform, post: list[MailRequested]) -> None:
    database = platform.database
    host = await an_account(database)
    for plays in (False, True):
        tournament = await a_tournament(database, host=host)
        if plays:
            await an_entry(database, tournament, account=host)
        await cancel(platform, tournament, host)
        await deliver(platform)
        assert [mail.to for mail in post] == [host.email] * plays


async def test_everybody_is_told_however_many_there_are(platform: Platform, post: list[MailRequested]) -> None:
    tournament = await a_tournament(platform.database)
    emails = [(await an_entry(platform.database, tournament)).email for _ in range(45)]
    await cancel(platform, tournament)
    await deliver(platform)
    assert sorted(mail.to for mail in post) == sorted(emails)


async def test_nobody_is_told_of_a_cancellation_that_was_refused(platform: Platform, post: list[MailRequested]) -> None:
    database = platform.database
    tournament = await a_tournament(database)
    player = await an_entry(database, tournament)
    assert await cancel(platform, tournament, player) == "not_tournament_host"
    assert await cancel(platform, tournament, reason="") == "invalid_reason"
    await deliver(platform)
    assert post == []
    assert await cancel(platform, tournament) == "done"
    assert await cancel(platform, tournament, reason="again") == "tournament_over"
    await deliver(platform)
    assert len(post) == 1


async def test_the_mails_go_out(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    await cancel(platform, tournament, reason="no power in the hall")
    await deliver(platform)
    (file,) = (platform.settings.data_dir / "mail").glob("*.eml")
    assert f"To: {player.email}" in file.read_text()


# ── the mail ──


async def test_the_mail_says_what_was_cancelled_and_why(platform: Platform) -> None:
    tournament = await a_tournament(platform.database, name="Tom & Jerry <Cup>")
    await cancel(platform, tournament, reason="1 < 2 & 'rain'")
    mail = mails.cancellation("ann@tengen.example", "<Ann>", await now_of(platform.database, tournament))
    assert (mail.to, mail.subject) == ("ann@tengen.example", "Cancelled: Tom & Jerry <Cup>")
    for said in ("Hello <Ann>,", "“Tom & Jerry <Cup>”", "2026-06-01 12:00:00 UTC to 2026-06-01 14:00:00 UTC"):
        assert said in mail.text
    assert "1 < 2 & 'rain'" in mail.text
    assert mail.html is not None
    for said in ("&lt;Ann&gt;", "“Tom &amp; Jerry &lt;Cup&gt;”", "1 &lt; 2 &amp; &#x27;rain&#x27;"):
        assert said in mail.html
    assert "<Cup>" not in mail.html

"""Challenges: they are made, told, accepted once, declined, withdrawn, and abandoned."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tengen.accounts.service import AccountClosed, MailTokens, delete_account
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import PlayerId
from tengen.games.service import GameNotFound, find_game
from tengen.play import challenges, service
from tengen.play.challenge_desk import KEPT_ALIVE, NotVerified, NotYourChallenge, OutsideRankLimits
from tengen.play.challenges import MOST_OPEN, ChallengeId, ChallengeNotFound, TooManyChallenges
from tengen.play.declines import Decline
from tengen.play.models import ChallengeRow, LiveGameRow
from tengen.play.offers import InvalidChallenge
from tengen.players.service import Player, PlayerNotFound
from tests.play.builders import NOON, SECOND
from tests.play.challenge_builders import Place, a_person, a_place, an_offer
from tests.support.waiting import until


@pytest.fixture
def place(platform: Platform) -> Place:
    """A process in which people meet."""
    return a_place(platform)


async def stored(database: Database) -> tuple[list[int], list[int]]:
    """The ids of all challenges, and of all games that have begun."""
    async with database.read() as connection:
        offered = await connection.all(select(ChallengeRow.id))
        begun = await connection.all(select(LiveGameRow.id))
    return [row[0] for row in offered], [row[0] for row in begun]


async def two_people(place: Place) -> tuple[Player, Player]:
    """Who challenges, and who is challenged."""
    return await a_person(place.database), await a_person(place.database)


# ── making ──


async def test_a_challenge_has_the_number_of_its_game_from_the_beginning(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    assert challenge.game_id > 0
    async with place.database.read() as connection:
        assert await service.is_offered(connection, challenge.game_id)
        with pytest.raises(GameNotFound):
            await find_game(connection, challenge.game_id)
    assert await place.desk.find(challenge.id, bob.id) == challenge


async def test_what_is_offered_is_kept_as_it_was(place: Place) -> None:
    offer = an_offer(
        challenger_color="automatic",
        min_ranking=20,
        max_ranking=30,
        invite_only=True,
        game={"handicap": -1, "komi_auto": False, "komi": -0.5, "width": 9, "height": 9, "rules": "aga"},
    )
    ann = await a_person(place.database)
    challenge = await place.desk.offer(offer, ann)
    assert (await place.desk.find(challenge.id, ann.id)).offer == offer


async def test_who_is_challenged_is_notified_of_all_that_matters(place: Place) -> None:
    ann, bob = await two_people(place)
    heard = place.listen(f"user:{bob.account_id}", f"user:{ann.account_id}")
    challenge = await place.desk.offer(an_offer(game={"handicap": -1}), ann, bob.id)
    (notice,) = await place.notices(bob)
    assert notice.kind == "challenge"
    told = dict(notice.members)
    user = told.pop("user")
    assert (user["id"], user["username"], user["ui_class"]) == (ann.id, ann.name, "provisional")
    assert user.keys() == {"id", "username", "ranking", "ratings", "country", "professional", "ui_class"}
    assert told.pop("min_ranking") == pytest.approx(24.3, abs=0.05)
    assert told.pop("max_ranking") == pytest.approx(24.3, abs=0.05)
    assert told == {
        "challenge_id": challenge.id,
        "game_id": challenge.game_id,
        "name": "Friendly Game",
        "rules": "japanese",
        "width": 19,
        "height": 19,
        "ranked": False,
        "handicap": -1,
        "komi": None,
        "time_control": {
            "system": "byoyomi",
            "time_control": "byoyomi",
            "speed": "live",
            "pause_on_weekends": False,
            "main_time": 2400,
            "period_time": 30,
            "periods": 5,
        },
        "challenger_color": "white",
        "disable_analysis": False,
        "aga_rated": False,
    }
    ((topic, message),) = heard
    assert (topic, message["event"], message["payload"]["challenge_id"]) == (
        f"user:{bob.account_id}",
        "notification",
        challenge.id,
    )


async def test_an_open_challenge_is_told_to_the_lobby_and_to_nobody_else(place: Place) -> None:
    ann = await a_person(place.database)
    heard = place.listen("lobby", f"user:{ann.account_id}")
    challenge = await place.desk.offer(an_offer(min_ranking=7, max_ranking=18), ann)
    ((_, message),) = heard
    (entry,) = message["payload"]
    assert message["event"] == "seekgraph/global"
    assert (entry["challenge_id"], entry["game_id"], entry["user_id"]) == (challenge.id, challenge.game_id, ann.id)
    assert (entry["min_rank"], entry["max_rank"], entry["time_control"]) == (7, 18, "byoyomi")
    assert entry["time_control_parameters"]["periods"] == 5


async def test_an_invitation_is_told_to_nobody_but_found_by_its_secret(place: Place) -> None:
    ann, bob = await two_people(place)
    heard = place.listen("lobby")
    challenge = await place.desk.offer(an_offer(invite_only=True), ann)
    assert heard == []
    async with place.database.read() as connection:
        assert await challenges.page_of_open(connection, offset=0, limit=10) == (0, [])
        assert await challenges.find_by_uuid(connection, challenge.uuid, reader=bob.id) == challenge
        for wrong in (challenge.uuid[:-1], "", "a\0b", "\ud800", "ü" * 22):
            with pytest.raises(ChallengeNotFound):
                await challenges.find_by_uuid(connection, wrong, reader=bob.id)


async def test_nobody_challenges_themselves(place: Place) -> None:
    ann = await a_person(place.database)
    with pytest.raises(InvalidChallenge, match="yourself"):
        await place.desk.offer(an_offer(), ann, ann.id)


async def test_who_cannot_play_is_not_challenged(place: Place) -> None:
    ann, gone = await two_people(place)
    await close(place, gone)
    for nobody in (PlayerId(2**62), gone.id):
        with pytest.raises(PlayerNotFound):
            await place.desk.offer(an_offer(), ann, nobody)
    tokens = MailTokens(key=b"key", lifetime=timedelta(hours=1), tries=3, renewal=timedelta(minutes=1))
    with pytest.raises(NotVerified, match="not verified"):
        await place.desk.offer(an_offer(), ann, (await a_person(place.database, mail_tokens=tokens)).id)
    assert await stored(place.database) == ([], [])


async def test_a_player_may_not_challenge_without_end(place: Place) -> None:
    ann, bob = await two_people(place)
    made = [await place.desk.offer(an_offer(), ann, bob.id if odd % 2 else None) for odd in range(MOST_OPEN)]
    with pytest.raises(TooManyChallenges, match="withdraw one"):
        await place.desk.offer(an_offer(), ann)
    await place.desk.refuse(made[0].id, ann.id, Decline())
    await place.desk.offer(an_offer(), ann)
    await place.desk.offer(an_offer(), bob)


async def test_challenges_at_the_same_moment_keep_to_the_limit(place: Place) -> None:
    ann = await a_person(place.database)
    for _ in range(MOST_OPEN - 2):
        await place.desk.offer(an_offer(), ann)
    outcomes = await asyncio.gather(*[place.desk.offer(an_offer(), ann) for _ in range(6)], return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Challenge"] * 2 + ["TooManyChallenges"] * 4


# ── looking ──


async def test_lists_have_the_latest_first_and_show_players_what_is_theirs(place: Place) -> None:
    ann, bob = await two_people(place)
    cleo = await a_person(place.database)
    sent = await place.desk.offer(an_offer(), ann, bob.id)
    received = await place.desk.offer(an_offer(), bob, ann.id)
    elsewhere = await place.desk.offer(an_offer(), bob, cleo.id)
    listed = [await place.desk.offer(an_offer(), bob) for _ in range(3)]
    async with place.database.read() as connection:
        of_ann = await challenges.page_of_direct(connection, ann.id, offset=0, limit=10)
        assert of_ann == (2, [received, sent])
        assert await challenges.page_of_direct(connection, bob.id, offset=1, limit=1) == (3, [received])
        assert await challenges.page_of_open(connection, offset=1, limit=5) == (3, [listed[1], listed[0]])
    with pytest.raises(ChallengeNotFound, match="Request not found"):
        await place.desk.find(elsewhere.id, ann.id)
    assert await place.desk.find(listed[0].id, cleo.id) == listed[0]


async def test_a_challenge_in_a_list_has_empty_seats_and_text_where_ogs_has_text(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(game={"komi_auto": "custom", "komi": "-0.5"}), ann, bob.id)
    (element,) = await place.desk.elements([challenge])
    assert (element["challenger"].id, element["challenged"].id) == (ann.id, bob.id)
    assert (element["id"], element["challenger_color"], element["group"]) == (challenge.id, "white", None)
    row = element["game"]
    assert row["players"] == {
        color: {"username": None, "ranking": 0, "professional": False} for color in ("black", "white")
    }
    assert (row["id"], row["creator"], row["black"], row["white"]) == (challenge.game_id, ann.id, None, None)
    assert (row["komi"], row["handicap"], row["outcome"], row["black_lost"], row["white_lost"]) == (
        "-0.50",
        0,
        "",
        True,
        True,
    )
    assert isinstance(row["time_control_parameters"], str)
    assert (row["started"], row["ended"], row["historical_ratings"]) == (None, None, {})
    # 0.35 moves a point: 2400 / (0.35 · 361) + 30 s.
    assert row["time_per_move"] == 49


# ── accepting ──


async def test_an_accepted_challenge_becomes_its_game(place: Place) -> None:
    ann, bob = await two_people(place)
    offer = an_offer(game={"width": 9, "height": 9, "ranked": True, "disable_analysis": True, "name": "Lunch"})
    challenge = await place.desk.offer(offer, ann, bob.id)
    begun = await place.desk.accept(challenge.id, bob.id)
    assert begun.game_id == challenge.game_id
    # 2400 / (0.35 · 81) + 30 s.
    assert begun.time_per_move == 115
    info, game = await place.worker.play.tables.see(challenge.game_id)
    assert (info.black.id, info.white.id, info.creator, info.name) == (bob.id, ann.id, ann.id, "Lunch")
    assert (info.is_ranked, info.is_private, info.is_analysis_disabled) == (True, False, True)
    assert (game.terms.size.columns, game.terms.komi, game.version) == (9, 6.5, 0)
    assert await stored(place.database) == ([], [challenge.game_id])


async def test_both_players_hear_of_the_beginning_and_those_who_wait_for_the_game_before_them(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    of_game, of_ann, of_bob = f"game:{challenge.game_id}", f"user:{ann.account_id}", f"user:{bob.account_id}"
    heard = place.listen(of_game, of_ann, of_bob, "lobby")
    await place.desk.accept(challenge.id, bob.id)
    assert heard[0] == (of_game, {"kind": "started"})
    kinds = {topic: [kind(message) for where, message in heard if where == topic] for topic in (of_ann, of_bob)}
    assert kinds == {of_ann: ["active_game", "gameStarted"], of_bob: ["active_game", "gameStarted", "delete"]}
    for player in (ann, bob):
        (notice,) = await place.notices(player)
        assert (notice.kind, notice.members) == (
            "gameStarted",
            {"game_id": challenge.game_id, "name": "Friendly Game", "black": bob.name, "white": ann.name},
        )
    entry = next(message["payload"] for _, message in heard if message.get("event") == "active_game")
    assert (entry["id"], entry["phase"], entry["player_to_move"]) == (challenge.game_id, "play", bob.id)


def kind(message: Any) -> str:
    """What a message to an account is about."""
    return str(message["payload"]["type"] if message["event"] == "notification" else message["event"])


async def test_the_lobby_hears_that_an_open_challenge_became_a_game(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(challenger_color="black"), ann)
    heard = place.listen("lobby")
    await place.desk.accept(challenge.id, bob.id)
    ((_, message),) = heard
    started, gone = message["payload"]
    assert (started["game_started"], started["game_id"]) == (True, challenge.game_id)
    assert (started["creator"], started["black"], started["white"]) == (ann.id, ann.id, bob.id)
    assert gone == {"challenge_id": challenge.id, "delete": True}


async def test_of_twenty_who_accept_at_once_one_plays(place: Place) -> None:
    ann = await a_person(place.database)
    others = [await a_person(place.database) for _ in range(20)]
    challenge = await place.desk.offer(an_offer(), ann)
    outcomes = await asyncio.gather(
        *[place.desk.accept(challenge.id, other.id) for other in others], return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, ChallengeNotFound)]
    begun = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert (len(begun), len(refused)) == (1, 19)
    assert await stored(place.database) == ([], [challenge.game_id])
    notified = [other for other in others if await place.notices(other)]
    assert len(notified) == 1


async def test_a_challenge_that_is_accepted_and_withdrawn_at_once_is_one_or_the_other(place: Place) -> None:
    ann, bob = await two_people(place)
    for _ in range(5):
        challenge = await place.desk.offer(an_offer(), ann, bob.id)
        outcomes = await asyncio.gather(
            place.desk.accept(challenge.id, bob.id),
            place.desk.refuse(challenge.id, ann.id, Decline()),
            return_exceptions=True,
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, ChallengeNotFound)]
        assert len(refused) == 1
        has_begun = challenge.game_id in (await stored(place.database))[1]
        assert has_begun == (not isinstance(outcomes[0], BaseException))


async def test_only_who_is_challenged_accepts(place: Place) -> None:
    ann, bob = await two_people(place)
    stranger = await a_person(place.database)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    with pytest.raises(ChallengeNotFound):
        await place.desk.accept(challenge.id, stranger.id)
    with pytest.raises(NotYourChallenge, match="your own"):
        await place.desk.accept(challenge.id, ann.id)
    with pytest.raises(ChallengeNotFound):
        await place.desk.accept(ChallengeId(2**62), bob.id)


async def test_an_open_challenge_is_for_the_ranks_that_it_names_a_direct_one_is_not(place: Place) -> None:
    ann, bob = await two_people(place)
    for limits in (dict[str, Any](min_ranking=25), dict[str, Any](max_ranking=23)):
        challenge = await place.desk.offer(an_offer(**limits), ann)
        with pytest.raises(OutsideRankLimits, match="you are 6k"):
            await place.desk.accept(challenge.id, bob.id)
        direct = await place.desk.offer(an_offer(**limits), ann, bob.id)
        await place.desk.accept(direct.id, bob.id)
    fitting = await place.desk.offer(an_offer(min_ranking=24, max_ranking=24), ann)
    assert (await place.desk.accept(fitting.id, bob.id)).game_id == fitting.game_id


async def test_an_automatic_handicap_leaves_its_difference_with_the_game(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(game={"handicap": -1}), ann, bob.id)
    await place.desk.accept(challenge.id, bob.id)
    info, _ = await place.worker.play.tables.see(challenge.game_id)
    assert (info.terms.handicap, info.handicap_rank_difference) == (0, 0.0)


# ── declining and withdrawing ──


async def test_a_challenge_declined_without_a_word_is_gone_and_its_challenger_told(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    await place.desk.refuse(challenge.id, bob.id, Decline())
    assert await place.notices(bob) == []
    (notice,) = await place.notices(ann)
    assert (notice.kind, notice.members["name"]) == ("gameDeclined", "Friendly Game")
    assert (notice.members["challenger"]["id"], notice.members["challenged"]["id"]) == (ann.id, bob.id)
    for player in (ann, bob):
        with pytest.raises(ChallengeNotFound):
            await place.desk.refuse(challenge.id, player.id, Decline())
        with pytest.raises(ChallengeNotFound):
            await place.desk.find(challenge.id, player.id)
    assert await stored(place.database) == ([], [])


async def test_a_bot_says_why_it_declines(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    details = {"rejection_code": "board_size_not_allowed", "details": {"allowed": [9]}}
    await place.desk.refuse(challenge.id, bob.id, Decline("Only 9×9, please.", details))
    (notice,) = await place.notices(ann)
    assert notice.kind == "gameOfferRejected"
    told = {name: notice.members[name] for name in ("game_id", "name", "message", "rejection_details")}
    assert told == {
        "game_id": challenge.game_id,
        "name": "Friendly Game",
        "message": "Only 9×9, please.",
        "rejection_details": details,
    }


async def test_a_challenge_withdrawn_is_forgotten_by_who_got_it(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    heard = place.listen(f"user:{ann.account_id}", f"user:{bob.account_id}")
    (notice,) = await place.notices(bob)
    await place.desk.refuse(challenge.id, ann.id, Decline())
    assert await place.notices(bob) == await place.notices(ann) == []
    assert heard == [
        (f"user:{bob.account_id}", {"event": "notification", "payload": {"id": notice.id, "type": "delete"}})
    ]


async def test_an_open_challenge_is_withdrawn_by_its_challenger_alone(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann)
    with pytest.raises(NotYourChallenge, match="only who made it"):
        await place.desk.refuse(challenge.id, bob.id, Decline())
    heard = place.listen("lobby")
    await place.desk.refuse(challenge.id, ann.id, Decline())
    assert [message["payload"] for _, message in heard] == [[{"challenge_id": challenge.id, "delete": True}]]
    assert await stored(place.database) == ([], [])


# ── being abandoned ──


async def test_a_challenge_waits_for_ever_until_its_challenger_says_that_he_waits(place: Place) -> None:
    ann, bob = await two_people(place)
    silent = await place.desk.offer(an_offer(), ann, bob.id)
    waiting = await place.desk.offer(an_offer(), ann, bob.id)
    await place.desk.keep_alive(waiting.id, ann.id)
    for _ in range(3):
        place.watch.forward(KEPT_ALIVE - SECOND)
        await place.desk.keep_alive(waiting.id, ann.id)
        assert await place.desk.end_abandoned() == 0
    place.watch.forward(KEPT_ALIVE)
    assert await place.desk.end_abandoned() == 1
    assert await stored(place.database) == ([silent.id], [])
    assert [notice.members["challenge_id"] for notice in await place.notices(bob)] == [silent.id]


async def test_challenges_by_correspondence_are_not_abandoned(place: Place) -> None:
    ann = await a_person(place.database)
    slow = {"time_control": "none", "time_control_parameters": {"system": "none"}}
    challenge = await place.desk.offer(an_offer(game=slow), ann)
    await place.desk.keep_alive(challenge.id, ann.id)
    place.watch.forward(timedelta(days=3))
    assert await place.desk.end_abandoned() == 0


async def test_only_the_challenger_keeps_a_challenge_alive(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    with pytest.raises(NotYourChallenge):
        await place.desk.keep_alive(challenge.id, bob.id)
    with pytest.raises(ChallengeNotFound):
        await place.desk.keep_alive(ChallengeId(2**62), ann.id)


async def test_a_sign_of_life_at_the_last_moment_saves_a_challenge(place: Place) -> None:
    ann = await a_person(place.database)
    challenge = await place.desk.offer(an_offer(), ann)
    await place.desk.keep_alive(challenge.id, ann.id)
    seen_abandoned_at = place.watch.forward(KEPT_ALIVE)
    await place.desk.keep_alive(challenge.id, ann.id)
    async with place.database.write() as transaction:
        with pytest.raises(ChallengeNotFound):
            await challenges.end(transaction, challenge.id, unless_alive_at=seen_abandoned_at)
    assert await stored(place.database) == ([challenge.id], [])


async def test_abandoned_challenges_end_by_themselves(place: Place) -> None:
    ann = await a_person(place.database)
    challenge = await place.desk.offer(an_offer(), ann)
    await place.desk.keep_alive(challenge.id, ann.id)
    place.watch.forward(KEPT_ALIVE)
    heard = place.listen("lobby")
    await place.desk.start()
    await until(lambda: bool(heard))
    await place.desk.stop()
    assert await stored(place.database) == ([], [])


# ── accounts that are closed ──


async def close(place: Place, player: Player) -> None:
    """Close the player's account, as administrators do."""
    async with place.database.write() as transaction:
        await delete_account(transaction, player.account_id, NOON)


async def test_nobody_begins_a_game_with_an_account_that_is_closed(place: Place) -> None:
    ann, bob = await two_people(place)
    challenge = await place.desk.offer(an_offer(), ann, bob.id)
    await close(place, ann)
    with pytest.raises(ChallengeNotFound):
        await place.desk.accept(challenge.id, bob.id)


async def test_the_challenges_of_an_account_that_is_closed_are_gone(place: Place) -> None:
    ann, bob = await two_people(place)
    await place.desk.offer(an_offer(), ann, bob.id)
    await place.desk.offer(an_offer(), ann)
    await place.desk.offer(an_offer(), bob, ann.id)
    stays = await place.desk.offer(an_offer(), bob)
    async with place.database.write() as transaction:
        await challenges.forget(transaction, AccountClosed(account_id=ann.account_id))
    assert await stored(place.database) == ([stays.id], [])

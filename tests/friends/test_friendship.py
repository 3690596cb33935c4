"""The relation of two accounts: every command in every state, and any order of commands."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from tengen.core.values import AccountId
from tengen.friends import friendship as rules
from tengen.friends.friendship import FriendOfOneself, Friendship, News, RequestNotFound, Step

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
MIRA, TARO = AccountId(57), AccountId(58)
ASKED = Friendship(MIRA, TARO, NOON)
"""Mira has asked Taro."""
FRIENDS = Friendship(MIRA, TARO, NOON, LATER)

Command = Callable[[Friendship | None, AccountId], Step]


def ask(friendship: Friendship | None, who: AccountId) -> Step:
    return rules.ask(friendship, who, TARO if who == MIRA else MIRA, LATER)


def agree(friendship: Friendship | None, who: AccountId) -> Step:
    return rules.agree(friendship, who, LATER)


decline, remove = rules.decline, rules.remove

NOT_FOUND = "Request not found"
NEW = Friendship(MIRA, TARO, LATER)

TABLE: list[tuple[Command, AccountId, Friendship | None, Friendship | None, str, News | None]] = [
    # command, who gives it, the relation before and after, what is said, what the other is told
    (ask, MIRA, None, NEW, "Friend request sent", News.REQUEST),
    (ask, MIRA, ASKED, ASKED, "You have sent a friend request before, and it waits for an answer", None),
    (ask, TARO, ASKED, FRIENDS, "You are friends now", News.ACCEPTED),
    (ask, MIRA, FRIENDS, FRIENDS, "You are friends already", None),
    (ask, TARO, FRIENDS, FRIENDS, "You are friends already", None),
    (agree, MIRA, None, None, NOT_FOUND, None),
    (agree, MIRA, ASKED, ASKED, NOT_FOUND, None),
    (agree, TARO, ASKED, FRIENDS, "You are friends now", News.ACCEPTED),
    (agree, TARO, FRIENDS, FRIENDS, "You are friends already", None),
    (decline, TARO, None, None, NOT_FOUND, None),
    (decline, MIRA, ASKED, ASKED, NOT_FOUND, None),
    (decline, TARO, ASKED, None, "Friend request declined", News.DECLINED),
    (decline, TARO, FRIENDS, FRIENDS, NOT_FOUND, None),
    (remove, MIRA, None, None, "You are not friends", None),
    (remove, MIRA, ASKED, None, "Friend request taken back", None),
    (remove, TARO, ASKED, None, "Friend request declined", News.DECLINED),
    (remove, MIRA, FRIENDS, None, "You are not friends any more", None),
    (remove, TARO, FRIENDS, None, "You are not friends any more", None),
]


@pytest.mark.parametrize(
    ("command", "who", "before", "after", "said", "news"),
    TABLE,
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_every_command_in_every_state(
    command: Command, who: AccountId, before: Friendship | None, after: Friendship | None, said: str, news: News | None
) -> None:
    if said == NOT_FOUND:
        with pytest.raises(RequestNotFound, match=r"^Request not found$"):
            command(before, who)
        return
    step = command(before, who)
    assert (step.friendship, step.said, step.news) == (after, said, news)
    # Whoever has answered need not be told any more that it was asked, nor whoever is asked no more.
    assert step.is_answered == (before == ASKED and who == TARO) or before == FRIENDS
    assert step.is_withdrawn == (before == ASKED and who == MIRA and after is None)


def test_nobody_asks_themselves() -> None:
    for before in (None, ASKED, FRIENDS):
        with pytest.raises(FriendOfOneself, match="name another player"):
            rules.ask(before, MIRA, MIRA, NOON)


GIVEN = [(command, who) for command in (ask, agree, decline, remove) for who in (MIRA, TARO)]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_friends_are_those_of_whom_each_has_said_yes_since_the_last_no(length: int) -> None:
    for commands in product(GIVEN, repeat=length):
        friendship: Friendship | None = None
        willing: set[AccountId] = set()
        for command, who in commands:
            is_asked = len(willing) == 1 and who not in willing
            try:
                friendship = command(friendship, who).friendship
            except RequestNotFound:
                assert command in {agree, decline}, commands
                assert not is_asked, commands
                continue
            willing = willing | {who} if command in {ask, agree} else set()
        assert (friendship is not None) == bool(willing), commands
        assert (friendship is not None and friendship.is_agreed) == (len(willing) == 2), commands
        assert friendship is None or friendship.is_agreed or friendship.asker_id in willing, commands

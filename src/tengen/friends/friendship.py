"""Who is friends with whom: asking, agreeing, declining and removing as a state machine. Pure.

Two accounts have at most one relation to each other, and it is one of

    none ── ask ──> asked ── agree ──> friends
                      ├── ask back ──> friends
                      ├── decline (by the asked) ──> none
                      └── remove (by either) ──> none <── remove (by either) ── friends

What is so already is no mistake: who asks a friend, or removes a stranger, is told so, and nothing changes. Every
command is a function from the relation to a `Step`; `None` stands for no relation.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tengen.core.errors import NotFound, TengenError
from tengen.core.values import AccountId


@dataclass(frozen=True, slots=True)
class Friendship:
    """The relation of two accounts: one has asked the other, who may have agreed."""

    asker_id: AccountId
    asked_id: AccountId
    asked_at: datetime
    agreed_at: datetime | None = None

    @property
    def is_agreed(self) -> bool:
        """Whether they are friends."""
        return self.agreed_at is not None

    def waits_for(self, account_id: AccountId) -> bool:
        """Whether this account has been asked, and has not answered yet."""
        return not self.is_agreed and self.asked_id == account_id


class News(StrEnum):
    """What the other one is to be told; the value is the word on the wire."""

    REQUEST = "friendRequest"
    ACCEPTED = "friendAccepted"
    DECLINED = "friendDeclined"


@dataclass(frozen=True, slots=True)
class Step:
    """What a command leads to: the relation from now on, and who is told what."""

    friendship: Friendship | None
    said: str
    """To who gave the command, as a sentence."""
    news: News | None = None
    """To the other one."""
    is_answered: bool = False
    """Whether the caller's own notification of having been asked is of no use any more."""
    is_withdrawn: bool = False
    """Whether that of the other one is."""


class FriendOfOneself(TengenError):
    """Somebody asks themselves."""

    code, status = "friend_of_oneself", 400


class RequestNotFound(NotFound):
    """The other one has not asked, or has thought better of it."""

    code = "request_not_found"


def ask(friendship: Friendship | None, account_id: AccountId, other_id: AccountId, now: datetime) -> Step:
    """Ask another account to be friends; who asks back agrees. Raises `FriendOfOneself`."""
    if account_id == other_id:
        raise FriendOfOneself("You cannot be a friend of your own: name another player.")
    if friendship is None:
        return Step(Friendship(account_id, other_id, now), "Friend request sent", News.REQUEST)
    if friendship.is_agreed:
        return Step(friendship, "You are friends already")
    if friendship.waits_for(account_id):
        return agree(friendship, account_id, now)
    return Step(friendship, "You have sent a friend request before, and it waits for an answer")


def agree(friendship: Friendship | None, account_id: AccountId, now: datetime) -> Step:
    """Say yes to somebody who has asked. Raises `RequestNotFound`."""
    if friendship is not None and friendship.is_agreed:
        return Step(friendship, "You are friends already", is_answered=True)
    if friendship is None or not friendship.waits_for(account_id):
        raise request_not_found()
    return Step(replace(friendship, agreed_at=now), "You are friends now", News.ACCEPTED, is_answered=True)


def decline(friendship: Friendship | None, account_id: AccountId) -> Step:
    """Say no to somebody who has asked. Raises `RequestNotFound`."""
    if friendship is None or not friendship.waits_for(account_id):
        raise request_not_found()
    return Step(None, "Friend request declined", News.DECLINED, is_answered=True)


def remove(friendship: Friendship | None, account_id: AccountId) -> Step:
    """End a friendship, take back one's own request, or decline the other's."""
    if friendship is None:
        return Step(None, "You are not friends")
    if friendship.is_agreed:
        return Step(None, "You are not friends any more")
    if friendship.waits_for(account_id):
        return decline(friendship, account_id)
    return Step(None, "Friend request taken back", is_withdrawn=True)


def request_not_found() -> RequestNotFound:
    """The refusal for an answer to a request that is not there. Clients look for these very words."""
    return RequestNotFound("Request not found")

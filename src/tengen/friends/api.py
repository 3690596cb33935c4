"""Friends in the dialect of OGS: `/api/v1/me/friends`, `/api/v1/ui/friends`."""

from typing import Annotated

import pydantic_core
from fastapi import Depends, Request
from fastapi.responses import Response

from tengen.core.values import PlayerId
from tengen.friends.runtime import Friends
from tengen.friends.schemas import Done, FriendAnswer, FriendChange, FriendChoice, FriendList, InvitationRead
from tengen.oauth.guards import CurrentAccount
from tengen.profiles.schemas import MinimalPlayer, PlayerPage
from tengen.web.bodies import either_router
from tengen.web.openapi import api_refusals
from tengen.web.paging import page_object
from tengen.web.queries import documented_query, read_query

router = either_router("/api/v1", "players")

_JSON = "application/json"
_MOST_LISTED = 1_000


async def _friends(request: Request) -> Friends:
    friends: Friends = request.app.state.friends
    return friends


CurrentFriends = Annotated[Friends, Depends(_friends)]


@router.get(
    "/me/friends",
    response_model=PlayerPage,
    responses=api_refusals(401, 403, 429),
    openapi_extra=documented_query(FriendChoice),
)
async def my_friends(caller: CurrentAccount, friends: CurrentFriends, request: Request) -> Response:
    """The caller's friends, the oldest friendship first."""
    choice = read_query(request, FriendChoice)
    if choice.username is not None:
        named = await friends.named(caller, choice.username)
        count, found = len(named), choice.of(named)
    else:
        count, found = await friends.page(caller, offset=choice.offset, limit=choice.size)
    results = [MinimalPlayer.of(profile) for profile in found]
    return Response(pydantic_core.to_json(page_object(request, choice, count, results)), media_type=_JSON)


@router.post("/me/friends", responses=api_refusals(401, 403, 404, 409, 429))
async def change_friends(change: FriendChange, caller: CurrentAccount, friends: CurrentFriends) -> Done:
    """Ask somebody to be friends, or remove a friend. Who asks back agrees.

    What is so already is answered with a sentence that says so.
    """
    do = friends.remove if change.delete else friends.ask
    return Done(success=await do(caller, PlayerId(change.player_id)))


@router.get("/me/friends/invitations", responses=api_refusals(401, 403, 429))
async def friend_requests(caller: CurrentAccount, friends: CurrentFriends) -> list[InvitationRead]:
    """Who has asked the caller and waits for an answer, the oldest request first, 200 at most."""
    return await friends.requests_to(caller)


@router.post("/me/friends/invitations", responses=api_refusals(401, 403, 404, 429))
async def answer_friend_request(answer: FriendAnswer, caller: CurrentAccount, friends: CurrentFriends) -> Done:
    """Agree to be somebody's friend, or decline."""
    do = friends.decline if answer.delete else friends.agree
    return Done(success=await do(caller, PlayerId(answer.from_user)))


@router.get("/ui/friends", responses=api_refusals(401, 403, 429))
async def all_friends(caller: CurrentAccount, friends: CurrentFriends) -> FriendList:
    """All friends of the caller at once."""
    _, found = await friends.page(caller, offset=0, limit=_MOST_LISTED)
    return FriendList.model_construct(friends=[MinimalPlayer.of(profile) for profile in found])

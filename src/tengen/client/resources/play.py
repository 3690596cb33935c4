"""Go that is played on the platform: challenges, and games in their course."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from tengen.client.operations import Operation, Page, Pages
from tengen.client.play_models import Challenge, MadeChallenge, Offer, Opponent, PlayedGame, page_in
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import given, nothing, raw

_MINE = "/api/v1/me/challenges"
_PAGE_SIZE = 100


def me() -> Operation[Opponent]:
    """The caller's player on the platform."""
    return Operation("GET", "/api/v1/me", Opponent.from_json)


def opponent_named(name: str) -> Operation[Opponent | None]:
    """Who plays on the platform under this name; None if nobody does."""

    def read(json: Any) -> Opponent | None:
        found = [Opponent.from_json(player) for player in json["results"]]
        return next((player for player in found if player.name.casefold() == name.casefold()), None)

    return Operation("GET", "/api/v1/players/", read, query=given(username=name), is_authenticated=False)


def challenge_player(player_id: int, offer: Offer) -> Operation[MadeChallenge]:
    """Offer a game to a player, who is notified."""
    path = f"/api/v1/players/{player_id}/challenge"
    return Operation("POST", path, MadeChallenge.from_json, body=offer.to_json())


def challenge_all(offer: Offer) -> Operation[MadeChallenge]:
    """Offer a game to whoever has one of the ranks that the offer names, and accepts first."""
    return Operation("POST", "/api/v1/challenges", MadeChallenge.from_json, body=offer.to_json())


def my_challenges() -> Pages[Challenge]:
    """The challenges between the caller and others, got and sent, the latest first."""
    return _pages(_MINE)


def open_challenges() -> Pages[Challenge]:
    """The challenges that are open to all, the latest first, the caller's among them."""
    return _pages("/api/v1/challenges")


def challenge(challenge_id: int) -> Operation[Challenge]:
    """A challenge of the caller's, or one that is open to all."""
    return Operation("GET", f"{_MINE}/{challenge_id}", Challenge.from_json)


def accept_challenge(challenge_id: int) -> Operation[int]:
    """Begin the game that is offered. Gives the number of the game."""
    return Operation("POST", f"{_MINE}/{challenge_id}/accept", lambda json: int(json["game"]))


def decline_challenge(challenge_id: int, message: str | None = None) -> Operation[None]:
    """Decline a challenge that one has got, with a word to the challenger; or withdraw one's own."""
    body = {"delete": True} | ({} if message is None else {"message": message})
    return Operation("POST", f"{_MINE}/{challenge_id}", nothing, body=body)


def played_game(game_id: int) -> Operation[PlayedGame]:
    """A game that is or was played on the platform, as it stands. A private one is shown to its players."""
    return Operation("GET", f"/api/v1/games/{game_id}", lambda json: PlayedGame.from_json(json["gamedata"]))


def game_picture(game_id: int) -> Operation[bytes]:
    """A picture of the position, as PNG: of a running game as it is, of any other as it ended."""
    return Operation("GET", f"/api/v1/games/{game_id}/png", raw, is_binary=True)


def _pages(path: str) -> Pages[Challenge]:
    def page(number: str | None) -> Operation[Page[Challenge]]:
        return Operation("GET", path, _read_page, query=given(page=number, page_size=_PAGE_SIZE))

    return Pages(page)


def _read_page(json: Any) -> Page[Challenge]:
    return Page(tuple(Challenge.from_json(item) for item in json["results"]), page_in(json["next"]))


class PlayMethods(Runner):
    """The methods of `Client` for Go that is played on the platform."""

    def me(self) -> Opponent:
        """The caller's player on the platform."""
        return self.run(me())

    def opponent_named(self, name: str) -> Opponent | None:
        """Who plays on the platform under this name; None if nobody does."""
        return self.run(opponent_named(name))

    def challenge_player(self, player_id: int, offer: Offer) -> MadeChallenge:
        """Offer a game to a player, who is notified."""
        return self.run(challenge_player(player_id, offer))

    def challenge_all(self, offer: Offer) -> MadeChallenge:
        """Offer a game to whoever has one of the ranks that the offer names, and accepts first."""
        return self.run(challenge_all(offer))

    def my_challenges(self) -> Iterator[Challenge]:
        """The challenges between the caller and others, got and sent, the latest first."""
        return self.each(my_challenges())

    def open_challenges(self) -> Iterator[Challenge]:
        """The challenges that are open to all, the latest first, the caller's among them."""
        return self.each(open_challenges())

    def challenge(self, challenge_id: int) -> Challenge:
        """A challenge of the caller's, or one that is open to all."""
        return self.run(challenge(challenge_id))

    def accept_challenge(self, challenge_id: int) -> int:
        """Begin the game that is offered. Gives the number of the game."""
        return self.run(accept_challenge(challenge_id))

    def decline_challenge(self, challenge_id: int, message: str | None = None) -> None:
        """Decline a challenge that one has got, with a word to the challenger; or withdraw one's own."""
        return self.run(decline_challenge(challenge_id, message))

    def played_game(self, game_id: int) -> PlayedGame:
        """A game that is or was played on the platform, as it stands. A private one is shown to its players."""
        return self.run(played_game(game_id))

    def game_picture(self, game_id: int) -> bytes:
        """A picture of the position, as PNG: of a running game as it is, of any other as it ended."""
        return self.run(game_picture(game_id))


class AsyncPlayMethods(AsyncRunner):
    """The methods of `AsyncClient` for Go that is played on the platform."""

    async def me(self) -> Opponent:
        """The caller's player on the platform."""
        return await self.run(me())

    async def opponent_named(self, name: str) -> Opponent | None:
        """Who plays on the platform under this name; None if nobody does."""
        return await self.run(opponent_named(name))

    async def challenge_player(self, player_id: int, offer: Offer) -> MadeChallenge:
        """Offer a game to a player, who is notified."""
        return await self.run(challenge_player(player_id, offer))

    async def challenge_all(self, offer: Offer) -> MadeChallenge:
        """Offer a game to whoever has one of the ranks that the offer names, and accepts first."""
        return await self.run(challenge_all(offer))

    def my_challenges(self) -> AsyncIterator[Challenge]:
        """The challenges between the caller and others, got and sent, the latest first."""
        return self.each(my_challenges())

    def open_challenges(self) -> AsyncIterator[Challenge]:
        """The challenges that are open to all, the latest first, the caller's among them."""
        return self.each(open_challenges())

    async def challenge(self, challenge_id: int) -> Challenge:
        """A challenge of the caller's, or one that is open to all."""
        return await self.run(challenge(challenge_id))

    async def accept_challenge(self, challenge_id: int) -> int:
        """Begin the game that is offered. Gives the number of the game."""
        return await self.run(accept_challenge(challenge_id))

    async def decline_challenge(self, challenge_id: int, message: str | None = None) -> None:
        """Decline a challenge that one has got, with a word to the challenger; or withdraw one's own."""
        return await self.run(decline_challenge(challenge_id, message))

    async def played_game(self, game_id: int) -> PlayedGame:
        """A game that is or was played on the platform, as it stands. A private one is shown to its players."""
        return await self.run(played_game(game_id))

    async def game_picture(self, game_id: int) -> bytes:
        """A picture of the position, as PNG: of a running game as it is, of any other as it ended."""
        return await self.run(game_picture(game_id))

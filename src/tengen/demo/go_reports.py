"""The sample's games of Go, reported to the running platform as any game server reports its own: over HTTP.

A game is always reported as the same game, so whatever was interrupted goes on where it ended.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import groupby

from tengen.client import Client, Credentials, TengenError
from tengen.demo.go_sample import SampleGame

_PATIENCE = timedelta(seconds=2)
_ANSWERS_WITHIN = timedelta(seconds=60)


def is_running(url: str) -> bool:
    """Whether a platform answers at this address."""
    with Client(url, timeout=_PATIENCE, retries=0) as platform:
        try:
            return platform.is_alive()
        except TengenError:
            return False


def report(url: str, games: Iterable[SampleGame], *, progress: Callable[[int], None] = lambda _games: None) -> int:
    """Play these games and report them to the platform at `url`, in order of play. Returns how many it did not know.

    `progress` is told the number of games that are done. Raises `tengen.client.TengenError` for the first that is
    refused; the games before it are stored.
    """
    done = new = 0
    for server, evening in groupby(games, key=lambda game: game.server):
        with Client(url, Credentials.of_server(server.id, server.secret), timeout=_ANSWERS_WITHIN) as platform:
            for reported in platform.report_games([game.played() for game in evening]):
                if reported.error is not None:
                    raise reported.error
                done += 1
                new += reported.is_new
                progress(done)
    return new

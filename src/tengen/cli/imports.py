"""`tengen import`: games from elsewhere."""

import os
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tengen.accounts.service import find_active_account
from tengen.cli.answers import Answer, thing
from tengen.cli.commands import new_group
from tengen.cli.platforms import platform_command
from tengen.cli.progress import ImportProgress, import_progress
from tengen.cli.server_names import server_named
from tengen.cli.sources import Rejects, Source
from tengen.core.errors import Invalid
from tengen.core.garbage import seldom_collected
from tengen.core.platform import Platform
from tengen.core.values import ServerId, utc_now
from tengen.games import agagd as dumps
from tengen.games import csv_games
from tengen.games.imports import aga_server, import_games
from tengen.games.named_game import NamedGame, player_name
from tengen.games.named_games import import_named, server_for_import
from tengen.games.past_games import CHUNK_SHARED, Imported
from tengen.games.recompute import recompute, turn
from tengen.games.sgf_games import UnusableRecord, read_game
from tengen.go.sgf import MAX_BYTES
from tengen.ratings.pools import Pools

if TYPE_CHECKING:
    from tengen.servers.service import Server

app = new_group("Games from elsewhere, stored as if they had been reported here.")

_Dump = Annotated[Path, typer.Argument(metavar="DUMP", exists=True, dir_okay=False, help="The dump: one game a line.")]
_Csv = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="One game a line, below the columns' names.")
]
_Server = Annotated[str, typer.Option("--server", help="Game server that the games were played on: its id or name.")]
_Caretaker = Annotated[
    str | None,
    typer.Option("--owner", help="Only if the server is looked after by this account: its e-mail, name or id."),
]
_NoRecompute = Annotated[
    bool, typer.Option("--no-recompute", help="Leave the ratings to a platform that runs, or to the next start.")
]


class UnreadableNames(Invalid):
    """The file of names is no TOML, or does not map names to names."""

    code = "unreadable_names"


@platform_command(app, "agagd")
async def agagd(
    platform: Platform,
    dump: _Dump,
    pin_changes: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The list of changed PINs, if there is one.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(help="Account that owns the game server AGA: needed if there is none yet. E-mail, name or id."),
    ] = None,
    no_recompute: _NoRecompute = False,
) -> Answer:
    """Import the games database of the American Go Association (AGAGD). Games that are known are passed over.

    Lines that are wrong are named, and copied to a file beside the dump, with `.rejected` behind its name.
    """
    if no_recompute:
        _leave_ratings(platform)
    newest_pins = {}
    if pin_changes is not None:
        newest_pins = dumps.read_pin_changes(Source(pin_changes, max_line=dumps.MAX_LINE).lines())
    async with platform.database.write() as transaction:
        account = None if owner is None else await find_active_account(transaction, owner)
        server_id = await aga_server(transaction, account, now=utc_now())
    source = Source(dump, max_line=dumps.MAX_LINE)
    with seldom_collected(), import_progress(source.size) as progress:
        rejects = Rejects(source, progress.say)
        done = await import_games(
            platform.database,
            server_id,
            dumps.read_games(source.lines(), reject=lambda reason: rejects.add(source.last, reason)),
            newest_pins,
            now=utc_now(),
            pools=_pools(platform),
            progress=lambda games: progress.stored(games, source.last.end),
        )
        if not no_recompute:
            await _rate(platform, progress)
    return _told(server_id, done, rejects)


@platform_command(app, "csv")
async def csv(
    platform: Platform,
    file: _Csv,
    server: _Server,
    owner: _Caretaker = None,
    no_recompute: _NoRecompute = False,
) -> Answer:
    """Import games of a game server from a CSV file, as `tengen export games` writes it. Known games are passed over.

    Lines that are wrong are named, and copied to a file beside the first, with `.rejected` behind its name.
    """
    if no_recompute:
        _leave_ratings(platform)
    found = await _server(platform, server, owner)
    source = Source(file, max_line=csv_games.MAX_LINE)
    now = utc_now()
    with seldom_collected(), import_progress(source.size) as progress:
        rejects = Rejects(source, progress.say, has_header=True)
        done = await import_named(
            platform.database,
            found,
            csv_games.read_games(source.spanned_lines(), reject=rejects.add, now=now),
            rejects.add,
            now=now,
            pools=_pools(platform),
            progress=lambda games: progress.stored(games, source.last.end),
        )
        if not no_recompute:
            await _rate(platform, progress)
    return _told(found.id, done, rejects)


@platform_command(app, "sgf")
async def sgf(
    platform: Platform,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Where the files are.")
    ],
    server: _Server,
    names: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="TOML: the name in a record = the player's name on the server."),
    ] = None,
    owner: _Caretaker = None,
    unranked: Annotated[bool, typer.Option("--unranked", help="The players did not want these games rated.")] = False,
    do_import: Annotated[
        bool, typer.Option("--import", help="Import them. Without it, only say what would be.")
    ] = False,
    no_recompute: _NoRecompute = False,
) -> Answer:
    """Import the records (*.sgf) in a directory and those below it; without --import, say what that would do.

    A game is imported if its record can be read and the file of names has both its players.
    """
    found = await _server(platform, server, owner)
    name_of = {} if names is None else _read_names(names)
    records = _Records(directory, name_of, ranked=not unranked)
    if not do_import:
        return _planned(records)
    if no_recompute:
        _leave_ratings(platform)
    now = utc_now()
    with seldom_collected(), import_progress(0) as progress:
        done = await import_named(
            platform.database,
            found,
            records.games(),
            records.refuse,
            now=now,
            pools=_pools(platform),
            chunk=CHUNK_SHARED,  # records are large, and so slow to read that more at once wins nothing
            progress=lambda games: progress.stored(games, 0),
        )
        for path, reason in records.unusable:
            progress.say(f"{path}: {reason}")
        if not no_recompute:
            await _rate(platform, progress)
    return thing(
        {
            "server_id": found.id,
            "files_read": records.read,
            "files_unusable": len(records.unusable),
            "files_of_unmapped_names": records.unmapped_files,
            **_counts(done),
        }
    )


# ── records in files ──


@dataclass
class _Records:
    """The records below a directory, in the order of their paths, and what keeps them from being imported."""

    directory: Path
    name_of: Mapping[str, str]
    ranked: bool
    read: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    unmapped_files: int = 0
    unusable: list[tuple[Path, str]] = field(default_factory=list)

    def games(self) -> Iterator[tuple[Path, NamedGame]]:
        """The games that can be imported, their players by the names that they have on the server."""
        now = utc_now()
        for path in _sgf_files(self.directory):
            self.read += 1
            try:
                game = read_game(_content(path), ranked=self.ranked, now=now)
            except (UnusableRecord, OSError) as error:
                self.refuse(path, str(error))
                continue
            missing = {game.black, game.white} - self.name_of.keys()
            self.unmapped.update(missing)
            if missing:
                self.unmapped_files += 1
            else:
                yield path, game._replace(black=self.name_of[game.black], white=self.name_of[game.white])

    def refuse(self, path: Path, reason: str) -> None:
        """The record there cannot be imported."""
        self.unusable.append((path, reason))


def _sgf_files(directory: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(directory):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(files) if name.lower().endswith(".sgf"))


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _read_names(path: Path) -> dict[str, str]:
    try:
        read = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableNames(f"{path} is no TOML: {error}.") from error
    for name, player in read.items():
        if not isinstance(player, str):
            raise UnreadableNames(
                f'{path}: {name!r} must stand for a player\'s name in quotes, as in "Go Seigen" = "goseigen".'
            )
    return {name: player_name(player) for name, player in read.items()}


def _planned(records: _Records) -> Answer:
    games = [
        {
            "file": str(path),
            "played_at": game.played.played_at,
            "black": game.black,
            "white": game.white,
            "result": game.result,
            "rated": game.played.unrated is None,
        }
        for path, game in records.games()
    ]
    value = {
        "games": games,
        "unmapped": [{"name": name, "games": count} for name, count in sorted(records.unmapped.items())],
        "unusable": [{"file": str(path), "reason": reason} for path, reason in records.unusable],
    }
    lines = [
        f"{game['file']}: {game['played_at']:%Y-%m-%d}, {game['black']} – {game['white']}, {game['result']}"
        for game in games
    ]
    lines += [f"{path}: {reason}" for path, reason in records.unusable]
    if records.unmapped:
        lines += ["", "Names that the file of names lacks; put there the players' names on the server:"]
        lines += [f"{_quoted(name)} = {_quoted(name)}" for name in sorted(records.unmapped)]
    lines += [
        "",
        f"{records.read:,} files: {len(games):,} games to import, {records.unmapped_files:,} of unmapped names, "
        f"{len(records.unusable):,} that cannot be used. Nothing is imported yet: that is done with --import.",
    ]
    return Answer(value, "\n".join(lines))


def _quoted(text: str) -> str:
    """As TOML writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ── what all imports have in common ──


def _pools(platform: Platform) -> Pools:
    return Pools.of(platform.settings)


async def _server(platform: Platform, server: str, owner: str | None) -> "Server":
    async with platform.database.read() as connection:
        found = await server_named(connection, server)
        account = None if owner is None else await find_active_account(connection, owner)
        return await server_for_import(connection, found, account)


def _leave_ratings(platform: Platform) -> None:
    platform.database.on_outbox = lambda: None  # what is left there is not tried as the command ends


async def _rate(platform: Platform, progress: ImportProgress) -> None:
    for pool in _pools(platform).of_go:
        async with turn(platform.database, pool):
            await recompute(platform.database, pool, now=utc_now(), only_if_due=True, progress=progress.rated)


def _counts(done: Imported) -> dict[str, Any]:
    return {
        "games_read": done.read,
        "games_stored": done.stored,
        "games_known": done.known,
        "players_made": done.players,
    }


def _told(server_id: ServerId, done: Imported, rejects: Rejects) -> Answer:
    path = str(rejects.path) if rejects.count else None
    return thing({"server_id": server_id, **_counts(done), "lines_rejected": rejects.count, "rejected_file": path})

"""Write `docs/protocol/play-messages.md` from the code that serves live games; with `--check`, only say if it is right.

The commands are those that the features register, with the texts of their handlers. The messages are what the code
tells of a scripted game, whose commands are read from JSON as they come from clients. The refusals are the classes.
"""

import asyncio
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

from tengen.core.errors import TengenError
from tengen.core.values import AccountId, GameId, PlayerId
from tengen.go.points import Color, Size
from tengen.go.rulesets import JAPANESE
from tengen.notifications import sockets as notification_sockets
from tengen.notifications.service import Notification
from tengen.play import challenge_sockets, requests
from tengen.play import sockets as play_sockets
from tengen.play.clocks import epoch_milliseconds
from tengen.play.commands import Command
from tengen.play.decisions import decide
from tengen.play.event_messages import Message, first_messages, messages
from tengen.play.events import Event
from tengen.play.game_list import list_entry
from tengen.play.info import GameInfo, Opponent
from tengen.play.news import GameNews
from tengen.play.requests import NotInGame, command_of, line_of
from tengen.play.service import NumberedEvent
from tengen.play.state import LiveGame, evolve_all
from tengen.play.terms import GameTerms
from tengen.play.time_controls import Speed, TimeControl
from tengen.play.time_systems import Byoyomi
from tengen.profiles import sockets as identity_sockets
from tengen.realtime import host
from tengen.realtime.commands import Commands, Handler, Teller, tell
from tengen.realtime.hub import Hub
from tengen.realtime.runtime import Realtime
from tengen.realtime.sessions import Sessions

PAGE = Path(__file__).parent.parent / "docs" / "protocol" / "play-messages.md"

BLACK, WHITE = Color.BLACK, Color.WHITE
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
THINKING = timedelta(seconds=7)
GAME_ID = GameId(90456)
NOBODY: Any = None
"""In place of the parts of a running platform: what registers commands keeps them, and does not use them."""

INTRODUCTION = """\
# Messages of live play

<!-- Written by `python scripts/play_protocol.py`: change the code, and run it again. -->

Everything that goes over a live connection while Go is played: what clients send, what they are told, and why they are
refused. This page is made from the code that does it, and the examples are what it answers. How it compares with OGS,
and what the limits are, is told in [The OGS protocol](ogs.md); how to play without caring about any of it, in
[Play from Python](../play-from-python.md).

A connection is Socket.IO over WebSocket: `/socket.io/?EIO=4&transport=websocket`. A command is an event with one
argument. Every command may ask for an acknowledgement, which comes when it is carried out and everything that follows
from it for its sender has been sent. It has one value, null unless something else is said below; of a refused command
it has a second one, `{"code": …, "message": …}`. The refusal is also told by an event, for clients that ask for none:
`game/<id>/error`, whose payload is the bare sentence, for commands about a game, and `ERROR` for all others.

In paths and names `<id>` is the number of a game, 90456 in the examples. Instants are milliseconds since 1970 in
clocks, and seconds in `start_time`, `end_time`, `date` and `timestamp`. What players have left is in seconds, what a
move took in milliseconds.
"""


# ── the commands ──


class Recorder(Commands):
    """Notes what is registered."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, Handler] = {}
        self.ignored: list[str] = []

    def on(self, name: str, handler: Handler, *, refusals_to: Teller | None = None) -> None:
        """Note a command."""
        super().on(name, handler, refusals_to=refusals_to)
        if name not in self.ignored:
            self.handlers[name] = handler

    def ignore(self, *names: str) -> None:
        """Note commands of which nothing comes."""
        self.ignored += names
        super().ignore(*names)


def registered() -> Recorder:
    """The commands of all features."""
    realtime = Realtime(Hub(), per_address=1, in_all=1, messages_per_second=1, site="tengen.example")
    realtime.commands = recorder = Recorder()
    sessions = Sessions()
    host.register(realtime)
    identity_sockets.register(realtime, sessions, NOBODY, NOBODY)
    notification_sockets.register(recorder, sessions, NOBODY)
    play_sockets.register(recorder, NOBODY)
    challenge_sockets.register(recorder, NOBODY)
    return recorder


def text_of(handler: Handler, name: str) -> str:
    """What the handler says about its command."""
    text = inspect.getdoc(handler)
    assert text, f"the handler of {name} says nothing about it"
    _, _, rest = text.partition("`: ") if text.startswith("`") else ("", "", text)
    paragraph = " ".join(rest.partition("Raises ")[0].split())
    return paragraph[0].upper() + paragraph[1:]


# ── a scripted game ──


@dataclass(frozen=True)
class Step:
    """A command of a player, as it is sent: its name behind `game/`, and the members beside `game_id`."""

    seat: Color
    name: str
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def payload(self) -> dict[str, Any]:
        """What is sent."""
        return {"game_id": GAME_ID, **self.members}


def moves(*names: str, first: Color = BLACK) -> list[Step]:
    """Moves in turn."""
    seats = [first if number % 2 == 0 else first.opponent for number in range(len(names))]
    return [Step(seat, "move", {"move": name}) for seat, name in zip(seats, names, strict=True)]


BOTH_PASS = moves("..", "..")
MARK = Step(BLACK, "removed_stones/set", {"removed": True, "stones": "gc"})
SCRIPTS: Sequence[Sequence[Step]] = (
    (
        *moves("cc", "G7"),
        Step(WHITE, "undo/request", {"move_number": 2}),
        Step(BLACK, "undo/cancel", {"move_number": 2}),
        Step(WHITE, "undo/request", {"move_number": 2}),
        Step(BLACK, "undo/accept", {"move_number": 2}),
        *moves("gc", first=WHITE),
        Step(BLACK, "pause"),
        Step(BLACK, "resume"),
        Step(WHITE, "conditional_moves/set", {"move_number": 2, "conditional_moves": [None, {"gg": ["cg", {}]}]}),
        Step(BLACK, "chat", {"type": "main", "body": "Have a good game", "move_number": 2}),
        *BOTH_PASS,
        MARK,
        Step(WHITE, "removed_stones/reject"),
        *BOTH_PASS,
        MARK,
        Step(WHITE, "removed_stones/accept", {"stones": "gc"}),
        Step(BLACK, "removed_stones/accept", {"stones": "gc"}),
    ),
    (*moves("cc"), Step(WHITE, "resign")),
    (*moves("cc"), Step(WHITE, "cancel")),
)
"""Together they lead to every event that there is."""


@dataclass
class Shown:
    """What the page shows of a message: under what name, to whom, after which commands, in which forms."""

    name: str
    audience: str
    causes: list[str] = field(default_factory=list)
    forms: list[Any] = field(default_factory=list)

    def add(self, cause: str, payload: Any) -> None:
        """It was told after this."""
        if cause not in self.causes:
            self.causes.append(cause)
        members = set(payload) if isinstance(payload, Mapping) else set()
        known = {name for form in self.forms if isinstance(form, Mapping) for name in form}
        if not self.forms or not (members or payload in self.forms):
            self.forms.append(payload)
        elif members - known:
            self.forms.append({name: payload[name] for name in payload if name not in known})


@dataclass
class Course:
    """What was said and told in all the games of the scripts."""

    sent: dict[str, Step] = field(default_factory=dict)
    meanings: dict[str, type[Command]] = field(default_factory=dict)
    told: dict[str, Shown] = field(default_factory=dict)
    follows: dict[str, list[str]] = field(default_factory=dict)
    happened: list[tuple[GameInfo, Event, datetime]] = field(default_factory=list)

    def play(self, script: Iterable[Step]) -> None:
        """Play one of the games."""
        info, game, now = a_game()
        for message in first_messages(info, game, now):
            self._tell(message, "game/connect")
        for step in script:
            now += THINKING
            name = f"game/{step.name}"
            command = asked(step, game, info)
            events = decide(game, command, now)
            self.sent.setdefault(name, step)
            self.meanings.setdefault(name, type(command))
            told = messages(info, game, events, now)
            for message in told:
                self._tell(message, name)
            game = evolve_all(game, events)
            self._add("active_game", "to both players, wherever they are", name, list_entry(info, game, now), told)
            self.happened += [(info, event, now) for event in events]

    def _tell(self, message: Message, cause: str) -> None:
        name = shown_name(message.name)
        match message.audience:
            case None:
                audience = "to everybody who watches"
            case Color():
                audience = "to one of the players"
            case _:
                audience = "to those who may read the channel"
        follows = self.follows.setdefault(cause, [])
        if name not in follows:
            follows.append(name)
        # What programs alone are told again is what everybody is told otherwise.
        self.told.setdefault(name, Shown(name, audience)).add(cause, message.payload)

    def _add(self, name: str, audience: str, cause: str, payload: Any, told: Sequence[Message]) -> None:
        if any(not message.name.endswith(("/chat", "/conditional_moves")) for message in told):
            self.told.setdefault(name, Shown(name, audience)).add(cause, payload)


def shown_name(name: str) -> str:
    """The name of an event of any game."""
    return name.replace(f"/{GAME_ID}/", "/<id>/")


def a_game() -> tuple[GameInfo, LiveGame, datetime]:
    """A game that has just begun."""
    size = Size.of(9)
    black = Opponent(PlayerId(4711), AccountId(57), "mizuki", 24.3, ratings=(1523.7, 71.2, 0.06), country="jp")
    white = Opponent(PlayerId(4712), AccountId(58), "tova", 22.1, ratings=(1385.1, 80.4, 0.06))
    byoyomi = Byoyomi(timedelta(minutes=20), timedelta(seconds=30), 5)
    control = TimeControl(byoyomi, Speed.LIVE, False)
    terms = GameTerms.agreed(size=size, rules=JAPANESE, control=control, black=black.id, white=white.id)
    info = GameInfo(GAME_ID, "Evening game", terms, black, white, white.id, NOON, is_ranked=True)
    return info, LiveGame.start(terms, NOON), NOON


def asked(step: Step, game: LiveGame, info: GameInfo) -> Command:
    """The command that the payload is read as."""
    if step.name == "chat":
        return line_of(step.payload, info.opponent(step.seat).id, step.seat)
    return command_of(step.name, step.payload, game, step.seat)


def course() -> Course:
    """What is said and told in all the scripts. Complains if they leave out an event or a command."""
    played = Course()
    for script in SCRIPTS:
        played.play(script)
    unseen = {kind.__name__ for kind in get_args(Event)} - {type(event).__name__ for _, event, _ in played.happened}
    assert not unseen, f"the scripts lead to no {unseen}"
    unsent = {f"game/{name}" for name in (*requests.COMMANDS, "chat")} - set(played.sent)
    assert not unsent, f"the scripts send no {unsent}"
    return played


# ── what accounts and clients are told ──


class Listener:
    """In place of a client: notes what it is sent."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def send(self, event: str, payload: Any = None) -> None:
        """Note it."""
        self.heard.append((event, payload))


async def answers(recorder: Recorder) -> Iterator[tuple[str, str, Any]]:
    """What clients are answered beside games: event, cause, payload."""
    listener: Any = Listener()
    await recorder.handlers["net/ping"](listener, {"client": epoch_milliseconds(NOON), "drift": 0, "latency": 12})
    await recorder.handlers["hostinfo"](listener, {})
    tell(listener, play_sockets.NotIdentified("Say who you are first: send authenticate."))
    # The times of the example are those of a noon, whenever this is run.
    for _, payload in listener.heard:
        for member, value in (("server", epoch_milliseconds(NOON) + 18), ("uptime", 86_400), ("clients", 42)):
            if member in payload:
                payload[member] = value
    causes = ("net/ping", "hostinfo", "a refusal that is about no game")
    return iter([(event, cause, payload) for cause, (event, payload) in zip(causes, listener.heard, strict=True)])


class Notes:
    """In place of the notifications: notes them."""

    def __init__(self) -> None:
        self.notifications: dict[str, Notification] = {}

    async def put(
        self, _transaction: Any, _account: AccountId, kind: str, members: Mapping[str, Any], **how: Any
    ) -> None:
        """Note the first of each kind."""
        self.notifications.setdefault(kind, Notification(how["id"], kind, how["now"], members))


async def notifications(played: Course) -> list[Mapping[str, Any]]:
    """Of each kind of notification about a game one, as it is on the wire."""
    notes: Any = Notes()
    news = GameNews(notes)
    for number, (info, event, now) in enumerate(played.happened, 1):
        table: Any = SimpleNamespace(info=info)
        await news.tell(NOBODY, table, [NumberedEvent(number, now, event)], now)
    return [notification.to_wire() for notification in notes.notifications.values()]


# ── the refusals ──

REFUSING = ("tengen.realtime", "tengen.play", "tengen.go")


def refusals() -> list[type[TengenError]]:
    """Everything that the parts under a live game refuse by a code of its own."""
    for package in REFUSING:
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    ours = {kind for kind in kinds_of(TengenError) if kind.__module__.startswith(tuple(f"{p}." for p in REFUSING))}
    return sorted((kind for kind in ours if "code" in vars(kind)), key=lambda kind: (kind.code, kind.__module__))


def kinds_of(kind: type[TengenError]) -> Iterator[type[TengenError]]:
    """All refusals under this one."""
    for subclass in kind.__subclasses__():
        yield subclass
        yield from kinds_of(subclass)


# ── the page ──

WIDTH = 110
_MEMBER = re.compile(r" `(?:seat|line|color)`(?::| and `point` are).*$")


def as_json(value: Any, indent: int = 0, room: int = WIDTH) -> str:
    """JSON in which what fits into a line is in one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= room or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(name)}: {as_json(part, indent + 2, room - len(name) - 5)}" for name, part in value.items()
        ]
    else:
        parts = [as_json(part, indent + 2, room - 1) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + closing


def block(value: Any) -> str:
    """A block of JSON."""
    return f"```json\n{as_json(value)}\n```\n"


def sentence(kind: type[Any]) -> str:
    """The first paragraph of a class's text, in one line, without what it says of members that are not on the wire."""
    paragraph = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return _MEMBER.sub("", paragraph)


def names(words: Iterable[str]) -> str:
    """Words in code, one after the other; causes that are no names stay words."""
    return ", ".join(word if " " in word else f"`{word}`" for word in words)


def page() -> str:
    """The whole page."""
    recorder, played = registered(), course()
    for name, cause, payload in asyncio.run(answers(recorder)):
        played.told.setdefault(name, Shown(name, "to the client that has sent it")).add(cause, payload)
    told = asyncio.run(notifications(played))
    parts = [INTRODUCTION, *_commands(recorder, played), *_messages(played), *_notifications(told), *_refusals()]
    return "\n".join(parts)


def _commands(recorder: Recorder, played: Course) -> Iterator[str]:
    yield "## What clients send\n"
    yield "| command | what it does |\n|---|---|"
    for name, handler in recorder.handlers.items():
        if name not in played.sent:
            yield f"| `{name.replace('{id}', '<id>')}` | {text_of(handler, name)} |"
    yield f"\nNothing comes of these, nor of a command that is not known: {names(recorder.ignored)}.\n"
    yield "### What players and those who watch say about a game\n"
    yield f"Only the two who play may do these, all but `game/chat`; others are refused with `{NotInGame.code}`.\n"
    for name, step in played.sent.items():
        yield f"#### `{name}`\n"
        yield f"{sentence(played.meanings[name])}\n"
        yield block(step.payload)
        yield f"Followed by {names(played.follows[name])}.\n"


def _messages(played: Course) -> Iterator[str]:
    yield "## What clients are told\n"
    yield "The first example is whole; others show what else a message may hold.\n"
    for shown in sorted(played.told.values(), key=lambda shown: ("game/" not in shown.name, shown.name)):
        yield f"### `{shown.name}`\n"
        yield f"Goes {shown.audience}, after {names(shown.causes)}.\n"
        for form in shown.forms:
            yield block(form)


def _notifications(told: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield "## `notification`\n"
    yield "Stored until the account says `notification/delete`, and told again to each client that says who it is."
    yield "About games there are these; others are told of in [The OGS protocol](ogs.md#notifications).\n"
    for payload in told:
        yield block(payload)


def _refusals() -> Iterator[str]:
    yield "## Refusals\n"
    yield "Codes are never renamed. The status is that of the same refusal over HTTP.\n"
    yield "| code | status | because |\n|---|---|---|"
    for kind in refusals():
        yield f"| `{kind.code}` | {kind.status} | {sentence(kind)} |"
    yield ""


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 if `--check` finds the page different."""
    renewed = page()
    if arguments == ["--check"]:
        return int(not PAGE.exists() or PAGE.read_text() != renewed)
    PAGE.write_text(renewed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

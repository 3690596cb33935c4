"""Progress that people see: one line on a terminal, a line now and then elsewhere."""

import io
import sys

import pytest

from tengen.cli.progress import import_progress


class Terminal(io.StringIO):
    """What stands on a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_import_is_one_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with import_progress(200) as progress:
        progress.stored(1_000, 50)
        progress.stored(2_000, 200)
        progress.rated(2_000)
    told = terminal.getvalue()
    bars = [text.removesuffix("\x1b[K").rstrip() for text in told.removesuffix("\n").split("\r")[1:]]
    assert told.count("\n") == 1
    assert bars[0] == "import: ████████░░░░░░░░░░░░░░░░░░░░░░  25%  1,000 games"
    assert bars[1] == "import: ██████████████████████████████ 100%  2,000 games"
    assert bars[2] == "go: 2,000 games"


def test_what_is_told_in_between_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with import_progress(0) as progress:
        progress.say("first")
        progress.stored(10, 0)
        progress.say("second")
    assert terminal.getvalue() == "first\n\rimport: 10 games\x1b[K\nsecond\n"


def test_elsewhere_every_thousand_games_are_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with import_progress(100) as progress:
        for games in (400, 1_000, 1_900, 2_000):
            progress.stored(games, 10)
        progress.rated(999)
        progress.rated(1_500)
    assert capsys.readouterr().err == "import: 1,000 games\nimport: 2,000 games\ngo: 1,500 games\n"

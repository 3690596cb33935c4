"""Progress that people see: one line on a terminal, a line now and then elsewhere."""

import io
import sys

import pytest

from tengen.cli import progress
from tengen.cli.progress import import_progress, row_progress


class Terminal(io.StringIO):
    """What stands on a terminal."""

    def isatty(self) -> bool:
        return True


def test_an_import_is_one_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with import_progress(200) as told:
        told.stored(1_000, 50)
        told.stored(2_000, 200)
        told.rated(2_000)
    shown = terminal.getvalue()
    bars = [text.removesuffix("\x1b[K").rstrip() for text in shown.removesuffix("\n").split("\r")[1:]]
    assert shown.count("\n") == 1
    assert bars[0] == "import: ████████░░░░░░░░░░░░░░░░░░░░░░  25%  1,000 games"
    assert bars[1] == "import: ██████████████████████████████ 100%  2,000 games"
    assert bars[2] == "go: 2,000 games"


def test_what_is_told_in_between_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with import_progress(0) as told:
        told.say("first")
        told.stored(10, 0)
        told.say("second")
    assert terminal.getvalue() == "first\n\rimport: 10 games\x1b[K\nsecond\n"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The one item says how late it is, in seconds."""
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def test_elsewhere_a_line_now_and_then_is_enough(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with import_progress(100) as told:
        for now, games in ((101, 400), (109.9, 1_000), (110, 1_900), (119, 2_000), (121, 3_000)):
            clock[0] = now
            told.stored(games, 10)
        clock[0] = 130
        told.rated(999)
        clock[0] = 135
        told.rated(1_500)
    assert capsys.readouterr() == ("", "import: 1,900 games\nimport: 3,000 games\ngo: 1,500 games\n")


def test_elsewhere_rows_are_a_line_now_and_then_too(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with row_progress("export", "ratings") as tell:
        for seconds in range(25):
            clock[0] = 100.0 + seconds
            tell(1_000 * seconds)
    assert capsys.readouterr() == ("", "export: 10,000 ratings\nexport: 20,000 ratings\n")

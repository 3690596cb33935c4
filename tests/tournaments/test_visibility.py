"""Who may see what of a tournament: a table of everybody against everything."""

from itertools import product

import pytest

from tengen.core.values import AccountId
from tengen.tournaments.entries import EntryState
from tengen.tournaments.schedule import Phase
from tengen.tournaments.visibility import Sight, Viewer
from tests.tournaments.builders import ANN, BOB

UPCOMING, RUNNING, ENDED, CANCELLED = Phase
EVERYBODY = {
    "stranger": Viewer(),
    "other": Viewer(BOB),
    "herself": Viewer(ANN),
    "host": Viewer(AccountId(9), is_host=True),
}
ALL = set(EVERYBODY)
CLOSE = {"herself", "host"}

# What of Ann's, whether results are hidden, in which phases: who sees it.
TABLE: list[tuple[str, list[bool], list[Phase], set[str]]] = [
    ("everybody's results", [False], [*Phase], ALL),
    ("everybody's results", [True], [UPCOMING, RUNNING], {"host"}),
    ("everybody's results", [True], [ENDED, CANCELLED], ALL),
    ("her results", [False], [*Phase], ALL),
    ("her results", [True], [UPCOMING, RUNNING], CLOSE),
    ("her results", [True], [ENDED, CANCELLED], ALL),
    ("doubts", [False, True], [*Phase], CLOSE),
    ("her replay", [False, True], [UPCOMING, RUNNING], {"herself"}),
    ("her replay", [False, True], [ENDED, CANCELLED], ALL),
    ("her request", [False, True], [*Phase], {"host"}),
    ("her participation", [False, True], [*Phase], ALL),
]


def sees(what: str, sight: Sight) -> bool:
    return {
        "everybody's results": sight.sees_results,
        "her results": sight.sees_results_of(ANN),
        "doubts": sight.sees_doubts_of(ANN),
        "her replay": sight.may_fetch_replay_of(ANN),
        "her request": EntryState.REQUESTED in sight.entries_shown,
        "her participation": EntryState.PARTICIPATING in sight.entries_shown,
    }[what]


@pytest.mark.parametrize(("what", "hidden", "phases", "who"), TABLE)
def test_who_sees_what(what: str, hidden: list[bool], phases: list[Phase], who: set[str]) -> None:
    for hide_results, phase in product(hidden, phases):
        found = {name for name, viewer in EVERYBODY.items() if sees(what, Sight(viewer, phase, hide_results))}
        assert found == who, (hide_results, phase)


def test_the_table_has_every_case_once() -> None:
    cases = [case for what, hidden, phases, _ in TABLE for case in product([what], hidden, phases)]
    assert sorted(cases) == sorted(product({what for what, *_ in TABLE}, [False, True], Phase))


@pytest.mark.parametrize(
    ("who", "wanted", "shown"),
    [
        ("stranger", None, []),
        ("stranger", ANN, []),
        ("herself", None, [ANN]),
        ("herself", ANN, [ANN]),
        ("herself", BOB, []),
        ("host", None, None),
        ("host", BOB, [BOB]),
    ],
)
def test_whose_hidden_results_are_shown(who: str, wanted: AccountId | None, shown: list[AccountId] | None) -> None:
    assert Sight(EVERYBODY[who], RUNNING, hide_results=True).whose_results(wanted) == shown


@pytest.mark.parametrize("who", EVERYBODY)
def test_where_nothing_is_hidden_everybodys_results_are_shown(who: str) -> None:
    sight = Sight(EVERYBODY[who], RUNNING, hide_results=False)
    assert sight.whose_results(None) is None
    assert sight.whose_results(ANN) == [ANN]


def test_nobody_is_close_to_nobody() -> None:
    assert not Viewer().is_close_to(None)
    assert not Viewer(ANN).is_close_to(None)
    assert Viewer(is_host=True).is_close_to(None)

"""Rulesets and handicap against the tables of OGS' board."""

import pytest

from tengen.go.handicap import NoFixedHandicap, fixed_handicap, has_fixed_handicap
from tengen.go.points import Size, ogs_moves
from tengen.go.rulesets import RULESETS, KoRule, Ruleset, Scoring, UnknownRules

# Name, komi, komi with handicap, ko, suicide, scoring, seki counts, bonus for 0, 1 and 4 stones, free placement.
TABLE = [
    ("japanese", 6.5, 0.5, KoRule.SIMPLE, False, Scoring.TERRITORY, False, (0, 0, 0), False),
    ("korean", 6.5, 0.5, KoRule.SIMPLE, False, Scoring.TERRITORY, False, (0, 0, 0), False),
    ("chinese", 7.5, 0.5, KoRule.POSITIONAL, False, Scoring.AREA, True, (0, 1, 4), True),
    ("aga", 7.5, 0.5, KoRule.SITUATIONAL, False, Scoring.AREA, True, (0, 0, 3), False),
    ("ing", 7.5, 0.5, KoRule.POSITIONAL, True, Scoring.AREA, True, (0, 1, 4), True),
    ("nz", 7.0, 0.0, KoRule.SITUATIONAL, True, Scoring.AREA, True, (0, 0, 0), True),
]


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_a_ruleset_is_what_ogs_board_has_by_default(row: tuple[object, ...]) -> None:
    rules = RULESETS[str(row[0])]
    assert row == (
        rules.name,
        rules.komi,
        rules.komi_for(4),
        rules.ko,
        rules.allows_suicide,
        rules.scoring,
        rules.scores_seki,
        (rules.bonus_for(0), rules.bonus_for(1), rules.bonus_for(4)),
        rules.is_handicap_free,
    )
    assert rules.komi_for(0) == rules.komi


def test_there_are_six_rulesets() -> None:
    assert set(RULESETS) == {row[0] for row in TABLE}


@pytest.mark.parametrize(
    ("text", "name"),
    [("Japanese", "japanese"), ("jp", "japanese"), ("cn", "chinese"), ("zh", "chinese"), (" Chinese ", "chinese"),
     ("KO", "korean"), ("AGA", "aga"), ("us", "aga"), ("New Zealand", "nz"), ("NZ", "nz"), ("GOE", "ing")],
)  # fmt: skip
def test_rules_are_found_by_the_names_in_use(text: str, name: str) -> None:
    assert Ruleset.parse(text).name == name


@pytest.mark.parametrize("name", RULESETS)
def test_rules_are_found_by_both_names_they_are_written_with(name: str) -> None:
    assert Ruleset.parse(str(RULESETS[name])) is Ruleset.parse(RULESETS[name].label) is RULESETS[name]


@pytest.mark.parametrize("text", ["", "unknown", "tromp-taylor", "x" * 1000])
def test_unknown_rules_are_refused(text: str) -> None:
    with pytest.raises(UnknownRules):
        Ruleset.parse(text)


# On 19x19, in the order of OGS' board.
PLACES = [
    (2, "pddp"),
    (3, "pppddp"),
    (4, "ddpppddp"),
    (5, "jjddpppddp"),
    (6, "djpjddpppddp"),
    (7, "djpjjjddpppddp"),
    (8, "jdjpdjpjddpppddp"),
    (9, "jdjpdjpjjjddpppddp"),
]
# The low, the middle and the high line of each size.
LINES = {19: "djp", 13: "dgj", 9: "ceg"}


@pytest.mark.parametrize(("stones", "letters"), PLACES)
@pytest.mark.parametrize("side", LINES)
def test_handicap_stones_stand_where_ogs_puts_them(side: int, stones: int, letters: str) -> None:
    expected = letters.translate(str.maketrans(LINES[19], LINES[side]))
    assert ogs_moves(fixed_handicap(Size.of(side), stones)) == expected


@pytest.mark.parametrize(
    ("size", "stones"), [(Size.of(19), 1), (Size.of(19), 10), (Size.of(19), 0), (Size.of(17), 2), (Size.of(19, 13), 2)]
)
def test_elsewhere_there_are_no_fixed_places(size: Size, stones: int) -> None:
    assert not has_fixed_handicap(size, stones)
    with pytest.raises(NoFixedHandicap):
        fixed_handicap(size, stones)

"""Models in files: what is written is read, and what cannot be is refused in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.model_files import Description, InvalidModelFile

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    system=texts,
    kinds=st.lists(texts, max_size=3),
    column=st.none() | texts,
    parameters=st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=5),
)
def test_what_is_written_is_read_to_the_last_bit(
    system: str, kinds: list[str], column: str | None, parameters: dict[str, float]
) -> None:
    description = Description(system, kinds, column, parameters)
    assert Description.read(description.written()) == description


def test_people_write_whole_numbers_too() -> None:
    assert Description.read('system = "elo"\n[parameters]\nstep = 20').parameters == {"step": 20.0}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("system = ", "no TOML"),
        ("", "which rating system"),
        ("system = 3", "which rating system"),
        ('system = "elo"\nsytem = "elo"', "'sytem', which means nothing"),
        ('system = "elo"\nconditions = "surface"', "no list of columns"),
        ('system = "elo"\nconditions = [1]', "no list of columns"),
        ('system = "elo"\nformat = 5', "no column"),
        ('system = "elo"\nparameters = 5', "no table"),
        ('system = "elo"\n[parameters]\nstep = "20"', "'step' what is no number"),
        ('system = "elo"\n[parameters]\nstep = true', "'step' what is no number"),
        ('system = "elo"\n[parameters]\nstep = 1' + "0" * 400, "'step' what is no number, or one too large"),
    ],
)
def test_a_file_that_is_no_description_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InvalidModelFile, match=sentence):
        Description.read(text)

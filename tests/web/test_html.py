"""Pages: what people read."""

from datetime import timedelta

import pytest

from tengen.web.html import ago, error_page
from tests.support.builders import NOON


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_399, "23 h ago"),
        (86_400, "yesterday"),
        (2 * 86_400 - 1, "yesterday"),
        (2 * 86_400, "2 days ago"),
        (400 * 86_400, "400 days ago"),
    ],
)
def test_a_span_is_told_as_people_tell_it(seconds: int, text: str) -> None:
    assert ago(NOON - timedelta(seconds=seconds), NOON) == text


def test_a_refusal_is_shown_with_its_sentence_escaped() -> None:
    answer = error_page(404, "There is no <b>Mira</b>.", {"X-Tengen-Error": "not_found"})
    assert answer.status_code == 404
    assert answer.headers["X-Tengen-Error"] == "not_found"
    assert b"There is no &lt;b&gt;Mira&lt;/b&gt;." in answer.body

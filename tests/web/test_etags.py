"""Tags by which clients say what they have already."""

import pytest

from tengen.web.etags import etag_of, has_already

TAG = '"xyzzy"'


def test_another_answer_has_another_tag_and_the_same_the_same() -> None:
    assert etag_of(b"one") == etag_of(b"one") != etag_of(b"two")
    assert etag_of(b"").startswith('"')


# RFC 9110, section 13.1.2: the examples of If-None-Match; 8.8.3.2 for the weak comparison.
@pytest.mark.parametrize("header", ['"xyzzy"', 'W/"xyzzy"', '"xyzzy", "r2d2xxxx", "c3piozzzz"', '"a",W/"xyzzy"', "*"])
def test_a_client_that_names_the_tag_has_the_answer(header: str) -> None:
    assert has_already(header, TAG)


@pytest.mark.parametrize("header", [None, "", "xyzzy", '"XYZZY"', 'W/"r2d2xxxx"', '"xyzzy', '"a"xyzzy"b"', '"*"'])
def test_a_client_that_does_not_has_another_or_none(header: str | None) -> None:
    assert not has_already(header, TAG)

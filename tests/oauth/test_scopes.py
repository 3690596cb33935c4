"""Scopes as they are written."""

import pytest

from tengen.oauth.refusals import InvalidScope
from tengen.oauth.scopes import DEFAULT, Scope, parse_scopes, scope_text


def test_scopes_are_written_in_any_order_and_come_out_in_theirs() -> None:
    assert scope_text(parse_scopes(" groups  read read ")) == "read groups"
    assert scope_text(parse_scopes("groups write read")) == "read write groups"


def test_who_asks_for_nothing_in_particular_gets_what_is_usual() -> None:
    assert parse_scopes("") == parse_scopes(" \n") == DEFAULT == {Scope.READ, Scope.WRITE}
    assert parse_scopes("", otherwise=frozenset({Scope.GROUPS})) == {Scope.GROUPS}


@pytest.mark.parametrize("text", ["admin", "read,write", "READ", "read\0", "read write x", "Scope.READ"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(InvalidScope, match="read, write, groups"):
        parse_scopes(text)

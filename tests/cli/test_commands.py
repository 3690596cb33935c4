"""What all commands have in common."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from tengen import __version__
from tengen.cli.main import MODULES, app
from tests.cli.program import Program
from tests.support.server import Server


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    server = Server(tmp_path)
    yield Program(server, as_json=False)
    server.close()


@pytest.mark.parametrize(
    "arguments",
    [("--json", "account", "list"), ("account", "list", "--json", "--limit", "5"), ("account", "list", "--json")],
    ids=" ".join,
)
def test_json_is_asked_for_before_and_after_everything_else(program: Program, arguments: tuple[str, ...]) -> None:
    assert json.loads(program.text(*arguments)) == []


def test_the_data_directory_is_named_before_or_after_the_command_or_in_the_environment(
    program: Program, tmp_path: Path
) -> None:
    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    assert program.json("--data-dir", before, "config")["data_dir"] == before
    assert program.json("--data-dir", before, "config", "--data-dir", after)["data_dir"] == after
    assert program.json("config")["data_dir"] == str(tmp_path)


def test_the_version_is_told(program: Program) -> None:
    assert program.text("--version").strip() == __version__


def test_an_unknown_command_is_misuse(program: Program) -> None:
    assert "No such command" in program.misuse("acount")
    assert "No such command" in program.misuse("account", "erase")
    assert "No such option" in program.misuse("account", "list", "--colour")
    assert "Missing argument" in program.misuse("account", "show")


def test_settings_that_are_wrong_are_named_in_one_line_without_their_values(tmp_path: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"secret_key": "too short"}, "secret_key: Value error, the secret key must have at least 16 characters"),
        ({"database_url": "mysql://tom:secret@db/x"}, "it must begin with postgresql://"),
        ({"max_batch_ids": "many"}, "max_batch_ids: "),
    ]
    for settings, expected in wrong:
        server = Server(tmp_path, **settings)
        refusal = Program(server, as_json=False).refusal("account", "list")
        server.close()
        assert expected in refusal
        assert not any(str(value) in refusal for value in settings.values())


def test_a_settings_file_that_is_none_is_refused(program: Program, tmp_path: Path) -> None:
    (tmp_path / "tengen.toml").write_text("port = ")
    assert "no TOML" in program.refusal("config")


def test_a_database_that_is_none_is_refused(program: Program, tmp_path: Path) -> None:
    (tmp_path / "tengen.db").write_text("dear diary " * 500)
    assert program.refusal("account", "list") == "The database cannot be used: file is not a database"


def test_a_database_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path, database_url="postgresql://tom:secret@127.0.0.1:1/tengen")
    refusal = Program(server, as_json=True).refusal("account", "list")
    server.close()
    assert "The database cannot be used" in refusal
    assert "secret" not in refusal


def test_every_command_and_every_option_has_a_help_text() -> None:
    silent = [name for name, text in _help_texts("tengen", typer.main.get_command(app)) if not text]
    assert silent == []


def _help_texts(name: str, command: Any) -> Iterator[tuple[str, str]]:
    yield name, command.help
    context = typer.Context(command)
    for parameter in command.get_params(context):
        yield f"{name} {parameter.name}", parameter.help
    for word in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _help_texts(f"{name} {word}", command.get_command(context, word))


def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    context = typer.Context(group)
    for name, module in MODULES.items():
        command = group.get_command(context, name)
        assert command is not None
        assert str(command.help).partition("\n")[0] == module.summary


def test_help_names_every_command(program: Program) -> None:
    text = program.text("--help")
    assert [name for name in MODULES if f" {name} " not in text] == []
    assert " set-password " in program.text("account", "--help")
    assert " --display-name " in program.text("account", "create", "--help")

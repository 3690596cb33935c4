"""What all commands have in common: shared options, how an answer is printed, what a refusal looks like.

A refusal is one line on standard error and exit code 1; misuse of the command line is exit code 2. With `--json`
standard output has exactly one JSON value, or nothing if the command was refused.
"""

import errno
import gc
import inspect
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer
from pydantic import ValidationError

from tengen.cli.answers import Answer, print_json, print_text
from tengen.core.errors import TengenError
from tengen.core.settings import Settings

P = ParamSpec("P")

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        file_okay=False,
        help="Directory of the database, the secret key and the mail; TENGEN_DATA_DIR, or `data`, if not given.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command: the settings in force, and whether a program reads the answer."""

    settings: Settings
    as_json: bool

    def answer(self, answer: Answer) -> None:
        """Print the command's one answer."""
        if self.as_json:
            print_json(answer.value)
        else:
            print_text(answer.text)


Command = Callable[Concatenate[Call, P], Answer | None]


def new_group(text: str) -> typer.Typer:
    """An empty group of commands; `text` says what they are about."""
    group = typer.Typer(help=text, no_args_is_help=True, add_completion=False)
    group.callback()(lambda: None)  # so that it stays a group, even with one command
    return group


def command(app: typer.Typer, name: str) -> Callable[[Command[P]], Command[P]]:
    """Register a function as the command `name` of `app`, with the options that every command has.

    Its first parameter is the `Call`; the others are options and arguments as Typer knows them. What it returns is
    printed; None says that it has printed its answer itself.
    """

    def register(function: Command[P]) -> Command[P]:
        app.command(name)(_with_shared_options(function))
        return function

    return register


def _with_shared_options(function: Callable[..., Answer | None]) -> Callable[..., None]:
    def run(context: typer.Context, data_dir: Path | None, as_json: bool, **arguments: Any) -> None:
        gc.enable()
        shared = context.find_root().params  # both options may also stand before the command's name
        with _refusals():
            call = Call(
                settings=_settings(data_dir or shared.get("data_dir")),
                as_json=as_json or bool(shared.get("as_json")),
            )
            answer = function(call, **arguments)
            if answer is not None:
                call.answer(answer)

    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        *(parameter.replace(kind=keyword) for parameter in own),
        inspect.Parameter("data_dir", keyword, annotation=DataDir, default=None),
        inspect.Parameter("as_json", keyword, annotation=Json, default=False),
    ]
    run.__doc__ = function.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # where Typer reads the options
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _settings(data_dir: Path | None) -> Settings:
    return Settings() if data_dir is None else Settings(data_dir=data_dir)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what an operator can expect and mend into one line and exit code 1. Other errors are ours, and show."""
    try:
        yield
    except TengenError as error:
        sentence = error.message
    except ValidationError as error:
        sentence = _wrong_settings(error)
    except tomllib.TOMLDecodeError as error:
        sentence = f"The settings file is no TOML: {error}."
    except OSError as error:
        if error.errno == errno.EPIPE:  # nobody reads any more, as after `| head`
            raise
        sentence = str(error)
    else:
        return
    typer.echo(" ".join(sentence.split()), err=True)
    raise typer.Exit(1)


def _wrong_settings(error: ValidationError) -> str:
    problems = (f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in error.errors())
    return f"The settings are wrong. {'; '.join(problems)}"

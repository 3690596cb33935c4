"""Models in files: TOML, for people to read and change. Pure.

    system = "gaussian"
    conditions = ["surface"]
    format = "best_of"

    [parameters]
    "players.spread" = 190.4

A file says of its parameters only what is not as it is without a file.
"""

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tengen.core.errors import Invalid

_LARGEST = sys.float_info.max
_SYSTEM, _CONDITIONS, _FORMAT, _PARAMETERS = "system", "conditions", "format", "parameters"


class InvalidModelFile(Invalid):
    """A file is no description of a model."""

    code = "invalid_model_file"


@dataclass(frozen=True, slots=True)
class Description:
    """A model as a file describes it."""

    system: str
    kinds: Sequence[str] = ()
    """Columns that hold conditions."""
    format_column: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Description":
        """Raises `InvalidModelFile`."""
        what = "The file of parameters"
        return cls.of_table(toml_table(text, what), what)

    @classmethod
    def of_table(cls, table: Mapping[str, object], what: str, *, system: str | None = None) -> "Description":
        """The model in a table, which sentences call `what`. `system`: the one of which it is, if it does not say so.

        Raises `InvalidModelFile`.
        """
        unknown = table.keys() - {_SYSTEM, _CONDITIONS, _FORMAT, _PARAMETERS}
        if unknown:
            raise InvalidModelFile(f"{what} says {min(unknown)[:60]!r}, which means nothing here.")
        system_named, kinds, column = table.get(_SYSTEM, system), table.get(_CONDITIONS, []), table.get(_FORMAT)
        if not isinstance(system_named, str):
            raise InvalidModelFile(f'{what} does not say which rating system it is of: {_SYSTEM} = "…".')
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise InvalidModelFile(f"{what} has `{_CONDITIONS}` that are no list of columns.")
        if column is not None and not isinstance(column, str):
            raise InvalidModelFile(f"{what} has a `{_FORMAT}` that is no column.")
        parameters = table.get(_PARAMETERS, {})
        if not isinstance(parameters, dict):
            raise InvalidModelFile(f"{what} has `{_PARAMETERS}` that are no table.")
        return cls(
            system_named, kinds, column, {name: _number(name, value, what) for name, value in parameters.items()}
        )

    def written(self) -> str:
        """The file's text."""
        lines = [f"{_SYSTEM} = {_quoted(self.system)}"]
        if self.kinds:
            lines.append(f"{_CONDITIONS} = [{', '.join(map(_quoted, self.kinds))}]")
        if self.format_column is not None:
            lines.append(f"{_FORMAT} = {_quoted(self.format_column)}")
        lines += ["", f"[{_PARAMETERS}]"]
        lines += [f"{_quoted(name)} = {value!r}" for name, value in self.parameters.items()]
        return "\n".join(lines) + "\n"


def toml_table(text: str, what: str) -> dict[str, Any]:
    """What TOML says, which sentences call `what`. Raises `InvalidModelFile`."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InvalidModelFile(
            f"{what} is no TOML that can be read: too much in it is within something else."
        ) from None
    except ValueError as error:  # also for numbers of thousands of digits, which the parser does not expect
        raise InvalidModelFile(f"{what} is no TOML: {error}.") from None


def _number(name: str, value: object, what: str) -> float:
    # Not a number and infinity are TOML, too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise InvalidModelFile(f"{what} says of {name[:60]!r} what is no number, or one too large.")
    return float(value)


def _quoted(text: str) -> str:
    # Each escape of JSON is one of TOML's basic strings, but for pairs of surrogates; and TOML escapes one more.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

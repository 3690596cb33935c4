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
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidModelFile(f"The file of parameters is no TOML: {error}.") from None
        unknown = found.keys() - {_SYSTEM, _CONDITIONS, _FORMAT, _PARAMETERS}
        if unknown:
            raise InvalidModelFile(f"The file of parameters says {min(unknown)!r}, which means nothing here.")
        system, kinds, column = found.get(_SYSTEM), found.get(_CONDITIONS, []), found.get(_FORMAT)
        if not isinstance(system, str):
            raise InvalidModelFile('The file of parameters does not say which rating system they are of: system = "…".')
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise InvalidModelFile("In the file of parameters `conditions` is no list of columns.")
        if column is not None and not isinstance(column, str):
            raise InvalidModelFile("In the file of parameters `format` is no column.")
        parameters = found.get(_PARAMETERS, {})
        if not isinstance(parameters, dict):
            raise InvalidModelFile("In the file of parameters `parameters` is no table.")
        for name, value in parameters.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
                raise InvalidModelFile(f"In the file of parameters {name!r} is no number, or one too large.")
        return cls(system, kinds, column, {name: float(value) for name, value in parameters.items()})

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


def _quoted(text: str) -> str:
    # Each escape of JSON is one of TOML's basic strings, but for pairs of surrogates; and TOML escapes one more.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

"""Write the table in `docs/settings.md` from the settings themselves; with `--check`, only say whether it is right."""

import sys
from pathlib import Path
from typing import Any

from tengen.cli.config import environment_name
from tengen.core.settings import Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


def table() -> str:
    """A row for each setting, in the order of their definition."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(["| variable | in the file | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _row(name: str, field: Any) -> str:
    default = "unset" if field.default is None else f"`{str(field.default).lower()}`"
    if isinstance(field.default, str):
        default = f"`{field.default}`"
    return f"| `{environment_name(name)}` | `{name}` | {default} | {field.description} |"


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 if `--check` finds the page different."""
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    renewed = before + BEGIN + table() + END + after
    if arguments == ["--check"]:
        return int(page != renewed)
    PAGE.write_text(renewed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

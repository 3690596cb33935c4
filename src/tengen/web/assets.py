"""The files that pages use in the browser, under `/static`: style, script, pictures.

A page names a file by an address that holds the file's digest, so browsers keep it for good and still see a new one at
once. Under `vendor/` is what `make setup` copies from npm packages.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.staticfiles import PathLike, StaticFiles

if TYPE_CHECKING:
    import os

    from starlette.responses import Response
    from starlette.types import Scope

DIRECTORY = Path(__file__).parent / "static"
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((DIRECTORY / name).read_bytes()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """The address of a file in `static/`. Raises `FileNotFoundError` if there is none of this name."""
    return f"/static/{name}?v={_digest(name)}"


def has_asset(name: str) -> bool:
    """Whether there is a file of this name in `static/`."""
    return (DIRECTORY / name).is_file()


class Assets(StaticFiles):
    """Serves `static/`."""

    def __init__(self) -> None:
        super().__init__(directory=DIRECTORY)

    def file_response(
        self, full_path: PathLike, stat_result: "os.stat_result", scope: "Scope", status_code: int = 200
    ) -> "Response":
        """The file; to be kept for good if the address holds the digest of just this content."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked_for = parse_qs(scope["query_string"].decode("latin-1")).get("v")
        name = Path(full_path).relative_to(DIRECTORY.resolve()).as_posix()
        response.headers["Cache-Control"] = _FOR_GOOD if asked_for == [_digest(name)] else _ASK_AGAIN
        return response

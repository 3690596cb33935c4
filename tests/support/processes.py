"""Programs of a few lines in processes of their own, for what only several processes show."""

import asyncio
import sys

from tengen.core.settings import Settings
from tests.support.server import environment


async def run_together(settings: Settings, program: str, *, processes: int) -> list[str]:
    """Run `program` in several processes at once, which read these settings. Returns what each printed.

    Raises `AssertionError` with its standard error if one fails.
    """
    started = [await start(settings, program) for _ in range(processes)]
    ended = await asyncio.gather(*(process.communicate() for process in started))
    for process, (_, errors) in zip(started, ended, strict=True):
        assert process.returncode == 0, errors.decode()
    return [output.decode() for output, _ in ended]


async def start(settings: Settings, program: str) -> asyncio.subprocess.Process:
    """Start `program` in a process that reads these settings."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", program),
        env=environment(data_dir=settings.data_dir, database_url=url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )

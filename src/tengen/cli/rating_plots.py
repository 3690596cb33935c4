"""`tengen ratings plot`: the history of a player's rating as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from tengen.cli.answers import Answer, thing
from tengen.core.errors import Invalid
from tengen.core.platform import Platform
from tengen.core.values import MAX_ID, PlayerId, utc_now
from tengen.ratings import history_plot
from tengen.ratings.pools import Pools
from tengen.ratings.shown_pools import ShownPools


class UnknownPictureFormat(Invalid):
    """Pictures are not written in files of this name."""

    code = "unknown_picture_format"


PlayerNumber = Annotated[int, typer.Argument(metavar="PLAYER", min=1, max=MAX_ID, help="Id of the player.")]
Out = Annotated[Path, typer.Option(dir_okay=False, help="Where to write the picture: a file's name in .svg or .png.")]
Pool = Annotated[str, typer.Option(help="`go`, or `team:3` for the team matches of server 3.")]
Width = Annotated[int, typer.Option(min=history_plot.MIN_WIDTH, max=history_plot.MAX_WIDTH, help="In pixels.")]
Height = Annotated[int, typer.Option(min=history_plot.MIN_HEIGHT, max=history_plot.MAX_HEIGHT, help="In pixels.")]


async def plot(
    platform: Platform,
    player_id: PlayerNumber,
    out: Out,
    pool: Pool = "go",
    width: Width = history_plot.WIDTH,
    height: Height = history_plot.HEIGHT,
) -> Answer:
    """Draw how a player's rating went, with its uncertainty, by its last 5,000 games."""
    from tengen.profiles import service  # nearly every feature, and the other commands of the group need few
    from tengen.profiles.runtime import whole_day

    file_format = out.suffix.lower()
    if file_format not in {".svg", ".png"}:
        raise UnknownPictureFormat(f"{out.name} ends neither in .svg nor in .png: pictures are written as these.")
    async with platform.database.read() as connection:
        found = (await ShownPools(Pools.of(platform.settings)).now(connection)).named(pool)
        course = await service.rating_course(connection, PlayerId(player_id), found.name)
    svg = course.svg(found, day=whole_day(utc_now()), width=width, height=height)
    content = svg.encode() if file_format == ".svg" else _painted(svg)
    out.write_bytes(content)
    return thing({"file": str(out), "name": course.name, "pool": found.name, "games": len(course.steps)})


def _painted(svg: str) -> bytes:
    from tengen.core.painting import paint  # for drawings there is no need of it

    return paint(svg)

"""`tengen ratings plot`."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from tests.cli.program import Program
from tests.games.builders import a_go_server, a_reported_game
from tests.support.server import Server

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_drawing_is_written_and_is_what_the_platform_shows(server: Server, tmp_path: Path, as_json: bool) -> None:
    club, file = a_go_server(server), tmp_path / "rating.svg"
    a_reported_game(server, club)
    told = Program(server, as_json=as_json).thing("ratings", "plot", str(club.black.id), "--out", str(file))
    assert (told["file"], told["pool"], told["games"]) == (str(file), "go", "1")
    assert file.read_text() == server.get(f"/api/v1/players/{club.black.id}/ratings.svg").text


def test_a_picture_is_written_in_the_size_that_is_asked_for(server: Server, tmp_path: Path) -> None:
    club, file = a_go_server(server), tmp_path / "rating.PNG"
    a_reported_game(server, club)
    options = ("--width", "640", "--height", "320", "--out", str(file))
    Program(server, as_json=False).do("ratings", "plot", str(club.black.id), *options)
    with Image.open(file) as image:
        assert (image.format, image.size) == ("PNG", (640, 320))


def test_another_pool_can_be_drawn(server: Server, tmp_path: Path) -> None:
    player, file = a_go_server(server).black, tmp_path / "rating.svg"
    Program(server, as_json=False).do("ratings", "plot", str(player.id), "--pool", "team:987654", "--out", str(file))
    assert "No rated game yet" in [text.text for text in ET.parse(file).iter(f"{SVG}text")]  # noqa: S314 - our own file


def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "rating.svg"
    nobody = ("ratings", "plot", str(2**62))
    assert "no such player" in program.refusal(*nobody, "--out", str(file))
    assert "There is no pool 'chess'" in program.refusal(*nobody, "--pool", "chess", "--out", str(file))
    sentence = program.refusal(*nobody, "--out", str(tmp_path / "rating.gif"))
    assert sentence == "rating.gif ends neither in .svg nor in .png: pictures are written as these."
    assert "--width" in program.misuse(*nobody, "--width", "10", "--out", str(file))
    assert "--out" in program.misuse(*nobody)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_refused(server: Server, tmp_path: Path) -> None:
    club = a_go_server(server)
    file = tmp_path / "nowhere" / "rating.svg"
    assert str(file) in Program(server, as_json=False).refusal(
        "ratings", "plot", str(club.black.id), "--out", str(file)
    )

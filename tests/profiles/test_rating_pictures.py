"""Pictures of ratings over HTTP."""

from io import BytesIO
from xml.etree import ElementTree as ET

import httpx
import pytest
from PIL import Image

from tests.games.builders import GoPlayer, a_go_player, a_go_server, a_reported_game, refused
from tests.profiles.builders import a_quiet_pool
from tests.support.server import Server

SVG = "{http://www.w3.org/2000/svg}"
BOTH = pytest.mark.parametrize("kind", ["svg", "png"])


def path_of(player: GoPlayer, kind: str, query: str = "") -> str:
    return f"/api/v1/players/{player.id}/ratings.{kind}{query}"


def the_svg(answer: httpx.Response) -> ET.Element:
    """The drawing in an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/svg+xml"
    return ET.fromstring(answer.text)  # noqa: S314 - our own server has made it


def the_png(answer: httpx.Response) -> Image.Image:
    """The picture in an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/png"
    return Image.open(BytesIO(answer.content))


def texts(drawing: ET.Element) -> list[str]:
    return [text.text or "" for text in drawing.iter(f"{SVG}text")]


def test_a_drawing_has_the_players_name_and_its_rating_today(server: Server) -> None:
    club = a_go_server(server)
    for result in ("B+R", "W+3.5", "B+R"):
        a_reported_game(server, club, result=result)
    player = server.get(f"/api/v1/players/{club.black.id}").json()
    name, summary, *_ = texts(the_svg(server.get(path_of(club.black, "svg"))))
    assert name == player["name"]
    assert summary.startswith(f"Rating in Go · 3 games · now {player['rank']}, {player['rating']:.1f} ± ")


def test_a_picture_is_the_drawing_in_pixels(server: Server) -> None:
    club = a_go_server(server)
    a_reported_game(server, club)
    assert the_png(server.get(path_of(club.black, "png"))).size == (800, 400)
    small = the_png(server.get(path_of(club.black, "png", "?width=400&height=300")))
    assert small.size == (400, 300)
    assert len(set(small.convert("RGB").tobytes())) > 20  # there is something on it
    drawing = the_svg(server.get(path_of(club.black, "svg", "?width=400&height=300")))
    assert (drawing.attrib["width"], drawing.attrib["height"]) == ("400", "300")


@BOTH
def test_who_has_not_played_gets_a_picture_that_says_so(server: Server, kind: str) -> None:
    club = a_go_server(server)
    answer = server.get(path_of(a_go_player(server, club), kind))
    if kind == "png":
        assert the_png(answer).size == (800, 400)
    else:
        assert "No rated game yet" in texts(the_svg(answer))


def test_another_pool_has_another_picture(server: Server) -> None:
    club = a_go_server(server)
    a_reported_game(server, club)
    pool = a_quiet_pool().name
    drawing = the_svg(server.get(path_of(club.black, "svg", f"?pool={pool}")))
    assert drawing.findtext(f"{SVG}title", "").endswith(f"Rating in the pool {pool}")
    assert "No rated game yet" in texts(drawing)


@BOTH
def test_who_has_the_picture_already_does_not_get_it_again_until_a_game_has_moved_the_rating(
    server: Server, kind: str
) -> None:
    club = a_go_server(server)
    a_reported_game(server, club)
    first = server.get(path_of(club.black, kind))
    assert first.headers["Cache-Control"] == "public, max-age=60"
    known = {"If-None-Match": first.headers["ETag"]}
    again = server.get(path_of(club.black, kind), headers=known)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    a_reported_game(server, club)
    later = server.get(path_of(club.black, kind), headers=known)
    assert later.status_code == 200
    assert later.content != first.content


@BOTH
def test_the_path_is_the_same_with_a_slash_and_with_head(server: Server, kind: str) -> None:
    path = path_of(a_go_server(server).black, kind)
    plain, slashed, head = server.get(path), server.get(f"{path}/"), server.request("HEAD", path)
    assert slashed.content == plain.content
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", plain.headers["ETag"])


@BOTH
@pytest.mark.parametrize("number", [str(2**62), "0", "-1", "abc", "9" * 400, "%00", "1.5"])
def test_what_is_no_players_id_has_no_picture(server: Server, number: str, kind: str) -> None:
    answer = server.get(f"/api/v1/players/{number}/ratings.{kind}")
    assert refused(answer, 404, "player_not_found") == "There is no such player."


@BOTH
@pytest.mark.parametrize("pool", ["chess", "team:", "team:x", "%00", "%ED%A0%80", "a/b"])
def test_a_pool_that_there_is_not_has_no_picture(server: Server, pool: str, kind: str) -> None:
    answer = server.get(path_of(a_go_server(server).black, kind, f"?pool={pool}"))
    assert refused(answer, 404, "pool_not_found").startswith("There is no pool")


@BOTH
@pytest.mark.parametrize(
    "query", ["width=319", "width=2001", "height=199", "height=1201", "width=1e3", "width=NaN", "height=" + "9" * 50]
)
def test_sizes_that_no_picture_has_are_refused(server: Server, query: str, kind: str) -> None:
    answer = server.get(path_of(a_go_server(server).black, kind, f"?{query}"))
    assert refused(answer, 400, "invalid").startswith(query.partition("=")[0])


def test_a_drawing_opened_as_a_page_may_load_and_run_nothing(server: Server) -> None:
    answer = server.get(path_of(a_go_server(server).black, "svg"))
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"

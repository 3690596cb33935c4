"""The home page and the pages of game servers, as visitors get them."""

import re
from html.parser import HTMLParser

import pytest

from tengen.core.values import naive_iso, utc_now
from tests.games.builders import a_go_server, a_reported_game
from tests.support.builders import a_game_server, a_heartbeat, a_verified_user, unique
from tests.support.server import Server

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


_VOID = {"meta", "link", "img", "br", "hr", "input"}


class _Page(HTMLParser):
    """What a page loads and links to, and which elements it leaves open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := named.get(name))]
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.inline += [name for name in named if name.startswith("on") or name == "style"]
        if tag == "script" and "src" not in named:
            self.inline.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # closed where it is opened, as in SVG

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_whoever_has_no_preference_gets_the_alive_check(server: Server) -> None:
    answer = server.get("/", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.text) == (200, '"OK"')
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Vary"] == "Accept"


def test_a_browser_gets_the_home_page(server: Server) -> None:
    answer = server.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Vary"] == "Accept"
    assert "One account, one identity, one rating" in answer.text
    assert f"{server.url}/v1/user/register" in answer.text


def test_the_home_page_shows_who_is_online_and_links_there(server: Server) -> None:
    online = a_game_server(server)
    silent = a_game_server(server, owner=online.owner)
    # There is room for twelve: those with most players.
    crowded = a_heartbeat(online, current_player_count=10**6)
    assert server.post("/v1/server/update", crowded, auth=online.auth).status_code == 200
    page = server.get("/", headers=BROWSER).text
    assert f'<a href="/servers/{online.id}">{online.listing["display_name"]}</a>' in page
    assert silent.listing["display_name"] not in page


def test_a_match_appears_with_the_ratings_it_moved(server: Server) -> None:
    arena = a_game_server(server, is_online=True)
    winner, loser, commander = (a_verified_user(server) for _ in range(3))
    teams = [
        {"id": 0, "race": "human", "field_players": [{"user_id": winner.id}, {"user_id": -1}], "commander": 0},
        {"id": 1, "race": "beast", "field_players": [{"user_id": loser.id}], "commander": commander.id},
    ]
    answer = server.post("/v1/server/match-update", {"teams": teams, "winner": 0}, auth=arena.auth)
    assert answer.status_code == 200, answer.text
    # Both start at 800: the winner gains 32 and the loser loses 32.
    match = (
        f"Human won {winner.display_name} +32 1 guest "
        f"Beast lost {loser.display_name} −32 Commander: {commander.display_name}"
    )
    assert match in _text(server.get("/", headers=BROWSER).text)
    its_page = _text(server.get(f"/servers/{arena.id}", headers=BROWSER).text)
    assert match in its_page
    assert f"# Player Rating Matches 1 {winner.display_name} 832 1 2 {loser.display_name} 768 1" in its_page


def test_a_game_of_go_appears_with_its_players_result_and_the_ranks_it_moved(server: Server) -> None:
    club = a_go_server(server)
    # Now, for others' games are on the page as well, those played last first.
    game = a_reported_game(server, club, result="W+3.5", date_played=naive_iso(utc_now()))
    home, its_page = (server.get(path, headers=BROWSER).text for path in ("/", f"/servers/{club.id}"))
    black, white = rf"{club.black.name} \d+k −\d\.\d\d", rf"{club.white.name} \d+k \+\d\.\d\d"
    for page in (home, its_page):
        assert re.search(rf"19×19, W\+3\.5 .*? Black {black} White won {white}", _text(page))
        assert f'<a href="/api/v1/games/{game["id"]}/sgf" title="The record, as SGF">W+3.5</a>' in page
    assert f'<a href="/servers/{club.id}">{club.name}</a>, 19×19, ' in home


def test_a_game_of_go_without_a_winner_says_that_it_rates_nothing(server: Server) -> None:
    club = a_go_server(server)
    a_reported_game(server, club, result="Void")
    page = _text(server.get(f"/servers/{club.id}", headers=BROWSER).text)
    assert f"Black {club.black.name} White {club.white.name} Nobody won or drew it." in page


def _text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_game_server_has_a_page_with_its_state(server: Server) -> None:
    arena = a_game_server(server, is_online=True, description="Be kind & brave", game_type="RTSS")
    page = server.get(f"/servers/{arena.id}", headers=BROWSER)
    assert page.status_code == 200
    assert "Be kind &amp; brave" in page.text
    assert "online" in page.text
    assert "eden2" in page.text
    assert "203.0.113.20" in page.text


def test_this_platform_has_a_page_as_game_server_1(server: Server) -> None:
    page = server.get("/servers/1", headers=BROWSER)
    assert page.status_code == 200
    assert "this platform" in page.text


@pytest.mark.parametrize("server_id", ["0", "999999999", "99999999999999999999999", "-1", "arena", "1.5"])
def test_a_game_server_that_does_not_exist_has_no_page(server: Server, server_id: str) -> None:
    answer = server.get(f"/servers/{server_id}", headers=BROWSER)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_names_are_text_and_never_markup(server: Server) -> None:
    name = unique("<img src=x onerror=alert(1)> ")
    arena = a_game_server(server, is_online=True, display_name=name)
    for path in ("/", f"/servers/{arena.id}"):
        page = server.get(path, headers=BROWSER).text
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("path", ["/", "/servers/1", "/docs", "/nothing"])
def test_pages_are_whole_and_load_nothing_from_elsewhere(server: Server, path: str) -> None:
    answer = server.get(path, headers=BROWSER)
    page = _Page(answer.text)
    assert page.open == []
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    assert [address for address in page.addresses if not address.startswith(("/", "#"))] == []
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]

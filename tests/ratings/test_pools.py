"""The pools of the platform: which there are, which games each holds, and how they are rated."""

from pathlib import Path

import pytest

from tengen.core.values import ServerId
from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.pool_files import InvalidPools
from tengen.ratings.pools import STANDARD, PoolNotFound, Pools
from tengen.ratings.systems import Game
from tengen.ratings.team_elo import TeamElo
from tests.support.settings import some_settings

ROOT = Path(__file__).parents[2]
THREE = ServerId(3)
FILE = b"""
[go-small]
games = { sizes = [9, 13] }
system = "glicko2"

[go-fast]
games = { speeds = ["blitz"], servers = [3] }

[go.parameters]
noise = 1.2

[team.parameters]
step = 48
"""


def pool_of(pools: Pools, lines: int, *, server: int = 3, speed: SpeedClass | None = None) -> str:
    """The pool of a game."""
    return pools.of_game(server_id=ServerId(server), width=lines, height=lines, speed=speed).name


def test_without_a_file_there_are_go_and_the_team_matches_of_each_server() -> None:
    assert [pool.name for pool in STANDARD.of_go] == ["go"]
    assert pool_of(STANDARD, 9, speed=SpeedClass.BLITZ) == "go"
    assert STANDARD.named("team:3") == STANDARD.team(THREE)
    assert STANDARD.team(THREE).system == TeamElo()


def test_without_a_file_go_follows_size_and_speed_around_a_strength_that_learns_nearly_all_at_first() -> None:
    system = STANDARD.go.system
    assert system == Gaussian.suited(has_ranks=True, kinds=["size", "speed"])
    newcomer = system.prior()
    game = Game.between(newcomer, newcomer, day=0.0, conditions=["size:small", "speed:blitz"])
    after = system.update(game, (1.0, 0.0))[0][0].after
    learnt = [after.mean - newcomer.mean, *(offset.mean for offset in after.offsets.values())]
    assert learnt[0] / sum(learnt) == pytest.approx(0.997, abs=0.0005)
    assert list(after.offsets) == ["size:small", "speed:blitz"]


def test_a_game_belongs_to_the_first_pool_whose_games_it_is_among() -> None:
    pools = Pools.read(FILE)
    assert pool_of(pools, 9, speed=SpeedClass.BLITZ) == "go-small"
    assert pool_of(pools, 19, speed=SpeedClass.BLITZ) == "go-fast"
    assert pool_of(pools, 19, speed=SpeedClass.BLITZ, server=4) == "go"
    assert pool_of(pools, 19) == "go"


def test_each_pool_is_rated_as_the_file_says_and_the_rest_is_as_without_it() -> None:
    pools = Pools.read(FILE, team_rule="original")
    assert isinstance(pools.named("go-small").system, Glicko2)
    assert pools.named("go-fast").system == STANDARD.go.system
    assert isinstance(pools.go.system, Gaussian)
    assert pools.go.system == Gaussian(noise=1.2, conditions=pools.go.system.conditions)
    assert pools.team(THREE).system == TeamElo(step=48.0, rule="original")
    assert (pools.team(THREE).name, pools.team(THREE).system_name) == ("team:3", "team-elo")


def test_a_table_that_names_its_system_says_all_of_it() -> None:
    assert Pools.read(b"[go]\nsystem = 'gaussian'").go.system == Gaussian()
    assert Pools.read(b"[go]").go == STANDARD.go
    assert Pools.read(b"[go]\nconditions = ['size']").go.system == Gaussian.suited(has_ranks=True, kinds=["size"])
    assert Pools.read(b"[go]\nconditions = []").go.system == Gaussian()
    assert Pools.read(b"[go]\nsystem = 'elo'").go.system == Elo(has_ranks=True)


@pytest.mark.parametrize("name", ["chess", "go-large", "team", "team:", "team:x", "team:\u0663", "", "x" * 1_000])
def test_a_pool_that_there_is_not_is_refused_with_those_that_there_are(name: str) -> None:
    pools = Pools.read(FILE)
    assert not pools.knows(name)
    with pytest.raises(
        PoolNotFound, match="There are 'go', 'go-small', 'go-fast', and 'team:3' for the matches of server 3"
    ):
        pools.named(name)


def test_descriptions_are_the_same_when_games_are_rated_in_the_same_way() -> None:
    texts = [
        b"",
        b"[go]\nsystem = 'gaussian'\nconditions = ['size']",
        b"[go]\nsystem = 'gaussian'\nconditions = ['speed']",
        b"[go]\nsystem = 'gaussian'\nconditions = ['size']\n[go.parameters]\n'conditions.size.spread' = 0.3",
        b"[go.parameters]\nnoise = 1.1",
        b"[go]\nsystem = 'elo'",
        b"[go]\nsystem = 'glicko2'",
    ]
    found = [Pools.read(text).go.description for text in texts]
    assert len(set(found)) == len(found)
    assert found == [Pools.read(text + b"\n# the same\n").go.description for text in texts]
    assert Pools().team(THREE).description == Pools().team(ServerId(4)).description
    assert Pools().team(THREE).description != Pools("original").team(THREE).description


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[go]\nsystem = 'elo'\n[go.parameters]\nstep = 20.5\n",
        b"[go]\nsystem = 'glicko2'\n[go.parameters]\ntau = 0.3\n",
        b"[go]\nsystem = 'gaussian'\nconditions = ['speed']\n[go.parameters]\n'conditions.speed.spread' = 0.3\n",
    ],
)
def test_a_description_tells_how_games_were_rated(text: bytes) -> None:
    then, now = Pools.read(text + _SMALL), Pools.read(_SMALL)
    described = {pool.name: pool.description for pool in then.of_go}
    assert now.as_described(described) == then
    assert now.as_described({}) == now


_SMALL = b"[small]\nsystem = 'glicko2'\ngames = { sizes = [9] }\n"


@pytest.mark.parametrize(
    "description",
    [
        "gaussian: Gaussian()",
        "system = 'gone'",
        "system = 'elo'\n[parameters]\npatience = 'much'",
        "system = 'elo'\n[parameters]\nstep = -1.0",
        "system = 'elo'\n[parameters]\nfine = 1.0",
        "",
    ],
)
def test_a_pool_whose_description_says_nothing_is_what_it_is(description: str) -> None:
    assert STANDARD.go.as_described(description) == STANDARD.go


def test_a_change_of_which_games_are_held_is_none_of_how_they_are_rated() -> None:
    assert Pools.read(b"[a]\ngames = { sizes = [9] }").go == STANDARD.go
    one, other = (Pools.read(b"[a]\ngames = { sizes = [%d] }" % size).named("a") for size in (9, 13))
    assert one == other


# ── the file that the settings name ──


def test_the_usual_file_is_read_if_it_is_there(tmp_path: Path) -> None:
    settings = some_settings(tmp_path, team_rating_rule="original")
    assert Pools.of(settings) == Pools("original")
    (tmp_path / "pools.toml").write_bytes(FILE)
    assert Pools.of(settings) == Pools.read(FILE, team_rule="original")


def test_the_file_that_is_named_is_read_in_place_of_it(tmp_path: Path) -> None:
    (tmp_path / "pools.toml").write_text("no TOML")
    (tmp_path / "mine.toml").write_bytes(FILE)
    assert Pools.of(some_settings(tmp_path, pools_file=tmp_path / "mine.toml")) == Pools.read(FILE)


def test_a_file_that_is_changed_is_read_anew(tmp_path: Path) -> None:
    settings = some_settings(tmp_path, pools_file=tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_bytes(FILE)
    assert Pools.of(settings).knows("go-small")
    (tmp_path / "mine.toml").write_text("")
    assert not Pools.of(settings).knows("go-small")


def test_a_file_that_is_named_and_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPools, match=r"mine\.toml cannot be read: No such file or directory"):
        Pools.of(some_settings(tmp_path, pools_file=tmp_path / "mine.toml"))


def test_sentences_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "pools.toml").write_text("[go]\nsystem = 'x'")
    with pytest.raises(InvalidPools) as refusal:
        Pools.of(some_settings(tmp_path))
    assert f"The pool 'go' in {tmp_path / 'pools.toml'}" in refusal.value.message


def test_the_file_in_the_documentation_describes_pools() -> None:
    page = (ROOT / "docs/how-ratings-work.md").read_text(encoding="utf-8")
    text = page.partition("## Pools")[2].partition("```toml\n")[2].partition("```")[0]
    pools = Pools.read(text.encode())
    assert [pool.name for pool in pools.of_go] == ["go", "go-small", "go-club"]
    assert pools.team(THREE).system == TeamElo(step=48.0)

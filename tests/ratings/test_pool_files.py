"""The file that describes pools: what it can say, and a sentence for whatever it cannot."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tengen.core.values import ServerId
from tengen.ratings.go_conditions import SpeedClass
from tengen.ratings.model_files import Description
from tengen.ratings.pool_files import MAX_POOLS, MAX_SERVERS, InvalidPools, Selection, read_pools
from tengen.ratings.pools import Pools

BLITZ, LIVE, CORRESPONDENCE = SpeedClass


def refusal(text: str | bytes) -> str:
    """What is said of a file of this content."""
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(InvalidPools) as refused:
        Pools.read(content, file="pools.toml")
    assert (refused.value.code, refused.value.status) == ("invalid_pools", 422)
    return refused.value.message


def test_a_table_is_a_pool_and_their_order_is_kept() -> None:
    text = b"""
        [go-small]
        games = { sizes = [9, 13], speeds = ["blitz", "live"], servers = [3] }
        system = "glicko2"

        [go]
        conditions = ["size"]
        [go.parameters]
        "players.spread" = 4

        [team.parameters]
        step = 48
    """
    small, go, team = read_pools(text, file="pools.toml")
    assert (small.name, small.model, small.is_whole) == ("go-small", Description("glicko2", []), True)
    assert small.games == Selection(frozenset([9, 13]), frozenset([BLITZ, LIVE]), frozenset([ServerId(3)]))
    assert (go.name, go.games, go.is_whole) == ("go", None, False)
    assert (go.model.kinds, go.model.parameters) == (["size"], {"players.spread": 4.0})
    assert (team.name, team.games, team.model.parameters) == ("team", None, {"step": 48.0})


def test_an_empty_file_describes_none() -> None:
    assert read_pools(b"# nothing yet", file="pools.toml") == []


def test_what_tune_has_written_is_a_table() -> None:
    tuned = Description(
        "gaussian", ["size"], "best_of", {"players.spread": 4.1, "head_start.role": 0.2, "formats.5": 1.2}
    )
    lines = tuned.written().replace("[parameters]", "[go.parameters]")
    (go,) = read_pools(f"[go]\n{lines}".encode(), file="pools.toml")
    # What it says of the columns of results means nothing for games whose terms are known.
    assert go.model == Description("gaussian", ["size"], None, {"players.spread": 4.1})


@pytest.mark.parametrize(
    ("games", "held", "others"),
    [
        (Selection(sizes=frozenset([9])), [(3, 9, 9, None)], [(3, 9, 13, None), (3, 13, 13, None)]),
        (Selection(speeds=frozenset([BLITZ])), [(3, 19, 19, BLITZ)], [(3, 19, 19, LIVE), (3, 19, 19, None)]),
        (Selection(servers=frozenset([ServerId(3)])), [(3, 9, 9, None)], [(4, 9, 9, None)]),
        (
            Selection(frozenset([9]), frozenset([LIVE]), frozenset([ServerId(3)])),
            [(3, 9, 9, LIVE)],
            [(4, 9, 9, LIVE), (3, 13, 13, LIVE), (3, 9, 9, BLITZ)],
        ),
        (Selection(), [(3, 9, 13, None)], []),
    ],
)
def test_a_selection_holds_the_games_that_it_says(
    games: Selection,
    held: list[tuple[int, int, int, SpeedClass | None]],
    others: list[tuple[int, int, int, SpeedClass | None]],
) -> None:
    for server, width, height, speed in held:
        assert games.holds(ServerId(server), width, height, speed)
    for server, width, height, speed in others:
        assert not games.holds(ServerId(server), width, height, speed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff", "The file of pools pools.toml is no text in UTF-8"),
        ("[go", "is no TOML"),
        ("x = " + "[" * 9_000, "too much in it is within something else"),
        ("x = " + "1" * 9_000, "is no TOML"),
        ("x = 1", "says 'x' outside a table"),
        ("[Go]", "The pool 'Go' in pools.toml cannot have that name"),
        ("['team:3']", "cannot have that name"),
        (f"[{'x' * 33}]", "cannot have that name"),
        ("[go]\nsytem = 'elo'", "The pool 'go' in pools.toml says 'sytem', which means nothing here"),
        ("[go]\nsystem = 3", "does not say which rating system it is of"),
        ("[go]\nsystem = 'elos'", "no rating system 'elos'. There are: elo, gaussian, glicko2, and team-elo for team"),
        ("[go]\nsystem = 'team-elo'", "no rating system 'team-elo'"),
        ("[go]\nconditions = 'size'", "no list of columns"),
        ("[go]\nconditions = ['surface']", "the condition 'surface': of games of Go size and speed are known"),
        ("[go]\nconditions = ['size', 'size']", "names a condition more than once"),
        ("[go]\nsystem = 'elo'\nconditions = ['size']", "'elo', which follows no conditions: leave them out"),
        ("[go]\nparameters = 3", "that are no table"),
        ("[go.parameters]\nnois = 1", "There is no parameter 'nois'. There are: mean, players.spread"),
        ("[go.parameters]\nnoise = 'much'", "of 'noise' what is no number"),
        ("[go.parameters]\nnoise = nan", "of 'noise' what is no number"),
        ("[go.parameters]\nnoise = inf", "of 'noise' what is no number"),
        ("[go.parameters]\nnoise = 0", "Noise and spreads are positive"),
        ("[go.parameters]\nmean = 1500", "a newcomer's rank is 1500, and 30 is 1 dan"),
        ("[go.parameters]\n'players.spread' = 1e200", "nothing can be computed: one of them is far out"),
        ("[go]\ngames = { sizes = [9] }", "takes what no other pool takes"),
        ("[team]\nconditions = ['size']", "nothing is known of a team match"),
        ("[team]\nsystem = 'elo'", "rates games of one player against one"),
        ("[team.parameters]\nfloor = 0", "The start is at least the floor"),
        ("[team.parameters]\nstep = 801", "at most the start"),
        ("[a]", "must say which games of Go are its own, as games = { sizes = [9] }"),
        ("[a]\ngames = {}", "must say which games of Go are its own"),
        ("[a]\ngames = 'small'", "must say which games of Go are its own"),
        ("[a]\ngames = { size = [9] }", "by 'size', and they are told by sizes, speeds and servers"),
        ("[a]\ngames = { sizes = 9 }", "`sizes` that are lines of square boards, as [9, 13]; they are from 7 to 25"),
        ("[a]\ngames = { sizes = [] }", "`sizes` that are lines of square boards"),
        ("[a]\ngames = { sizes = [6] }", "from 7 to 25"),
        ("[a]\ngames = { sizes = [true] }", "from 7 to 25"),
        ("[a]\ngames = { speeds = 'blitz' }", "`speeds` as words, of blitz, live, correspondence"),
        ("[a]\ngames = { speeds = [] }", "`speeds` as words"),
        ("[a]\ngames = { speeds = ['rapid'] }", "the speed 'rapid'; there are blitz, live, correspondence"),
        ("[a]\ngames = { servers = [0] }", "`servers` that are ids of game servers"),
        ("[a]\ngames = { servers = ['KGS'] }", "`servers` that are ids of game servers"),
        (
            "[a]\ngames = { sizes = [9] }\n[b]\ngames = { sizes = [9], servers = [3] }",
            "'b' in pools.toml would have no",
        ),
        (f"[a]\ngames = {{ sizes = {list(range(7, 26))} }}", "No game would be left for the pool 'go'"),
        ("".join(f"[p{n}]\n" for n in range(MAX_POOLS + 1)), f"at most {MAX_POOLS} are kept"),
        (f"[a]\ngames = {{ servers = {list(range(1, MAX_SERVERS + 2))} }}", f"at most {MAX_SERVERS} are told"),
    ],
)
def test_what_describes_no_pool_is_refused_with_its_name_and_what_would_be_right(text: str | bytes, said: str) -> None:
    assert said in refusal(text)


def test_pools_may_share_games_as_long_as_each_has_its_own() -> None:
    small, fast = read_pools(
        b"[small]\ngames = { sizes = [9] }\n[fast]\ngames = { speeds = ['blitz'] }", file="pools.toml"
    )
    assert small.games
    assert fast.games
    assert small.games.holds(ServerId(3), 9, 9, BLITZ)
    assert fast.games.holds(ServerId(3), 9, 9, BLITZ)


tables = st.dictionaries(
    st.sampled_from(["go", "team", "a", "b", "Go", "team:3"]),
    st.fixed_dictionaries(
        {},
        optional={
            "games": st.sampled_from(["{ sizes = [9] }", "{ speeds = ['live'] }", "{ servers = [3, 3] }", "{}", "1"]),
            "system": st.sampled_from(["'gaussian'", "'elo'", "'glicko2'", "'team-elo'", "'x'", "1"]),
            "conditions": st.sampled_from(["[]", "['size']", "['speed', 'size']", "['x']", "1"]),
            "parameters": st.sampled_from(["noise", "step", "start", "tau", "mean", "x"]).flatmap(
                lambda name: st.floats().map(lambda number: f"{{ {name} = {number!r} }}")
            ),
        },
    ),
    max_size=4,
)


def written(found: dict[str, dict[str, str]]) -> bytes:
    """Tables as TOML."""
    return "".join(
        f"['{name}']\n" + "".join(f"{key} = {value}\n" for key, value in table.items()) for name, table in found.items()
    ).encode()


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | tables.map(written))
@example(b"[go]\n\x00")
@example(b"'\\ud800' = 1")
def test_any_bytes_describe_pools_or_are_refused_in_a_line(content: bytes) -> None:
    try:
        pools = Pools.read(content)
    except InvalidPools as refused:
        said = refused.message
    else:
        check(pools)
        return
    assert said.endswith(".")


def check(pools: Pools) -> None:
    """Every game has its pool, which can be asked for by its name, and has ranks."""
    for server, size, speed in product([3, 4], [9, 19], [BLITZ, None]):
        pool = pools.of_game(server_id=ServerId(server), width=size, height=size, speed=speed)
        assert pools.named(pool.name) == pool
        assert pool.system.rank(pool.system.prior()) is not None

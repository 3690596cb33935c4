"""Rating systems by name, those of other packages among them."""

from pathlib import Path

import pytest

from tengen.ratings.catalogue import Catalogued, SystemNotFound, SystemNotLoaded, system_named, systems
from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.parameters import parameters_of
from tengen.ratings.pool_files import InvalidPools
from tengen.ratings.pools import Pools
from tengen.ratings.prediction import Model, Predictor
from tengen.ratings.results import ResultsReader
from tests.ratings.results_texts import a_file

PLUGIN = Path("examples/rating_system")


def test_those_that_come_with_the_platform_are_found() -> None:
    assert [system_named(name) for name in ("elo", "gaussian", "glicko2")] == [Elo, Gaussian, Glicko2]


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SystemNotFound, match="There are: elo, gaussian, glicko2"):
        system_named("elos")


@pytest.mark.parametrize("name", systems().keys())
def test_each_can_be_tuned_by_parameters_that_it_has(name: str) -> None:
    for has_ranks in (True, False):
        system = systems()[name].suited(has_ranks=has_ranks, kinds=["surface"])
        assert isinstance(system, Catalogued)
        assert (system.rank(system.prior()) is not None) == has_ranks
        assert {knob.name for knob in system.knobs()} <= parameters_of(system).keys()


def test_one_whose_package_does_not_work_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    metadata = tmp_path / "broken-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tengen.rating_systems]\nbroken = nowhere:Broken\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SystemNotLoaded, match=r"'broken' cannot be loaded: No module named 'nowhere'\."):
        system_named("broken")
    with pytest.raises(
        InvalidPools, match=r"'go' in pools\.toml cannot be rated so\. The rating system 'broken' cannot"
    ):
        Pools.read(b"[go]\nsystem = 'broken'\n")


def test_another_package_adds_one_by_an_entry_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # What an installer would make of the example's pyproject.toml.
    (tmp_path / "streaks.py").write_text((PLUGIN / "streaks.py").read_text())
    metadata = tmp_path / "streaks-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: streaks\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tengen.rating_systems]\nstreaks = streaks:Streaks\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    system = system_named("streaks").suited(has_ranks=False, kinds=[])
    reader = ResultsReader(a_file([("a", "b", 1), ("a", "b", 1), ("a", "b", 1)]).splitlines())
    predictor = Predictor(Model(system), reader)
    (expected,) = [predictor.predict(piece).tolist() for piece in reader]
    assert expected[0] == 0.5
    assert expected[0] < expected[1] < expected[2]

"""Settings: where they come from, and which are refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tengen.core.settings import Settings
from tests.support.settings import some_settings


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tengen.toml").write_text('mail_from = "file@tengen.example"\nmax_batch_ids = 7\n')
    monkeypatch.setenv("TENGEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TENGEN_MAX_BATCH_IDS", "9")

    settings = Settings()

    assert (settings.mail_from, settings.max_batch_ids) == ("file@tengen.example", 9)


def test_a_file_elsewhere_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "club.toml").write_text('servers_per_account = 2\nDATABASE_URL = "postgresql://db/club"\n')
    monkeypatch.setenv("TENGEN_CONFIG", str(tmp_path / "club.toml"))

    settings = Settings(data_dir=tmp_path)

    assert settings.servers_per_account == 2
    assert not settings.is_sqlite


def test_without_a_url_the_database_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    assert settings.database == f"sqlite:///{tmp_path}/tengen.db"
    assert settings.is_sqlite


def test_pools_are_described_in_the_data_directory_or_where_it_is_said(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).pools_path is None
    (tmp_path / "pools.toml").touch()
    assert Settings(data_dir=tmp_path).pools_path == tmp_path / "pools.toml"
    elsewhere = tmp_path / "club.toml"
    assert Settings(data_dir=tmp_path, pools_file=elsewhere).pools_path == elsewhere


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgresql_url_gets_our_driver(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://mira:secret@db.example:5433/tengen")

    assert Settings().database == "postgresql+asyncpg://mira:secret@db.example:5433/tengen"


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    settings = some_settings(
        tmp_path,
        secret_key="0123456789abcdef",
        database_url="postgresql://mira:hush1@db/t",
        redis_url="redis://:hush2@cache",
        smtp_url="smtp://mira:hush3@mail",
    )

    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hush" not in text
        assert "0123456789abcdef" not in text


def test_the_public_address_has_no_slash_at_its_end() -> None:
    assert Settings(public_url="https://tengen.example/").public_url == "https://tengen.example"


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_key": "fifteen letters"},
        {"proof_lifetime_seconds": 0},
        {"database_pool_size": 0},
        {"log_level": "loud"},
        {"team_rating_rule": "mine"},
        {"max_body_bytes": "many"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_setting_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Settings(**wrong)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    "periods",
    [
        {"fresh": 30 * 86_400},
        {"lifetime": 604_800},
        {"refresh": 604_801},
        {"refresh": -1},
        {"grace": float("nan")},
        {"lifetime": float("inf")},
    ],
    ids=str,
)
def test_tokens_that_could_not_be_refreshed_in_time_are_refused(periods: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="tournament_token_"):
        Settings(**{f"tournament_token_{name}_seconds": value for name, value in periods.items()})  # type: ignore[arg-type]  # wrong on purpose

"""`tengen config`."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tengen.cli.config import effective, mask_url
from tengen.core.settings import Settings
from tests.cli.program import Program
from tests.support.server import Server


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("sqlite:////var/lib/tengen/tengen.db", "sqlite:////var/lib/tengen/tengen.db"),
        ("postgresql://tengen@db.example/tengen", "postgresql://tengen@db.example/tengen"),
        ("postgresql://tom:geheim@db.example:5432/x", "postgresql://tom:***@db.example:5432/x"),
        ("postgresql://tom:ge/h@im@db.example/x", "postgresql://tom:***@db.example/x"),
        ("postgresql://tom@/x?host=/run&sslpassword=geheim", "postgresql://tom@/x?host=/run&sslpassword=***"),
        ("redis://:geheim@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
        ("smtps://post%40x:geheim@mail.example", "smtps://post%40x:***@mail.example"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, masked: str) -> None:
    assert mask_url(url) == masked


def test_a_secret_that_looks_like_an_address_is_masked() -> None:
    assert effective(Settings(secret_key=SecretStr("geheim://geheimer-als-geheim")))["secret_key"] == "***"


def test_every_setting_is_shown() -> None:
    assert effective(Settings()).keys() == Settings.model_fields.keys()


def test_settings_are_shown_where_they_come_from_and_secrets_are_masked(tmp_path: Path) -> None:
    server = Server(tmp_path, secret_key="0123456789abcdef", redis_url="redis://:geheim@127.0.0.1/0")
    (tmp_path / "tengen.toml").write_text("max_batch_ids = 7\n")
    program = Program(server, as_json=True)
    shown = program.json("config")
    text = program.text("config")
    server.close()
    assert shown["secret_key"] == "***"
    assert shown["redis_url"] == "redis://:***@127.0.0.1/0"
    assert shown["database_url"] == f"sqlite:///{tmp_path / 'tengen.db'}"
    assert (shown["max_batch_ids"], shown["max_body_bytes"]) == (7, 1_048_576)
    assert "TENGEN_MAX_BATCH_IDS" in text
    assert "REDIS_URL" in text
    assert "0123456789abcdef" not in text

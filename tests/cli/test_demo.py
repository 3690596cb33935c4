"""`tengen demo`, and `tengen serve --demo`."""

import json
from pathlib import Path

import httpx
import jwt

from tests.cli.program import Program
from tests.cli.serving import serving
from tests.support.server import Server


def test_an_empty_platform_is_filled_once_and_the_credentials_are_told_again(new_program: Program) -> None:
    told = new_program.json("demo")
    assert new_program.json("demo") == told
    assert told["players"][0]["password"] in new_program.text("demo")
    listed = new_program.json("account", "list")
    assert {told["admin"]["email"], told["owner"]["email"]} < {account["email"] for account in listed}
    assert [account["roles"] for account in listed].count(["admin"]) == 1


def test_a_platform_that_is_in_use_is_not_filled(new_program: Program) -> None:
    mira = ("--email", "mira@tengen.example", "--display-name", "Mira", "--password", "correct horse", "--verified")
    new_program.do("account", "create", *mira)
    assert "has accounts already" in new_program.refusal("demo")
    assert len(new_program.json("account", "list")) == 1


def test_a_live_demonstration_needs_a_running_platform(new_program: Program) -> None:
    refusal = new_program.refusal("demo", "--live", "--url", "http://127.0.0.1:1")
    assert "must be running at http://127.0.0.1:1" in refusal


def test_whom_the_server_names_signs_in_and_plays_live(tmp_path: Path) -> None:
    server = Server(tmp_path)
    del server.settings["public_url"]
    with serving(server, "--demo") as (_, told):
        for person in (told["sample"]["admin"], told["sample"]["owner"], told["sample"]["players"][0]):
            login = httpx.post(
                f"{told['url']}/v1/user/login", auth=(person["email"], person["password"]), trust_env=False
            )
            assert login.status_code == 200
        issuer = jwt.decode(login.json()["signed_proof"], options={"verify_signature": False})["iss"]
        assert issuer == told["url"], "unless it is set, the address listened on is the public one"
        live = server.run("demo", "--live", "--seconds", "5", "--url", told["url"], "--json", check=False)
    server.close()
    assert live.returncode == 0, live.stderr
    assert json.loads(live.stdout) == {"url": told["url"], "seconds": 5}
    assert "Arena Kosumi" in live.stderr

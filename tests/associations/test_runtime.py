"""Which associations a platform knows, by its settings."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from tengen.associations.aga_service import AgaService
from tengen.associations.member_file import MemberFile
from tengen.associations.runtime import AssociationNotFound, Associations
from tests.support.settings import some_settings


def test_without_settings_no_association_is_known(tmp_path: Path) -> None:
    associations = Associations.of(some_settings(tmp_path, aga_api_key=""))
    assert associations.providers == {}
    with pytest.raises(AssociationNotFound, match=r"'aga' are not known here\. Associations known: none so far"):
        associations.provider("aga")


def test_the_aga_is_known_by_its_key_and_others_by_their_files(tmp_path: Path) -> None:
    associations = Associations.of(
        some_settings(tmp_path, aga_api_key="k", members_csv="EGF=/srv/egf, May.csv, ffg = /srv/a=b.csv ")
    )
    known = {name: provider.source for name, provider in associations.providers.items()}
    assert known == {"aga": "https://usgo.org/mm", "egf": "/srv/egf, May.csv", "ffg": "/srv/a=b.csv"}
    assert isinstance(associations.provider("aga"), AgaService)
    assert isinstance(associations.provider("ffg"), MemberFile)
    with pytest.raises(AssociationNotFound, match="Associations known: aga, egf, ffg"):
        associations.provider("bga")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"members_csv": "/srv/egf.csv"}, "it must be written as egf=/srv/egf.csv"),
        ({"members_csv": "egf="}, "it must be written as egf=/srv/egf.csv"),
        ({"members_csv": "e=/srv/egf.csv"}, "it must be written as egf=/srv/egf.csv"),
        ({"members_csv": "egf=/a.csv,EGF=/b.csv"}, "egf has two files"),
        ({"members_csv": "aga=/a.csv", "aga_api_key": "k"}, "aga has a key"),
        ({"aga_url": "http://usgo.org/mm"}, "it must begin with https://"),
        ({"aga_url": "http://127.0.0.1.example/"}, "it must begin with https://"),
        ({"aga_url": "usgo.org"}, "it must begin with https://"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        some_settings(tmp_path, **wrong)


@pytest.mark.parametrize("url", ["https://members.example/mm/", "http://127.0.0.1:8001/mm", "http://localhost"])
def test_a_key_goes_out_with_tls_or_not_at_all(tmp_path: Path, url: str) -> None:
    assert some_settings(tmp_path, aga_url=url).aga_url == url.rstrip("/")

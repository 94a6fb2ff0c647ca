"""An instance that ever stood under a trust policy is no specimen again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from mingma.app import Instance
from mingma.flows.receive_evidence import DemoSource
from mingma.issuer import IssuerOfSpecimen
from mingma.kernel.errors import Problem
from mingma.kernel.times import print_instant
from mingma.ledger.policy import PolicyUnreadable
from mingma.opening import open_instance
from mingma.settings import BadSetting, settings_of
from mingma.trust_policy import PolicyGone, PolicyMissing, PolicyUnfit
from tests.instances import Hands, sample
from tests.under_policy import FakeWitnesses, make_witnesses, settings_under, under_policy


@pytest.fixture
def witnesses(tmp_path: Path) -> FakeWitnesses:
    return make_witnesses(tmp_path, Hands())


def opened(folder: Path, witnesses: FakeWitnesses, **settings: Any) -> Instance:
    return open_instance(settings_under(folder, **settings), witness_client=witnesses)


def refused(folder: Path, witnesses: FakeWitnesses, **settings: Any) -> Problem:
    with pytest.raises(Problem) as refusal:
        opened(folder, witnesses, **settings)
    return refusal.value


def test_with_a_policy_it_is_no_specimen_and_its_certificate_names_the_organ(
    tmp_path: Path, witnesses: FakeWitnesses
) -> None:
    instance = opened(tmp_path, witnesses)
    assert not instance.context.specimen
    certificate = x509.load_der_x509_certificate(instance.signer.certificate)
    [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "command.henan.example/codes"
    instance.close()


def test_it_never_goes_back(tmp_path: Path, witnesses: FakeWitnesses) -> None:
    opened(tmp_path, witnesses, policy="").close()  # a specimen may go on being one
    for name in ("issuer.pem",):
        (tmp_path / "keys" / name).unlink()
    opened(tmp_path, witnesses).close()
    assert isinstance(refused(tmp_path, witnesses, policy=""), PolicyGone)
    opened(tmp_path, witnesses).close()


@pytest.mark.parametrize("remembers", ["cosigned", "policy"])
def test_a_lost_head_file_is_no_way_back(tmp_path: Path, remembers: str) -> None:
    """The database remembers by itself: a head that was cosigned, a policy that was published."""
    database = f"sqlite:///{tmp_path}/mingma.db"
    with under_policy(tmp_path, database) as scene:
        if remembers == "cosigned":
            scene.send(sample(), source="lab-1")
        else:
            scene.witnesses.sleep()
            scene.instance.keep_duties()
        found, clock = scene.witnesses, scene.clock
    with closing(sqlite3.connect(tmp_path / "mingma.db")) as link:
        other = {"cosigned": "policy", "policy": "cosigned"}[remembers]
        link.execute("DELETE FROM record WHERE kind = ?", [other])
        link.commit()
        left = link.execute("SELECT count(*) FROM record WHERE kind = ?", [remembers])
        assert left.fetchone()[0] > 0
    (tmp_path / "keys" / "head").unlink()
    settings = replace(settings_under(tmp_path, database, policy=""), clock=print_instant(clock()))
    with pytest.raises(PolicyGone):
        open_instance(settings, witness_client=found)


def test_another_policy_may_follow_that_names_this_log(
    tmp_path: Path, witnesses: FakeWitnesses
) -> None:
    opened(tmp_path, witnesses).close()
    text = (tmp_path / "policy").read_text()
    (tmp_path / "other").write_text(text.replace("group all 2", "group all 3"))
    opened(tmp_path, witnesses, policy="other").close()
    (tmp_path / "stranger").write_text(text.split("\n", 1)[1])
    found = refused(tmp_path, witnesses, policy="stranger")
    assert isinstance(found, PolicyUnfit)
    assert found.details == {"why": "log"}
    assert isinstance(refused(tmp_path, witnesses, policy=""), PolicyGone)


@pytest.mark.parametrize("group", ["quorum none", "group q any w0pq w1pq\nquorum q"])
def test_a_policy_must_ask_for_witnesses_whose_lines_receipts_carry(
    tmp_path: Path, witnesses: FakeWitnesses, group: str
) -> None:
    head = (tmp_path / "policy").read_text().split("group")[0]
    (tmp_path / "weak").write_text(f"{head}{group}\n")
    found = refused(tmp_path, witnesses, policy="weak")
    assert isinstance(found, PolicyUnfit)
    assert found.details == {"why": "quorum"}
    opened(tmp_path, witnesses, policy="").close()  # it was not remembered


def test_a_policy_that_cannot_be_read_is_named(tmp_path: Path, witnesses: FakeWitnesses) -> None:
    assert isinstance(refused(tmp_path, witnesses, policy="nowhere"), PolicyMissing)
    (tmp_path / "cut").write_text("log x")
    found = refused(tmp_path, witnesses, policy="cut")
    assert isinstance(found, PolicyUnreadable)
    assert str(tmp_path / "cut") in str(found.place)


def test_a_specimen_s_certificate_signs_nothing_under_a_policy(
    tmp_path: Path, witnesses: FakeWitnesses
) -> None:
    opened(tmp_path, witnesses, policy="").close()
    assert isinstance(refused(tmp_path, witnesses), IssuerOfSpecimen)


def test_development_sign_in_is_refused_under_a_policy() -> None:
    with pytest.raises(BadSetting, match="`sign_in`"):
        settings_of({"policy": "p", "sign_in": "development"})
    assert settings_of({"policy": "p"}).policy == "p"


def test_a_demo_s_source_is_refused_under_a_policy(tmp_path: Path) -> None:
    with under_policy(tmp_path) as scene:
        with pytest.raises(DemoSource):
            scene.send(sample(), source="demo")
        assert scene.send(sample(), source="lab-1").admitted == 1


def test_where_independence_is_asked_for_two_neighbours_are_no_quorum(
    tmp_path: Path, witnesses: FakeWitnesses
) -> None:
    found = refused(tmp_path, witnesses, hierarchies="independent")
    assert isinstance(found, PolicyUnfit)
    assert found.details == {"why": "independence"}
    opened(tmp_path, witnesses, policy="").close()  # it was not remembered
    with pytest.raises(BadSetting, match="`hierarchies`"):
        settings_of({"hierarchies": "some"})

"""A granted power covers its organ, what its post writes, and its days."""

from __future__ import annotations

from typing import Any

from mingma.flows.leaf_posts import LEAF_POSTS, WRITTEN_BY
from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.audit_grants import SEALED_LATER
from mingma.ledger.leaf import FIELDS, Kind
from tests.unit.ledger.written import GIVER, ORGAN, OTHER, U1, Made


def test_a_power_used_after_its_end_is_found(log: Made) -> None:
    grant = log.power()
    log.add(Kind.GRANT_END, answers=grant, grant=log.power("registrar"), officer=U1)
    assert log.findings() == []
    index = log.add(Kind.MARK_PROPOSE, rule="x", grant=grant, officer=U1)
    assert log.findings() == [Finding(index, Wrong.GRANT_ENDED, grant)]


def test_a_power_used_after_its_last_day_is_found(log: Made) -> None:
    grant = log.grant("investigator", days=1)
    said: dict[str, Any] = {"rule": "x", "grant": grant, "officer": U1}
    log.day += 1 + SEALED_LATER  # sealed past the midnight of its last day
    log.add(Kind.MARK_PROPOSE, **said)
    assert log.findings() == []
    log.day += 1
    over = log.add(Kind.MARK_PROPOSE, **said)
    assert log.findings() == [Finding(over, Wrong.GRANT_OVER, grant, "until 2022-06-15")]


def test_a_power_of_another_organ_is_found(log: Made) -> None:
    grant = log.power("investigator", OTHER)
    index = log.add(Kind.MARK_PROPOSE, rule="x", grant=grant, officer=U1)
    assert log.findings() == [Finding(index, Wrong.GRANT_OTHER_ORGAN, grant, OTHER)]


def test_a_power_of_a_post_that_has_no_such_act_is_found(log: Made) -> None:
    for post in ("checker", "viewer"):
        grant = log.power(post)
        index = log.add(Kind.MARK_PROPOSE, rule="x", grant=grant, officer=U1)
        assert log.findings()[-1] == Finding(index, Wrong.GRANT_OTHER_POST, grant, post)
    assert [one.word for one in log.findings()] == [Wrong.GRANT_OTHER_POST] * 2


def test_a_power_that_nobody_gave_is_found_once_a_leaf_has_rested_on_one(log: Made) -> None:
    for organ, by in ((ORGAN, OTHER), (OTHER, ORGAN), (GIVER, OTHER)):
        first = log.given("registrar", organ, by=by)  # a ceremony of three
    log.given("checker", OTHER, by=GIVER, grant=first)
    assert log.findings() == []
    late = log.given("registrar", ORGAN, by=OTHER)
    assert log.findings() == [Finding(late, Wrong.GRANT_WITHOUT_GIVER, None, "registrar")]


def test_a_ceremony_is_held_on_one_day_and_its_seal_may_wait_past_midnight(log: Made) -> None:
    log.given("registrar", OTHER, by=ORGAN)
    log.day += SEALED_LATER
    log.given("registrar", ORGAN, by=OTHER)
    assert log.findings() == []
    log.day += 1
    late = log.given("registrar", ORGAN, by=OTHER)
    assert log.findings() == [Finding(late, Wrong.GRANT_WITHOUT_GIVER, None, "registrar")]


def test_a_ceremony_makes_registrars_and_nobody_else(log: Made) -> None:
    index = log.given("checker", ORGAN, by=OTHER)
    assert log.findings() == [Finding(index, Wrong.GRANT_WITHOUT_GIVER, None, "checker")]


def test_of_every_kind_that_names_a_power_it_is_known_whose_posts_write_it() -> None:
    naming = {kind for kind, (_, may) in FIELDS.items() if "g" in may}
    nobodys = {Kind.ATTEMPT, Kind.ERASE_BATCH}  # anybody's, when refused; and no officer's
    assert set(WRITTEN_BY) == naming - nobodys
    assert all(LEAF_POSTS.values())


def test_a_key_that_one_operator_replaced_alone_is_found_once_powers_are_given(log: Made) -> None:
    said: dict[str, Any] = {"digest": b"h" * 32}
    for what in ("issuer", "source"):
        log.add(Kind.KEY_ROTATE, what=what, **said)  # nobody is in office yet
    grant = log.power("executor")
    log.add(Kind.KEY_ROTATE, what="witness", grant=grant, officer=U1, **said)
    log.add(Kind.KEY_ROTATE, what="source", **said)
    assert log.findings() == []
    alone = log.add(Kind.KEY_ROTATE, what="witness", **said)
    assert log.findings() == [Finding(alone, Wrong.KEY_ALONE, what="witness")]
    end = log.add(Kind.KEY_ROTATE, what="log", origin="ledger.x.example/2027", **said)
    assert log.findings()[1:] == [Finding(end, Wrong.KEY_ALONE, what="log")]


def test_a_passkey_that_rests_on_no_power_is_found_once_the_ceremony_is_over(log: Made) -> None:
    said: dict[str, Any] = {"what": "passkey", "digest": b"h" * 32}
    log.add(Kind.KEY_ROTATE, **said)  # a seal puts it before or after the grants
    first = log.given("registrar", ORGAN, by=OTHER)
    log.add(Kind.KEY_ROTATE, **said)
    log.given("registrar", OTHER, by=ORGAN)
    log.day += SEALED_LATER
    log.add(Kind.KEY_ROTATE, **said)
    log.add(Kind.KEY_ROTATE, grant=first, officer=U1, **said)
    assert log.findings() == []
    alone = log.add(Kind.KEY_ROTATE, **said)
    assert log.findings() == [Finding(alone, Wrong.KEY_ALONE, what="passkey")]


def test_a_passkey_that_rests_on_no_power_is_found_on_the_second_day(log: Made) -> None:
    log.given("registrar", ORGAN, by=OTHER)
    log.day += 1 + SEALED_LATER
    alone = log.add(Kind.KEY_ROTATE, what="passkey", digest=b"h" * 32)
    assert log.findings() == [Finding(alone, Wrong.KEY_ALONE, what="passkey")]

"""Codes, venues and gates: what citizens and gate staff may try.

Z2, Z6, Z38, Z39, Z41, Z92, Z94.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import cbor2
import pytest

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.codes import base45
from mingma.codes.outcome import Checked
from mingma.codes.trust import Trust
from mingma.ledger.leaf import Kind
from mingma.records import Record
from mingma.rules.guard import RuleRefused
from mingma.settings import BadSetting, Settings, read_settings
from mingma.web.pages.gate import _check as gate_check
from tests.abuse.case import Cases, answers, held_and_broken, replaced
from tests.abuse.scene import MAKER, Scene, leaves
from tests.instances import Stage, at, contact, sample
from tests.unit.rules.tiny import pack
from tests.web.site import TOKEN

CASES = Cases()


def scan(id: str, grade: str, region: str, hours: float, subject: str = "p-ann") -> dict[str, Any]:
    """A scan of a venue's code, recorded somewhere."""
    return {
        "id": id, "kind": "check_in", "subject": subject, "at": at(hours), "region": region,
        "data": {"venue": "zz-bank", "grade": grade},
    }  # fmt: skip


UNGUARDED = answers("mingma.rules.guard._refusals", ())
RED_FOR_A_SCAN = "when: {kind: check_in}\nphases:\n  - {colour: red, days: [0, 7]}\n"


@CASES.case("Z2", "Z6", "Z41", breaks=UNGUARDED)
def no_rule_can_colour_for_a_scan_of_any_grade(scene: Scene) -> None:
    for grade in ("", ", grade: A", ", grade: D"):
        body = RED_FOR_A_SCAN.replace("check_in}", f"check_in{grade}}}")
        with pytest.raises(RuleRefused):
            pack(body)


@CASES.case("Z2", "Z6", "Z41", breaks=UNGUARDED)
def a_photo_of_a_venue_code_scanned_anywhere_changes_nothing(scene: Scene) -> None:
    made = scene.specimen()
    put_in_force(made)
    client = scene.client(made)
    made.send(sample("t", result="negative"))
    scans = [
        scan(f"s{n}", grade, region, hours)
        for n, (grade, region, hours) in enumerate(
            (("D", "440100", -0.02), ("D", "310000", -24), ("D", "110100", -1), ("A", "410100", -1))
        )
    ]
    many = [scan(f"c{n}", "D", "410100", -1, f"p-card-{n}") for n in range(100)]
    answer = client.send_records(*scans, *many)
    assert answer["refused"] == 0  # kept, for the person to see
    assert made.colour("p-ann") == "green"
    assert {made.colour(f"p-card-{n}") for n in range(100)} == {"green"}


def put_in_force(made: Stage) -> None:
    """A pack that colours for a scan beside the others, if the loader takes it."""
    with suppress(RuleRefused):
        packs = (*made.instance.context.packs, pack(RED_FOR_A_SCAN))
        made.instance.context = replace(made.instance.context, packs=packs)


# -- Z39: screenshots and forged codes


def checked(scene: Scene, made: Stage, text: str | None) -> dict[str, Any]:
    said = {"text": text, "specimen": True}
    found: dict[str, Any] = scene.client(made).http.post("/v1/token/check", json=said).json()
    return found


@CASES.case("Z39", breaks=answers("mingma.codes.check._judge_times", None))
def an_old_screenshot_is_no_code(scene: Scene) -> None:
    made = scene.specimen()
    made.send(sample(result="negative"))
    shown = made.instance.show("p-ann", "en")
    assert checked(scene, made, shown.token)["result"] == "OK"
    assert shown.token_ends is not None
    made.clock.now = shown.token_ends
    late = checked(scene, made, shown.token)
    assert (late["result"], late["colour"]) == ("EXPIRED", None)


def any_signature(key: object) -> Callable[[bytes, bytes], bool]:
    return lambda *_: True


@CASES.case("Z39", breaks=replaced("mingma.codes.trust.verifier", any_signature))
def a_forged_code_shows_no_colour(scene: Scene) -> None:
    made = scene.specimen()
    made.send(sample(result="negative"), contact("c2", "p-bob"))
    green, red = (made.instance.show(ref, "en").token for ref in ("p-ann", "p-bob"))
    assert green is not None
    assert red is not None
    made.instance.trust = Trust([made.instance.signer.certificate])
    found = checked(scene, made, under_another_signature(green, red))
    assert (found["result"], found["colour"]) == ("BAD_SIGNATURE", None)


def under_another_signature(token: str, other: str) -> str:
    """The payload of one token under the signature of another."""
    first, second = (
        cbor2.loads(zlib.decompress(base45.decode(text.removeprefix("HC1:"))))
        for text in (token, other)
    )
    mixed = cbor2.CBORTag(18, [*first.value[:3], second.value[3]])
    return "HC1:" + base45.encode(zlib.compress(cbor2.dumps(mixed)))


# -- Z41: entered as present by somebody else


@CASES.case("Z41", breaks=replaced("mingma.rules.met.PROVEN", frozenset("ABCD")))
def a_hundred_unproven_check_ins_are_no_ground_of_a_finding(scene: Scene) -> None:
    here = scene.office()
    here.posts.open_case()
    people = [f"p-{n}" for n in range(100)]
    for grade in ("C", "D"):
        cited = here.posts.visits(*people, grade=grade)
        here.stage.clock.forward(1)
        body = here.posts.contacts(people, cited)
        assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) == {"F09-ground"}


@CASES.case("Z41", breaks=answers("mingma.flows.grounds._dead", value=False))
def what_she_says_was_not_she_is_no_ground(scene: Scene) -> None:
    here = scene.office(sign_in="development")
    here.posts.open_case()
    here.stage.send(sample("t1", "p-bob", result="negative"))
    (cited,) = here.posts.visits("p-ann")
    here.stage.clock.forward(1)
    client = scene.fresh_client(here.stage)
    client.sign_in("p-bob")
    assert client.http.post("/v1/me/check-ins", json={"of": cited}).status_code in (404, 409)
    client.sign_in("p-ann")
    (seen,) = client.http.get("/v1/me/check-ins").json()
    assert (seen["id"], seen["venue"], seen["disputed"]) == (cited, "v1", False)
    assert client.http.post("/v1/me/check-ins", json={"of": cited}).status_code == 201
    assert client.http.get("/v1/me/check-ins").json()[0]["disputed"] is True
    here.stage.clock.forward(1)
    body = here.posts.contacts(["p-ann"], [cited])
    assert here.refused(MAKER, Act.PROPOSE_CONTACTS, body) == {"F09-ground"}


# -- Z38, Z94: whose session, and with which credentials


PAPER = {"type": "resident_id", "number": "410103199003071237"}
DEVELOPED = replaced("tests.abuse.test_gates.SIGN_IN", "development")
SIGN_IN = Settings().sign_in  # as it ships


@CASES.case("Z38", "Z94", breaks=DEVELOPED)
def a_number_or_a_default_name_opens_no_session(scene: Scene) -> None:
    made = scene.specimen(sign_in=SIGN_IN)
    named = {key: value for key, value in contact().items() if key != "subject"}
    made.send({**named, "identity": PAPER})
    client = scene.fresh_client(made)
    for said in ({"subject": made.instance.identify(PAPER)}, {"subject": "admin"}):
        response = client.http.post("/v1/session/development", json=said)
        assert response.status_code == 404, response.text
        assert client.get("/v1/me/code").status_code == 401


@CASES.case("Z38", breaks=answers("mingma.app.person_ref", "p-somebody"))
def two_papers_are_two_people_and_one_paper_is_one(scene: Scene) -> None:
    made = scene.specimen()
    named = {key: value for key, value in contact().items() if key != "subject"}
    other = {"type": "resident_id", "number": "410103198001010014"}
    made.send({**named, "identity": PAPER}, {**named, "id": "c2", "identity": PAPER})
    made.send({**named, "id": "c3", "identity": other})
    assert len(leaves(made, Kind.ENROL)) == 2
    assert made.instance.identify(PAPER) != made.instance.identify(other)


@CASES.case("Z94", breaks=answers("mingma.settings.settings_of", Settings()))
def a_real_instance_has_no_development_sign_in(scene: Scene) -> None:
    with pytest.raises(BadSetting, match="trust policy"):
        read_settings({"MINGMA_POLICY": "policy.txt", "MINGMA_SIGN_IN": "development"})


# -- Z92: what a gate keeps


def remembers(instance: Instance, text: str, *more: Any) -> Checked:
    """A gate that keeps a list of whom it saw."""
    with instance.store.write() as unit:
        if unit.last_record("seen", "") is None:
            unit.add_record(Record("seen", "1", instance.clock(), b"{}"))
    return gate_check(instance, text, *more)


@CASES.case("Z92", breaks=replaced("mingma.web.pages.gate._check", remembers))
def a_gate_keeps_nothing_of_what_it_checked(scene: Scene) -> None:
    made = scene.in_file()
    made.send(contact())
    token = made.instance.show("p-ann", "en").token
    client = scene.client(made)
    found = TOKEN.search(client.get("/gate").text)
    assert found is not None
    form = {"text": token, "form_token": found[1]}
    before = scene.dump()
    for _ in range(20):
        assert client.http.post("/gate", data=form).status_code == 200
        assert client.http.post("/v1/token/check", json={"text": token}).status_code == 200
    assert scene.dump() == before


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)

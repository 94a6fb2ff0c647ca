"""Zhengzhou, June 2022, over HTTP: 1,317 people on a list, and everything that was done to them.

Controls broken to see these fail: the ground (SUFFICES of tests/abuse), the shield, the place
policy, and the leaf of a code that is not issued.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.demo.authenticator import SoftwarePasskey
from mingma.demo.story import NoSuchStory, play
from mingma.demo.telling import Telling
from mingma.engines.passkeys import WebAuthnPasskeys
from mingma.kernel.errors import Problem
from mingma.kernel.times import HOUR, parse_instant
from mingma.kernel.words import Colour
from mingma.ledger.leaf import Kind
from mingma.records import Passkey
from tests.abuse.scene import MAKER, Office, leaves, listed, slug
from tests.cli.files import Run
from tests.instances import NOW, at, sample
from tests.stories.conftest import Offices

WHY = "核对了本人行程与购票记录,当日不在该场所,依据不成立"
PHOTO = 446  # from here on a photo was scanned, elsewhere


DEPOSITORS = [f"p-{n:04}" for n in range(1317)]


@pytest.fixture
def here(office: Offices) -> Office:
    return office()


def depositors(here: Office, many: int = 1317) -> list[str]:
    """People who are enrolled and green, each with a clean test."""
    some = DEPOSITORS[:many]
    here.stage.send(*(sample(f"t{ref}", ref, result="negative") for ref in some))
    return some


def all_of(here: Office, refs: list[str]) -> Counter[str]:
    """How many of them show which colour, by the decision in force."""
    with here.stage.instance.store.read() as unit:
        found = unit.decisions_in_force(refs)
    return Counter(one.colour_at(here.stage.clock()).value for one in found.values())


def scanned(here: Office) -> list[str]:
    """The 1,317, each with a clean test and a scan: of a code in the city, or of a photo."""
    some = depositors(here)
    scans = [
        {"id": f"s{ref}", "kind": "check_in", "subject": ref, "at": at(-5),
         "data": {"venue": "bank", "grade": "B" if n < PHOTO else "D"}}
        for n, ref in enumerate(some)
    ]  # fmt: skip
    assert here.stage.send(*scans).admitted == 1317
    return some


def sealed(here: Office) -> int:
    with here.stage.instance.store.read() as unit:
        return unit.head()[0]


def test_1317_are_tried_by_everybody_and_nobody_changes_colour(here: Office) -> None:
    some = scanned(here)
    assert all_of(here, some) == {"green": 1317}  # presence gives no colour (P13)
    here.posts.open_case()
    here.stage.clock.forward(60)
    begun, decided = here.stage.clock(), len(leaves(here.stage, Kind.DECISION))
    tries: list[tuple[str, Act, str]] = [
        ("zz-social-liaison", Act.IMPORT_IDENTITY_LIST, ""),
        ("zz-social-liaison", Act.PROPOSE_MARK, ""),
        (MAKER, Act.PROPOSE_CONTACTS, ""),  # no evidence
        (MAKER, Act.PROPOSE_CONTACTS, "demo/of-nobody"),  # made up
        (MAKER, Act.PROPOSE_CONTACTS, "demo/tp-0000"),  # of somebody else
        (MAKER, Act.PROPOSE_CONTACTS, "demo/sp-0000"),  # a scan
        ("ha-supplier-liaison", Act.SET_COLOUR, ""),
        ("zz-data-executor", Act.RUN_SQL, ""),
        ("zz-data-executor", Act.PROPOSE_CONTACTS, ""),
    ]
    for officer, act, evidence in tries:
        before = sealed(here)
        assert here.refused(officer, act, listed(*some, evidence=evidence))
        newest = here.attempts()[-1]
        assert (newest["leaf_index"], newest["size"]) == (before, "1000+")  # within one seal
        here.stage.clock.forward(60)
    assert len(leaves(here.stage, Kind.ATTEMPT)) == len(tries)
    assert all_of(here, some) == {"green": 1317}
    assert len(leaves(here.stage, Kind.DECISION)) == decided  # nobody was even decided on

    here.stage.instance.keep_duties()
    raised = here.client.get("/v1/public/alarms").json()["alarms"]
    assert {"zz-social", "zz-cdc", "zz-data", "ha-supplier"} <= {one["about"] for one in raised}
    assert max(parse_instant(one["noticed"]) for one in raised) - begun <= HOUR
    assert "p-0" not in json.dumps([raised, here.attempts()])


def test_what_a_depositor_sees(here: Office) -> None:
    scanned(here)
    here.refused("zz-social-liaison", Act.PROPOSE_MARK, listed(*DEPOSITORS))
    for ref in (DEPOSITORS[0], DEPOSITORS[-1]):
        here.client.sign_in(ref)
        code = here.client.get("/v1/me/code?lang=zh").json()
        assert (code["colour"], code["reasons"]) == ("green", [])
        looks = here.client.get("/v1/me/looks").json()
        assert (looks["total"], len(looks["days"])) == (0, 1)
        assert here.client.get("/v1/me/advice").json() == []


def test_family_children_and_home_owners_refuse_the_batch_they_are_put_into(here: Office) -> None:
    some = depositors(here, 8)
    body = here.contacts("p-with-evidence")
    cited = body["rows"][0]["evidence"][0]
    for group in (some[:1], some[1:3], some[3:]):  # the spouse; two children; owners of homes
        rows = [*body["rows"], *listed(*group, evidence=cited)["rows"]]
        response = here.send(MAKER, Act.PROPOSE_CONTACTS, {**body, "rows": rows})
        assert slug(response) == "proposal.without_ground"
        assert response.json()["title"].startswith(
            "rows " + ", ".join(str(n) for n in range(2, len(group) + 2)) + " have"
        )
    assert all_of(here, [*some, "p-with-evidence"]) == {"green": 9}


def test_the_litigant_is_never_refused_at_the_court_s_door(here: Office) -> None:
    here.mark("p-litigant")
    here.client.sign_in("p-litigant")
    code = here.client.get("/v1/me/code").json()
    assert code["colour"] == "red"  # even then
    said: dict[str, Any] = {"text": code["token"] or "", "specimen": True}
    for place in ("court", "petition", "bank_counter", "hospital"):
        gate = here.client.http.post("/v1/gate/check", json={"place": place, **said}).json()
        assert (gate["check_required"], gate["colour"]) == (False, None), place
    asked = here.client.http.post("/v1/gate/check", json={"place": "railway_station", **said})
    assert asked.json()["check_required"]  # the door makes the difference


def test_who_won_is_not_red_again_an_hour_later(here: Office) -> None:
    body = here.contacts("p-ann")  # evidence that looks true
    made = here.done(MAKER, Act.PROPOSE_CONTACTS, body)["proposal"]
    here.done(here.drawn(made), Act.APPROVE, here.approval(made))
    assert here.stage.colour("p-ann") == "red"
    here.stage.clock.forward(HOUR)
    here.client.sign_in("p-ann")
    [filed] = here.client.http.post("/v1/me/appeals", json={}).json()["appeals"]
    here.done("zz-hc-appeal_officer", Act.ANSWER_APPEAL, {
        "subject": "p-ann", "appeal": filed["number"], "outcome": "upheld",
        "reason": "evidence_wrong", "text": WHY,
    })  # fmt: skip
    assert here.stage.colour("p-ann") == "green"
    here.stage.clock.forward(HOUR)
    copied = here.posts.visits("p-ann", hours=-32)  # the same visit under another id
    here.stage.clock.forward(60)
    for evidence in (body["rows"][0]["evidence"], copied):
        rows = [{**body["rows"][0], "evidence": evidence}]
        assert here.refused(MAKER, Act.PROPOSE_CONTACTS, {**body, "rows": rows}) == {"F11-shield"}
    assert here.stage.colour("p-ann") == "green"


def test_codes_not_renewed_for_1317_are_1317_public_leaves_in_one_seal(here: Office) -> None:
    """Nobody can refuse it to a list; ending the emergency ends it for all, in public (P16)."""
    some = depositors(here)
    before = sealed(here)
    emergency = f"e-{NOW}"
    here.done("ha-hq-commander", Act.END_EMERGENCY, {"emergency": emergency})
    falls = leaves(here.stage, Kind.FALL)  # sealed leaves only: nothing was asked for in between
    assert len(falls) == 1317
    assert {one.after for one in falls} == {Colour.UNKNOWN.value}
    assert sealed(here) >= before + 1317
    assert all_of(here, some) == {"unknown": 1317}  # neither red nor yellow
    here.client.sign_in(some[0])
    shown = here.client.http.post("/v1/me/code").json()  # she asks anew: it says the same
    assert (shown["colour"], shown["token"]) == ("unknown", None)
    assert shown["leaf_index"] is not None
    assert shown["decided_by"]["outcome"] == "not_issued"


# -- the story on the terminal


def test_the_story_holds_and_is_told_step_by_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = Telling("zh")
    play("zhengzhou", tmp_path, told)
    said = capsys.readouterr().out
    assert told.holds, [line for one in told.steps for line in one["lines"] if not_held(line)]
    assert "软件密钥" in said
    assert "software" not in said
    assert len(told.steps) == 15
    assert told.table == {
        "colours_changed_by_the_list": 0, "attempts_public": 17, "alarm_after_minutes": 18,
        "framed_by_three": 3, "framed_minutes": 60,
    }  # fmt: skip
    assert json.loads(told.as_json("zhengzhou"))["holds"] is True


@pytest.mark.parametrize(
    ("control", "broken", "step"),
    [
        ("mingma.flows.propose_act.shielded", lambda *_: False, "一小时后又来一次"),
        ("mingma.flows.oversee.tails.attempts", lambda *_: iter(()), "每次未遂都已公开"),
        ("mingma.flows.approve_act.is_drawn", lambda *_: True, "三处同时串通"),
    ],
)
def test_the_story_says_so_where_a_control_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control: str, broken: object, step: str
) -> None:
    monkeypatch.setattr(control, broken)
    told = Telling(aloud=False)
    with suppress(Problem):  # a control that is gone can also bring the play itself to a halt
        play("zhengzhou", tmp_path, told)
    assert not told.holds
    failing = [one["zh"] for one in told.steps if any(not_held(line) for line in one["lines"])]
    assert failing[0].startswith(step)


def not_held(line: dict[str, Any]) -> bool:
    return line["holds"] is False


def test_a_fact_that_does_not_hold_is_marked_and_spoils_the_story(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = Telling("both")
    told.step("一", "one")
    assert not told.holds  # nothing was measured
    told.fact(True, "甲", "a")
    assert told.holds
    told.fact(False, "乙", "b")
    assert not told.holds
    assert "✘ 乙\n" in capsys.readouterr().out


def test_the_command_refuses_a_story_it_does_not_know(run: Run, tmp_path: Path) -> None:
    with pytest.raises(NoSuchStory):
        play("shanghai", tmp_path, Telling(aloud=False))
    done = run("demo", "--story", "shanghai")
    assert (done.status, done.out) == (2, "")
    assert "demo.no_such_story" in done.err


def test_a_software_passkey_signs_as_a_browser_s_does() -> None:
    key = SoftwarePasskey("specimen.example", "https://specimen.example")
    from webauthn.helpers import base64url_to_bytes as plain

    registered = key.as_registered()
    passkey = Passkey(plain(registered["credential"]), plain(registered["key"]))
    door = WebAuthnPasskeys(key.rp_id, key.origin)
    assert door.verify(key.sign(b"c" * 32), passkey, b"c" * 32).hardware
    assert door.verify(key.sign(b"d" * 32), passkey, b"d" * 32).count == 2

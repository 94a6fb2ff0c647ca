"""Grounds: each person's own, met by the case, of the region; a case on a laboratory's positive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.organs import Level, Organ, OrganKind
from mingma.authority.posts import Post
from mingma.authority.refusal import NotAllowed
from mingma.flows.draft_rows import WithoutGround
from mingma.flows.offices import organ_record
from mingma.flows.open_case import CaseExists, case_of
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.leaf import Kind, parse
from tests.instances import LAB, sample
from tests.posts import Posts, posts

INVESTIGATOR = "zz-cdc-investigator"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


def record(here: Posts, kind: str, id: str, subject: str = "p-ann", **more: Any) -> str:
    """A record of somebody's own thirty hours ago; returns its id in the store."""
    at = print_instant(Instant(here.stage.clock() - 30 * HOUR))
    source = more.pop("source", "demo")
    envelope = {name: more.pop(name) for name in ("region", "place", "until") if name in more}
    one = {"id": id, "kind": kind, "subject": subject, "at": at, **envelope, "data": more}
    assert here.stage.send(one, source=source).refused == 0
    return f"{source}/{id}"


def propose(here: Posts, *evidence: str, subject: str = "p-ann", **other: Any) -> str:
    """Why the proposal of one close contact is refused; "" where it is taken."""
    here.open_case()
    body = here.contacts([subject], ["-"])
    body["rows"][0]["evidence"] = list(evidence)
    body["rows"][0]["data"]["relation"] = other.pop("relation", "close")
    here.stage.clock.forward(1)
    try:
        here.act(other.pop("officer", INVESTIGATOR), Act.PROPOSE_CONTACTS, body | other)
    except WithoutGround as refusal:
        return str(refusal.details["why"])
    return ""


# -- what a contact's finding may rest on


def test_a_proven_presence_beside_the_case_s_is_ground(here: Posts) -> None:
    assert propose(here, *here.visits("p-ann")) == ""


OWN: Mapping[str, tuple[str, dict[str, Any]]] = {
    "a scan of a photo": ("check_in", {"venue": "v1", "grade": "D", "region": "410100"}),
    "a scan nobody proved": ("check_in", {"venue": "v1", "grade": "C", "region": "410100"}),
    "a presence elsewhere": ("check_in", {"venue": "bank", "grade": "A", "region": "410100"}),
    "a journey": ("trip", {"mode": "rail", "number": "G1", "from": "510100", "to": "410100"}),
    "a home": ("area_stay", {"region": "410103", "place": "某社区"}),
    "a dose": ("vaccination", {"dose": 1, "product": "x", "region": "410100"}),
    "a clean test": (
        "test", {"assay": "pcr", "result": "negative", "reported_at": "2022-06-14T01:00:00+08:00"},
    ),
    "a telecom match": ("companion_match", {"overlap_minutes": 40, "cell": "c"}),
    "an interview about another case": (
        "interview", {"index": "case-9", "setting": "household", "by": "phone"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OWN)
def test_what_did_not_meet_the_case_is_no_ground(here: Posts, what: str) -> None:
    kind, said = OWN[what]
    assert propose(here, record(here, kind, "e1", **said)) == "kind"
    assert len(here.attempts()) == 1


def test_a_journey_or_a_home_shared_with_the_case_is_ground(here: Posts) -> None:
    shared: dict[str, Any] = {"mode": "rail", "number": "G1", "from": "510100", "to": "410100"}
    home: dict[str, Any] = {"region": "410103", "place": "某社区一号楼"}
    for kind, said in (("trip", shared), ("area_stay", home)):
        record(here, kind, f"of-case-{kind}", "p-of-case-7", **said)
        assert propose(here, record(here, kind, f"own-{kind}", **said)) == ""


def test_one_interview_alone_gives_yellow_at_most(here: Posts) -> None:
    said = {"index": "case-7", "setting": "household", "by": "phone", "region": "410100"}
    words = record(here, "interview", "i1", **said)
    assert propose(here, words) == "uncorroborated"
    assert propose(here, words, relation="companion", rule="HA-Y1") == ""
    again = record(here, "interview", "i2", source="lab-1", **said)  # another organ's
    assert propose(here, words, again) == ""


def test_evidence_comes_before_the_proposal_and_is_the_person_s_own(here: Posts) -> None:
    [visit] = here.visits("p-bob")
    assert propose(here, visit) == "not_hers"
    assert propose(here, "demo/not-yet") == "not_hers"
    assert propose(here) == "none"


def test_a_contact_is_of_a_case_on_record_and_not_its_own(here: Posts) -> None:
    [visit] = here.visits("p-ann")
    body = here.contacts(["p-ann"], [visit])
    here.stage.clock.forward(1)
    for wrong in ({"case": "case-8"}, {"case": "case-9"}):
        with pytest.raises(WithoutGround, match="case"):
            here.act(INVESTIGATOR, Act.PROPOSE_CONTACTS, body | wrong)
    del body["case"]
    with pytest.raises(WithoutGround, match="case"):
        here.act(INVESTIGATOR, Act.PROPOSE_CONTACTS, body)
    assert propose(here, *here.visits("p-of-case-7"), subject="p-of-case-7") == "case"


def test_an_organ_without_nexus_is_refused(here: Posts) -> None:
    """A case of another city; the person lives there too, and was never in the organ's."""
    here.open_case()
    here.cases.add("case-k")
    evidence = positive(here, "tk", "p-pat", "410202")
    body = {"case": "case-k", "subject": "p-pat", "evidence": evidence, "region": "410200"}
    here.give("ha-cdc-investigator-9", "ha-cdc", Post.INVESTIGATOR)
    here.act("ha-cdc-investigator-9", Act.OPEN_CASE, body)
    home: dict[str, Any] = {"region": "410202", "place": "某小区"}
    record(here, "area_stay", "hk", "p-pat", **home)
    mine = record(here, "area_stay", "ha", **home)
    proposed = here.contacts(["p-ann"], [mine], case="case-k")
    here.stage.clock.forward(1)
    with pytest.raises(WithoutGround, match="nexus"):
        here.act(INVESTIGATOR, Act.PROPOSE_CONTACTS, proposed)
    moved = proposed | {"region": "410200"}
    assert here.act("ha-cdc-investigator", Act.PROPOSE_CONTACTS, moved).answer["people"] == 1


# -- a case


def positive(
    here: Posts, id: str = "t1", subject: str = "p-pat", region: str | None = "410100", **more: Any
) -> str:
    said = sample(id, subject, **more) | {"region": region}
    if region is None:
        del said["region"]
    assert here.stage.send(said, source="lab-1").admitted == 1
    return f"lab-1/{id}"


def open_case(here: Posts, evidence: str, subject: str = "p-pat", case: str = "case-1") -> None:
    body = {"case": case, "subject": subject, "evidence": evidence, "region": "410100"}
    here.act(INVESTIGATOR, Act.OPEN_CASE, body)


def test_a_case_opens_on_a_laboratory_s_positive_with_a_leaf_of_the_patient(here: Posts) -> None:
    open_case(here, positive(here))
    with here.stage.instance.store.read() as unit:
        one = case_of(unit, "case-1")
        leaf, _ = parse(unit.leaves(unit.head()[0] - 1, unit.head()[0])[0])
    assert one is not None
    assert (one.subject, one.region) == ("p-pat", "410100")
    assert (leaf.kind, leaf.organ) == (Kind.CASE_OPEN, "zz-cdc")


def test_no_case_without_the_patient_s_own_positive_of_one_tube(here: Posts) -> None:
    mine, other = positive(here), positive(here, "t2", "p-other")
    clean = positive(here, "t3", result="negative")
    mixed = positive(here, "t4", tube="mixed")
    for evidence in (other, clean, mixed, "lab-1/none", "nobody/t1"):
        with pytest.raises(NotAllowed) as refusal:
            open_case(here, evidence)
        assert refusal.value.details["policies"] == "F26-laboratory"
    assert len(here.attempts()) == 5
    open_case(here, mine)


def test_no_case_on_a_positive_without_a_sample(here: Posts) -> None:
    bare = sample("t1", "p-pat")
    del bare["data"]["sample"]
    here.stage.send(bare, source="demo")  # a demo's sources know no samples
    with pytest.raises(NotAllowed):
        open_case(here, "demo/t1")


def test_a_sample_opens_one_case(here: Posts) -> None:
    evidence = positive(here)
    open_case(here, evidence)
    for case in ("case-1", "case-2"):
        with pytest.raises(CaseExists):
            open_case(here, evidence, case=case)
    assert len(here.attempts()) == 2


def test_without_an_emergency_no_case_is_opened(here: Posts) -> None:
    evidence = positive(here)
    here.stage.clock.forward(70 * DAY)
    with pytest.raises(NotAllowed):
        open_case(here, evidence)


# -- where a case is


def opened(here: Posts, region: str, of: str | None, case: str = "case-1") -> None:
    evidence = positive(here, f"t-{case}", f"p-{case}", of)
    body = {"case": case, "subject": f"p-{case}", "evidence": evidence, "region": region}
    here.act(INVESTIGATOR, Act.OPEN_CASE, body)


@pytest.mark.parametrize(("region", "of"), [("410105", "410105"), ("410100", "410105")])
def test_a_case_is_where_its_positive_is_or_in_the_region_around(
    here: Posts, region: str, of: str
) -> None:
    opened(here, region, of)
    with here.stage.instance.store.read() as unit:
        one = case_of(unit, "case-1")
    assert one is not None
    assert (one.region, one.tested_in) == (region, of)


@pytest.mark.parametrize(
    ("region", "of"), [("410105", "410202"), ("410105", "410103"), ("410105", "410100")]
)
def test_who_opens_a_case_does_not_say_where_it_is(here: Posts, region: str, of: str) -> None:
    with pytest.raises(NotAllowed, match="of its own region"):
        opened(here, region, of)


def test_a_positive_without_a_region_is_where_its_laboratory_is_or_nowhere(here: Posts) -> None:
    with pytest.raises(NotAllowed, match="of its own region"):  # the laboratory is on no register
        opened(here, "410100", None)
    instance = here.stage.instance
    with instance.store.write() as unit:
        organ = Organ(LAB.organ, OrganKind.LABORATORY, Level.CITY, "410100", "检测中心", "lab")
        unit.add_record(organ_record(organ, here.stage.clock()))
    opened(here, "410100", None, "case-2")
    with pytest.raises(NotAllowed, match="of its own region"):
        opened(here, "410105", None, "case-3")

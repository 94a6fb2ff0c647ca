"""Channels: no list of people, a sample for each positive, and daily counts that a source signs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.organs import POWERLESS, OrganKind
from mingma.evidence.channels import KINDS, Intake
from mingma.evidence.owners import OWNERS, may_own, owned_by
from mingma.flows.receive_evidence import BadSignature, UnknownSource
from mingma.flows.record_door import KindNotYours
from mingma.flows.source_count import (
    CountMalformed,
    public_day,
    receive_counts,
    source_excess,
)
from tests.instances import KEYS, Stage, at, refusals, sample
from tests.under_policy import infected

DAY = "2022-06-14"
PAPER = {"type": "resident_id", "number": "11010519491231002X"}


# -- who may own what


def test_every_kind_of_record_has_a_row_and_a_purpose() -> None:
    assert set(OWNERS) == set(KINDS)
    assert all(one.purpose_zh and one.purpose_en for one in OWNERS.values())


def test_organs_without_power_own_no_channel_and_acts_have_no_source() -> None:
    for organ in POWERLESS | {OrganKind.DATA_BUREAU, OrganKind.HEADQUARTERS, OrganKind.COMMUNITY}:
        assert owned_by(organ) == ()
    for kind, channel in KINDS.items():
        owned = any(may_own(organ, kind) for organ in OrganKind)
        assert owned == (channel.intake is Intake.SOURCE)


# -- lists of people


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "identity": PAPER}, {"id": "1", "subject": "p-ann"}, {"name": "某甲"},
        {"id_number": "x", "name": "某甲", "phone": "1"},
        {"id": "1", "identity": PAPER, "note": "x"},
    ],
)  # fmt: skip
def test_a_row_that_only_names_somebody_is_refused_as_a_list(
    scene: Stage, row: dict[str, Any]
) -> None:
    batch = scene.send(row, sample("t1", result="negative"), source="lab-1")
    assert refusals(scene, batch) == [(1, "record.bare_identity")]


def test_1317_bare_identities_are_refused_one_by_one_and_counted_in_public(scene: Stage) -> None:
    rows = [{"id": str(n), "subject": f"p-{n}"} for n in range(1317)]
    assert scene.send(*rows, source="lab-1").refused == 1317
    with scene.instance.store.read() as unit:
        table: Any = public_day(unit, DAY)
        assert unit.statistics()["people"] == 0
    [lab] = [one for one in table["sources"] if one["source"] == "lab-1"]
    assert lab["refused"] == {"record.bare_identity": 1317}


@pytest.mark.parametrize("lacks", ["number", "until"])
def test_a_carrier_s_row_without_a_journey_is_refused(scene: Stage, lacks: str) -> None:
    data = {"mode": "rail", "number": "G1", "from": "510100", "to": "410100"}
    trip = {"id": "r1", "kind": "trip", "subject": "p-ann", "at": at(-9), "until": at(-3)}
    whole = {**trip, "data": data}
    assert scene.send(whole, source="lab-1").admitted == 1
    data.pop(lacks, None)
    trip.pop(lacks, None)
    batch = scene.send({**trip, "id": "r2", "data": data}, source="lab-1")
    assert refusals(scene, batch) == [(1, "record.no_journey")]


# -- samples


def bare(record: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in record["data"].items() if name != "sample"}
    return {**record, "data": data}


def test_a_positive_or_an_infection_without_a_sample_is_refused(scene: Stage) -> None:
    records = [bare(sample("t1")), bare(infected()), bare(sample("t2", result="negative"))]
    batch = scene.send(*records, source="lab-1")
    assert refusals(scene, batch) == [(1, "sample.missing"), (2, "sample.missing")]
    assert scene.send(*records).refused == 0  # a specimen's demo sources have no laboratory


def test_a_sample_is_one_result_of_one_person(scene: Stage) -> None:
    other = sample("t3", "p-bob", sample="s-t1")
    batch = scene.send(sample("t1"), sample("t2", sample="s-t1"), other, source="lab-1")
    assert refusals(scene, batch) == [(2, "sample.used"), (3, "sample.used")]
    own = {**infected("i1"), "data": {"class": "confirmed", "sample": "s-t1"}}
    strange = {**infected("i2", "p-bob"), "data": {"class": "confirmed", "sample": "s-t1"}}
    batch = scene.send(own, strange, source="lab-1")
    assert refusals(scene, batch) == [(2, "sample.used")]
    elsewhere = sample("t4", "p-bob", sample="s-t1", laboratory="lab-9")
    assert scene.send(elsewhere, source="lab-1").admitted == 1


def test_a_sample_keeps_no_reference_of_its_person(scene: Stage) -> None:
    scene.send(sample("t1"), source="lab-1")
    with scene.instance.store.read() as unit:
        [kept] = unit.records("sample")
    assert b"p-ann" not in kept.body


# -- daily counts


def sign(scene: Stage, *counts: dict[str, Any], source: str = "lab-1", key: str = "") -> None:
    body = json.dumps(list(counts)).encode()
    with scene.instance.acting() as unit:
        receive_counts(
            unit, source, body, KEYS[key or source].sign(body), scene.clock(), specimen=True
        )


def count(total: int, positives: int = 0, kind: str = "test", day: str = DAY) -> dict[str, Any]:
    return {"day": day, "kind": kind, "total": total, "positives": positives}


def excess(scene: Stage) -> list[tuple[str, str, int, int]]:
    with scene.instance.store.read() as unit:
        return [(e.source, e.kind, e.arrived, e.signed) for e in source_excess(unit, DAY)]


def test_more_than_the_source_signed_for_is_an_incident(scene: Stage) -> None:
    scene.send(sample("t1"), sample("t2", result="negative"), source="lab-1")
    assert excess(scene) == [("lab-1", "test", 2, 0)]
    sign(scene, count(2, 1))
    assert excess(scene) == []
    scene.send(sample("t3", "p-bob"), source="lab-1")
    assert excess(scene) == [("lab-1", "test", 3, 2)]
    sign(scene, count(3, 1))  # the total fits; one positive is nobody's
    assert excess(scene) == [("lab-1", "test", 3, 3)]
    sign(scene, count(3, 2))
    assert excess(scene) == []


def test_a_lower_count_takes_nothing_back_and_the_same_again_adds_nothing(scene: Stage) -> None:
    scene.send(sample("t1"), source="lab-1")
    for total in (1, 1, 0):
        sign(scene, count(total, total))
    assert excess(scene) == []
    with scene.instance.store.read() as unit:
        assert len(unit.records("source_count")) == 2


def test_counts_are_the_source_s_own_and_of_its_kinds(scene: Stage) -> None:
    with pytest.raises(BadSignature):
        sign(scene, count(1), key="demo")
    with pytest.raises(UnknownSource):
        sign(scene, count(1), source="police", key="demo")
    with pytest.raises(KindNotYours):
        sign(scene, count(1), source="clerk")
    assert excess(scene) == []


@pytest.mark.parametrize(
    "wrong",
    [count(1, 2), count(-1), count(1, day="2022-06-15"), count(1, day="14.6.2022"),
     count(1, kind="debt"), {"day": DAY}, {**count(1), "names": []}],
)  # fmt: skip
def test_a_count_that_is_none_is_refused(scene: Stage, wrong: dict[str, Any]) -> None:
    with pytest.raises(CountMalformed):
        sign(scene, wrong)


def test_small_counts_are_not_told(scene: Stage) -> None:
    scene.send(*(sample(f"t{n}", f"p-{n}", result="negative") for n in range(12)), source="lab-1")
    scene.send(sample("u1"), source="lab-1")
    with scene.instance.store.read() as unit:
        table: Any = public_day(unit, DAY)
    [lab] = [one for one in table["sources"] if one["source"] == "lab-1"]
    assert lab["kinds"] == [{
        "kind": "test", "arrived": 13, "arrived_positives": None, "signed": "nothing",
        "signed_positives": "nothing", "excess": True,
    }]  # fmt: skip


def test_the_command_holds_a_day_against_its_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mingma.cli import main
    from tests.instances import stage

    database = f"sqlite:///{tmp_path}/m.db"
    with stage(tmp_path, database) as made:
        made.send(sample("t1"), source="lab-1")
    assert main(["source", "count", DAY, "--database", database]) == 1
    said = capsys.readouterr().out
    assert said.startswith("lab-1 test: 1 arrived, 0 signed for")
    assert main(["source", "count", "2022-06-13", "--database", database, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["day"] == "2022-06-13"
    assert main(["source", "count", "someday", "--database", database]) == 2

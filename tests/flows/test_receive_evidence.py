"""A batch comes in: who may send what, what is kept, what counts once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Never

import pytest

from mingma.codes.decision import Outcome
from mingma.engines.fact_files import FileUnreadable
from mingma.evidence.channels import CHANNELS, Intake
from mingma.flows.receive_evidence import BadSignature, Envelope, UnknownSource
from mingma.flows.record_door import AHEAD
from mingma.keys import KEY_SIZE
from mingma.ledger.leaf import Kind, parse
from mingma.records import Batch
from mingma.storage.errors import Busy
from mingma.storage.turns import Turns
from tests.instances import (
    KEYS,
    LAB,
    NOW,
    Stage,
    at,
    contact,
    envelope,
    ndjson,
    refusals,
    sample,
    withdrawal,
)
from tests.storage.make import leaf

PAPER = {"type": "resident_id", "number": "11010519491231002X"}


def statistics(scene: Stage) -> dict[str, int]:
    with scene.instance.store.read() as unit:
        return dict(unit.statistics())


# -- the envelope


def test_a_source_that_nobody_registered_is_refused_and_nothing_is_kept(scene: Stage) -> None:
    before = statistics(scene)
    body = ndjson([sample()])
    with pytest.raises(UnknownSource):
        scene.instance.receive(Envelope("nobody", body, b"s" * 64, [(1, body)]))
    assert statistics(scene) == before


@pytest.mark.parametrize("signature", [b"", b"s" * 64, b"s" * 65])
def test_a_signature_that_is_not_the_sources_is_refused(scene: Stage, signature: bytes) -> None:
    before = statistics(scene)
    body = ndjson([sample()])
    with pytest.raises(BadSignature):
        scene.instance.receive(Envelope(LAB.id, body, signature, [(1, body)]))
    assert statistics(scene) == before


def test_one_changed_byte_of_the_body_breaks_the_signature(scene: Stage) -> None:
    whole = envelope(ndjson([sample()]), LAB.id)
    with pytest.raises(BadSignature):
        scene.instance.receive(replace(whole, body=whole.body.replace(b"positive", b"negative")))


def test_a_fault_of_ours_refuses_the_whole_batch(scene: Stage) -> None:
    before = statistics(scene)
    scene.instance._person_key = b"short"
    record = {**sample(), "identity": PAPER}
    del record["subject"]
    with pytest.raises(Exception, match=str(KEY_SIZE)):
        scene.send(sample("other"), record)
    assert statistics(scene) == before


# -- several at once


def counted(scene: Stage) -> list[int]:
    """How many were taken in together, each time."""
    served: list[int] = []
    serve = scene.instance._intake._serve

    def counting(envelopes: Sequence[Envelope]) -> Sequence[Batch | Exception]:
        served.append(len(envelopes))
        return serve(envelopes)

    scene.instance._intake._serve = counting
    return served


def test_batches_that_wait_for_each_other_are_taken_in_by_one_unit_of_work(scene: Stage) -> None:
    instance, served = scene.instance, counted(scene)
    bodies = [ndjson([sample(f"t{n}", f"p-{n}")]) for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        with instance.store.write():  # the first one waits for its turn, the others for the first
            made = [pool.submit(instance.receive, envelope(body, LAB.id)) for body in bodies]
            while not (served and len(instance._intake._waiting) == 4):
                threading.Event().wait(0.001)
        batches = [one.result() for one in made]
    assert [one.id for one in batches] == [envelope(body, LAB.id).batch for body in bodies]
    assert [one.admitted for one in batches] == [1, 1, 1, 1]
    with instance.store.read() as unit:
        assert {ref: len(unit.decisions_of(ref)) for ref in (f"p-{n}" for n in range(4))} == {
            f"p-{n}": 1 for n in range(4)
        }
    assert served == [1, 3]


def test_of_batches_taken_in_at_once_each_is_refused_by_itself(scene: Stage) -> None:
    good, other = (envelope(ndjson([sample(id, subject)]), LAB.id) for id, subject in
                   (("t1", "p-ann"), ("t2", "p-ben")))  # fmt: skip
    changed = replace(good, body=good.body.replace(b"positive", b"negative"))
    unread = replace(other, records=Unread())
    answers = scene.instance._take_in([changed, unread, good, good, other])
    assert isinstance(answers[0], BadSignature)
    assert isinstance(answers[1], FileUnreadable)
    first, again, last = answers[2:]
    assert again == first
    assert isinstance(first, Batch)
    assert isinstance(last, Batch)
    assert (first.admitted, last.admitted) == (1, 1)
    with scene.instance.store.read() as unit:
        assert {ref: len(found) for ref, found in unit.facts_of(["p-ann", "p-ben"]).items()} == {
            "p-ann": 1, "p-ben": 1,
        }  # fmt: skip


def test_where_all_are_refused_nothing_is_kept_and_nothing_sealed(scene: Stage) -> None:
    instance = scene.instance
    with instance.store.write() as unit:
        unit.add_leaves([leaf("p-ann", 1)])
    bad = replace(envelope(ndjson([sample()]), LAB.id), signature=b"s" * 64)
    with pytest.raises(BadSignature):
        instance.receive(bad)
    with pytest.raises(BadSignature):
        instance._take_in([bad, bad])
    with instance.store.read() as unit:
        assert unit.waiting() == 1


def test_one_id_with_two_contents_at_once_is_admitted_with_the_first(scene: Stage) -> None:
    answers = scene.instance._take_in(
        [envelope(ndjson([sample("t1", subject)]), LAB.id) for subject in ("p-ann", "p-ben")]
    )
    first, second = answers
    assert isinstance(first, Batch)
    assert isinstance(second, Batch)
    assert (first.admitted, second.admitted) == (1, 0)
    assert refusals(scene, second) == [(1, "record.duplicate_id")]


def test_a_fault_of_ours_in_one_of_them_keeps_none_and_each_is_tried_by_itself(
    scene: Stage,
) -> None:
    class Faulty:
        def __iter__(self) -> Iterator[tuple[int, bytes]]:
            raise MemoryError

    good, other = (envelope(ndjson([sample(id, id)]), LAB.id) for id in ("p-ann", "p-ben"))
    with ThreadPoolExecutor(3) as pool:
        with scene.instance.store.write():
            made = [pool.submit(scene.instance.receive, one) for one in
                    (envelope(ndjson([sample("t0")]), LAB.id), good,
                     replace(other, records=Faulty()))]  # fmt: skip
            while len(scene.instance._intake._waiting) < 3:
                threading.Event().wait(0.001)
        assert made[1].result().admitted == 1
        assert isinstance(made[2].exception(), MemoryError)
    assert scene.instance.receive(other).admitted == 1


def test_where_the_store_is_busy_all_of_them_are_told_at_once(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, served = scene.instance, counted(scene)
    go_on = threading.Event()

    def busy(*_: object) -> Never:
        assert go_on.wait(20)
        raise Busy(seconds=30)

    monkeypatch.setattr(Turns, "turn", busy)
    with ThreadPoolExecutor(3) as pool:
        made = [
            pool.submit(instance.receive, envelope(ndjson([sample(f"t{n}")]), LAB.id))
            for n in range(3)
        ]
        while len(instance._intake._waiting) < 3:
            threading.Event().wait(0.001)
        go_on.set()
        assert [type(one.exception()) for one in made] == [Busy] * 3
    assert served == [1, 2]


class Unread:
    """Records of a body that is no such form."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        yield 1, b"{}"
        raise FileUnreadable(why="cut short")


# -- who may bring in what


def test_a_source_brings_in_only_the_kinds_its_key_is_bound_to(scene: Stage) -> None:
    batch = scene.send(sample(), source="clerk")
    assert refusals(scene, batch) == [(1, "source.kind_not_yours")]


@pytest.mark.parametrize("kind", sorted(c.kind for c in CHANNELS if c.intake is not Intake.SOURCE))
def test_a_kind_that_needs_an_act_does_not_come_from_a_real_source(scene: Stage, kind: str) -> None:
    data = {
        "mark": {"rule": "HA-R3", "approved_by": ["a", "b"], "evidence": ["x"]},
        "withdrawal": {"of": "x", "reason": "r"},
        "release": {"of": "x"},
        "contact_finding": {"relation": "close", "index": "case-7"},
        "cold_chain_contact": {},
        "assistance_request": {"reference": "r"},
        "risk_notice": {"reference": "r"},
        "foreign_statement": {"issuer": "410000", "rule": "X", "colour": "red"},
        "closed_loop_end": {},
    }[kind]
    record = {"id": "a1", "kind": kind, "subject": "p-ann", "at": at(-1), "data": data}
    assert refusals(scene, scene.send(record, source="lab-1")) == [(1, "act.not_open")]
    assert scene.send(record, source="demo").admitted == 1


# -- one record at a time


def test_bad_records_are_refused_and_kept_beside_the_good_ones(scene: Stage) -> None:
    batch = scene.send(sample(), {**sample("t2"), "colour": "red"}, {"id": "t3"}, sample("t4"))
    assert (batch.received, batch.admitted, batch.refused) == (4, 2, 2)
    assert refusals(scene, batch) == [(2, "record.unknown_field"), (3, "record.missing_field")]


def test_the_kept_text_of_a_refused_record_shows_no_number_of_a_paper(scene: Stage) -> None:
    number = "11010519491231002X"
    bad = [
        {**sample("a"), "identity": {"type": "resident_id", "number": number}},
        {"id": "b", "kind": "test", "identity": {"type": "resident_id", "number": number[:17]}},
        {**sample("c"), "identiy": number},
        {**sample("d"), number: 1},
        {**sample("e"), "data": {"assay": "pcr", "number": number, "nested": {"n": number}}},
        [number],
        number,
    ]
    body = ndjson(bad) + f'{{"id": "f", "identity": {{"number": "{number}"}}\n'.encode()
    batch = scene.instance.receive(envelope(body, "lab-1"))
    with scene.instance.store.read() as unit:
        turned = unit.turned("lab-1", batch.id)
    assert len(turned) == len(bad) + 1
    for one in turned:
        assert number[:17] not in one.record
        assert number[:17] not in one.message
    assert '"id": "a"' in turned[0].record  # its sender finds it again


def test_an_identity_becomes_a_pseudonym_and_the_last_four(scene: Stage) -> None:
    record = {**sample(), "identity": PAPER}
    del record["subject"]
    scene.send(record)
    ref = scene.instance.identify(PAPER)
    with scene.instance.store.read() as unit:
        person = unit.people([ref])[ref]
        assert [fact.subject for fact in unit.facts_of([ref])[ref]] == [ref]
    assert person.last_four == "002X"
    assert PAPER["number"] not in ref
    assert scene.colour(ref) == "red"


def test_an_impossible_identity_is_refused_with_its_place(scene: Stage) -> None:
    record = {**sample(), "identity": {"type": "resident_id", "number": "110105194912310021"}}
    del record["subject"]
    batch = scene.send(record)
    with scene.instance.store.read() as unit:
        (turned,) = unit.turned("demo", batch.id)
    assert turned.slug == "identity.wrong_check_character"
    assert "identity.number" in turned.message


def test_a_reference_too_long_to_index_is_refused(scene: Stage) -> None:
    batch = scene.send(sample("t1", subject="p" * 128), sample("t2", subject="p" * 129))
    assert refusals(scene, batch) == [(2, "record.bad_value")]


def test_a_record_from_the_future_is_refused_and_a_clock_a_little_ahead_is_not(
    scene: Stage,
) -> None:
    ahead = AHEAD / 3600
    late = sample("late", hours=-1, reported_at=at(ahead + 1 / 3600))
    kept = sample("kept", hours=-1, reported_at=at(ahead))
    dated = {**sample("dated", subject="p-bob"), "recorded_at": at(1)}
    batch = scene.send(late, kept, dated)
    assert refusals(scene, batch) == [(1, slug := "record.from_the_future"), (3, slug)]
    with scene.instance.store.read() as unit:
        assert at(ahead + 1 / 3600) in unit.turned("demo", batch.id)[0].message


def test_a_result_from_a_clock_a_little_ahead_counts_when_its_instant_comes(scene: Stage) -> None:
    scene.send(sample(hours=-1, reported_at=at(AHEAD / 3600)))
    assert scene.colour("p-ann") == "green"
    scene.clock.forward(AHEAD)
    assert scene.colour("p-ann") == "red"


# -- once


def test_an_id_with_another_content_is_refused_within_a_batch_and_after_it(scene: Stage) -> None:
    batch = scene.send(sample("x"), sample("x", result="negative"), sample("x"))
    assert refusals(scene, batch) == [(2, "record.duplicate_id")]
    assert (batch.admitted, batch.repeated) == (2, 1)
    again = scene.send(sample("y"), sample("x", result="negative"), sample("x"))
    assert refusals(scene, again) == [(2, "record.duplicate_id")]
    assert (again.admitted, again.repeated) == (2, 1)


def test_the_same_id_of_two_sources_is_two_records(scene: Stage) -> None:
    scene.send(sample("x"), source="demo")
    assert scene.send(sample("x", result="negative"), source="lab-1").admitted == 1
    assert statistics(scene)["facts"] == 2


def test_the_same_batch_again_answers_as_before_and_changes_nothing(scene: Stage) -> None:
    records = [sample("a"), {"id": "bad"}, contact("c")]
    first = scene.send(*records)
    before = statistics(scene)
    scene.clock.forward(3600)
    assert scene.send(*records) == first
    assert statistics(scene) == before


def test_the_same_records_in_another_batch_are_admitted_once(scene: Stage) -> None:
    scene.send(sample("a"), sample("b", subject="p-bob"))
    before = statistics(scene)
    again = scene.send(sample("b", subject="p-bob"), sample("a"))
    assert (again.admitted, again.repeated, again.refused) == (2, 2, 0)
    assert statistics(scene) == before


def test_an_empty_batch_is_received(scene: Stage) -> None:
    assert scene.instance.receive(envelope(b"")).received == 0


# -- from the door to the log


def test_one_record_is_decided_logged_and_shown(scene: Stage) -> None:
    batch = scene.send(sample(), source="lab-1")
    assert batch == Batch("lab-1", batch.id, NOW, 1, 1, 0, 0)
    with scene.instance.store.read() as unit:
        (decision,) = unit.decisions_of("p-ann")
        (notice,) = unit.notices_of("p-ann")
        index = unit.index_of("p-ann", decision.number)
        assert index is not None
        entry = unit.leaves(index, index + 1)[0]
        size, _ = unit.head()
    assert decision.outcome is Outcome.ISSUED
    assert decision.spans[0].evidence == ("lab-1/t1",)
    assert notice.number == decision.number
    assert parse(entry)[0].kind is Kind.DECISION
    assert size == scene.instance.log.tree.size
    assert b"p-ann" not in entry
    shown = scene.instance.show("p-ann", "en")
    assert (shown.colour.value, shown.leaf_index) == ("red", index)
    assert shown.token is not None
    assert shown.token.startswith("HC1:")


def test_a_person_is_enrolled_once_with_a_leaf(scene: Stage) -> None:
    scene.send(sample("a"))
    scene.send(sample("b"))
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        kinds = [parse(entry)[0].kind for entry in unit.leaves(0, size)]
    assert kinds.count(Kind.ENROL) == 1


def test_a_reference_to_an_own_id_with_a_slash_stays_the_sources_own(scene: Stage) -> None:
    scene.send(sample("2022/06/1"))
    assert scene.colour("p-ann") == "red"
    scene.send(withdrawal("2022/06/1"))
    assert scene.colour("p-ann") == "green"


def test_a_reference_with_a_registered_sources_name_is_that_sources_record(scene: Stage) -> None:
    scene.send(sample("t1"), source="lab-1")
    scene.send(withdrawal("t1"))  # demo's own t1, which does not exist
    assert scene.colour("p-ann") == "red"
    scene.send(withdrawal("lab-1/t1", "w2"))
    assert scene.colour("p-ann") == "green"


def test_every_source_of_the_stage_has_a_key() -> None:
    assert set(KEYS) == {"lab-1", "demo", "clerk"}

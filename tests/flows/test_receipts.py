"""Receipts of an instance's own log, landmarks, and no worse colour without its proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.codes.check import check
from mingma.codes.decision import Decision
from mingma.codes.outcome import Checked
from mingma.codes.receipt_frame import read_frame
from mingma.codes.results import Result
from mingma.flows import receipts as receipts_flow
from mingma.flows.cosigned import COSIGNED, size_id
from mingma.flows.decide import _outgoing
from mingma.flows.own_history import NoSuchDecision
from mingma.flows.receipts import NotCosignedYet, Receipts
from mingma.flows.show_code import NoSuchPerson, show_code
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.leaf import parse, parse_unsealed
from mingma.ledger.note import KeyType, Note, parse_note, sign
from mingma.ledger.policy import NoQuorum, parse_policy
from mingma.ledger.proof import parse_extra, parse_receipt
from mingma.records import Person, Record
from tests.cosigned import OTHER, OTHER_SIGN, WITNESS, Proving, cosigned, proving
from tests.instances import NOW, Stage, contact, sample, stage
from tests.tall_log import OTHER as OTHER_LEAF
from tests.tall_log import TallLog
from tests.unit.ledger.published import ed25519, mldsa44


@pytest.fixture
def proven(tmp_path: Path) -> Iterator[Proving]:
    """An instance under a trust policy, with nothing cosigned yet."""
    with stage(tmp_path) as scene:
        yield proving(scene)


def red(proven: Proving, ref: str = "p-ann") -> int:
    """Somebody red whose leaf is cosigned; the size of the head."""
    proven.send(contact(f"c-{ref}", subject=ref))
    return proven.cosign()


def at_the_gate(proven: Proving, ref: str = "p-ann", **more: Any) -> Checked:
    instance = proven.stage.instance
    shown = instance.show(ref, "en")
    assert shown.token is not None
    values = {"receipt": shown.frame, "landmarks": proven.landmarks()} | more
    return check(shown.token, instance.clock(), trust=instance.trust, **values)


# -- the issuer


def test_a_proven_red_has_a_token_and_a_frame_that_a_gate_believes(proven: Proving) -> None:
    red(proven)
    found = at_the_gate(proven)
    assert (found.result, found.colour) == (Result.OK, Colour.RED)
    assert found.proven is not None
    assert found.proven.landmark in proven.landmarks()
    # The page of the instance's own gate loads the same.
    instance = proven.stage.instance
    assert dict(instance.landmarks()) == proven.landmarks()


def test_a_red_that_no_head_covers_is_not_shown_and_not_signed(proven: Proving) -> None:
    proven.cosign()
    proven.send(contact())
    assert frame(proven) is None
    shown = proven.stage.instance.show("p-ann", "en")
    assert (shown.colour, shown.frame) == (Colour.GREEN, None)
    proven.cosign()
    shown = proven.stage.instance.show("p-ann", "en")
    assert shown.colour is Colour.RED
    assert shown.token is not None


def test_green_needs_no_proof(proven: Proving) -> None:
    proven.send(sample(result="negative"))
    shown = proven.stage.instance.show("p-ann", "en")
    assert shown.token is not None
    assert shown.frame is None
    found = at_the_gate(proven, landmarks={})
    assert (found.result, found.colour) == (Result.OK, Colour.GREEN)


def test_a_head_short_of_the_quorum_signs_no_red(proven: Proving) -> None:
    proven.send(contact())
    instance = proven.stage.instance
    found = instance.public_log.head()
    assert found is not None
    note, head = parse_note(found[0]), found[1]
    line = cosign(head, OTHER, NOW, OTHER_SIGN)  # a witness that the policy does not name
    body = bytes(Note(note.text, (*note.signatures, line)))
    with instance.store.write() as unit:
        unit.add_record(Record(COSIGNED, size_id(head.size), NOW, body))
    shown = instance.show("p-ann", "en")
    assert (shown.colour, shown.frame) == (Colour.GREEN, None)  # void for the worse
    assert proven.landmarks() == {}


class _Rows:
    """A unit whose rows were edited after they were sealed."""

    def __init__(self, unit: Any, **edited: Any) -> None:
        self._unit, self._edited = unit, edited

    def __getattr__(self, name: str) -> Any:
        return self._edited.get(name) or getattr(self._unit, name)


def frame(proven: Proving, colour: Colour = Colour.RED, **edited: Any) -> str | None:
    instance = proven.stage.instance
    receipts = Receipts(instance.public_log, proven.policy)
    with instance.store.read() as unit:
        rows: Any = _Rows(unit, **edited)
        person = rows.people(["p-ann"])["p-ann"]
        return receipts_flow.proven_frame(rows, receipts, person, 1, colour, NOW)


def decisions(proven: Proving) -> list[Decision]:
    with proven.stage.instance.store.read() as unit:
        return list(unit.decisions_of("p-ann"))


def test_a_frame_is_made_only_for_what_the_log_proves(proven: Proving) -> None:
    red(proven)
    red(proven, "p-bob")
    assert frame(proven) is not None
    (made,) = decisions(proven)
    with proven.stage.instance.store.read() as unit:
        own = unit.index_of("p-ann", 1)
        bobs = unit.index_of("p-bob", 1)
        person = unit.people(["p-ann"])["p-ann"]
        entries = unit.leaves(0, unit.head()[0])
    assert own is not None
    edited_leaves = [*entries[:own], entries[own].replace(b"red", b"rad"), *entries[own + 1 :]]
    for edited in (
        {"decisions_of": lambda _: [replace(made, spans=())]},  # another body
        {"decisions_of": lambda _: []},
        {"index_of": lambda *_: bobs},  # another's leaf
        {"index_of": lambda *_: None},
        {"people": lambda _: {"p-ann": replace(person, key=b"k" * 32)}},  # another K
        {"leaves": lambda start, end: edited_leaves[start:end]},
        {"leaves": lambda start, end: entries[start:end][::-1]},
    ):
        assert frame(proven, **edited) is None, edited


def test_a_way_proven_before_is_not_looked_for_again_and_proves_no_edited_leaf(
    proven: Proving,
) -> None:
    red(proven)
    red(proven, "p-bob")
    instance = proven.stage.instance
    instance.show("p-ann", "en")
    with instance.store.read() as unit:
        own = unit.index_of("p-ann", 1)
        person = unit.people(["p-ann"])["p-ann"]
        read: list[tuple[int, int]] = []
        edited = False

        def leaves(start: int, end: int) -> list[bytes]:
            read.append((start, end))
            entries = list(unit.leaves(start, end))
            # A good leaf, which opens to the same body; only its hash is another.
            before = b'"from":"none"', b'"from":"green"'
            return [one.replace(*before) for one in entries] if edited else entries

        def shown() -> str | None:
            rows: Any = _Rows(unit, leaves=leaves)
            return receipts_flow.proven_frame(
                rows, instance.receipts, person, 1, Colour.RED, proven.stage.clock()
            )

        assert own is not None
        assert shown() is not None
        assert read == [(own, own + 1)]
        edited = True
        assert shown() is None


def test_a_frame_supports_no_colour_worse_than_its_leaf(proven: Proving) -> None:
    proven.send(contact(hours=-16 * 24))  # in its second phase: yellow from now on
    proven.cosign()
    assert proven.stage.colour("p-ann") == "yellow"
    assert frame(proven, Colour.YELLOW) is not None
    assert frame(proven, Colour.RED) is None


# -- a large log

TALL, SIGN_TALL = ed25519(b"T" * 32, "log.test.example/tall", KeyType.ED25519)


@pytest.mark.parametrize("size", [2**25, 2**25 + 1, 40_000_000, 2**32 - 1, 2**32, 2**40])
@pytest.mark.parametrize("colour", [Colour.RED, Colour.YELLOW])
def test_no_red_or_yellow_is_green_because_the_log_is_large(
    proven: Proving, size: int, colour: Colour
) -> None:
    proven.send(contact(hours=-16 * 24 if colour is Colour.YELLOW else 0))
    proven.cosign()
    instance, index = proven.stage.instance, size - 3
    with instance.store.read() as unit:
        own = unit.index_of("p-ann", 1)
        assert own is not None
        log: Any = TallLog(unit.leaves(own, own + 1)[0], index, size)
        text = str(log.head)
        note = cosigned(bytes(Note(text, (sign(text, TALL, SIGN_TALL),))))
        head = Record(COSIGNED, size_id(size), NOW, bytes(note))
        rows: Any = _Rows(
            unit,
            index_of=lambda ref, number: index if (ref, number) == ("p-ann", 1) else None,
            leaves=lambda start, _: [log.entry] if start == index else [OTHER_LEAF],
            first_record=lambda kind, _: head if kind == COSIGNED else None,
            last_record=lambda kind, _: head if kind == COSIGNED else None,
        )
        policy = parse_policy(f"log {TALL}\nwitness w1 {WITNESS}\nquorum w1\n".encode())
        receipts = Receipts(log, policy)
        shown = show_code(
            rows, instance.context, "p-ann", NOW,
            lang="en", signer=instance.signer, chance=bytes, receipts=receipts,
        )  # fmt: skip
        landmarks = receipts.roots(rows, NOW)
    assert shown.colour is colour
    assert shown.token is not None
    found = check(shown.token, NOW, trust=instance.trust, receipt=shown.frame, landmarks=landmarks)
    assert (found.result, found.colour) == (Result.OK, colour)


# -- the leaf


def test_to_is_the_worst_colour_that_the_decision_can_give(proven: Proving) -> None:
    # Red now, yellow later: red. A colour still to come counts too.
    red(proven)
    with proven.stage.instance.store.read() as unit:
        index = unit.index_of("p-ann", 1)
        assert index is not None
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
    assert leaf.after == "red"
    proven.stage.clock.now = Instant(NOW + 20 * DAY)
    assert proven.stage.colour("p-ann") == "yellow"
    proven.cosign()
    found = at_the_gate(proven)
    assert (found.result, found.colour) == (Result.OK, Colour.YELLOW)


def test_a_colour_still_to_come_is_in_to_and_one_gone_by_is_not(proven: Proving) -> None:
    red(proven)
    (made,) = decisions(proven)
    reds = [span for span in made.spans if span.colour is Colour.RED]
    ends = reds[0].until
    assert ends is not None
    assert made.worst_ahead() is Colour.RED
    later = replace(made, decided_at=Instant(ends))
    assert later.worst_ahead() is Colour.YELLOW
    ahead = replace(made, spans=(replace(reds[0], starts=NOW + HOUR),))
    assert ahead.colour_at(NOW) is Colour.GREEN
    assert ahead.worst_ahead() is Colour.RED
    # What would come after the emergency never shows.
    assert replace(ahead, expires=Instant(NOW + HOUR)).worst_ahead() is Colour.GREEN
    assert replace(made, expires=NOW).worst_ahead() is Colour.UNKNOWN


def test_the_leaf_names_a_worse_colour_that_is_still_to_come(proven: Proving) -> None:
    red(proven)
    (made,) = decisions(proven)
    later = tuple(replace(span, starts=span.starts + 3 * DAY) for span in made.spans)
    ahead = replace(made, number=2, spans=later)
    assert ahead.colour_at(ahead.decided_at) is Colour.GREEN
    instance = proven.stage.instance
    with instance.store.read() as unit:
        person = unit.people(["p-ann"])["p-ann"]
    leaf = parse_unsealed(_outgoing(instance.context, person, made, ahead).unsealed)
    assert (leaf.before, leaf.after) == ("red", "red")


# -- full receipts


def test_an_own_receipt_proves_the_decision_and_opens_it(proven: Proving) -> None:
    size = red(proven)
    made = decisions(proven)[0]
    data = bytes(proven.stage.instance.own_receipt("p-ann", 1))
    receipt = parse_receipt(data)
    assert receipt.extra is not None
    extra = parse_extra(receipt.extra)
    head, signed = receipt.verify(extra.entry, proven.policy)
    assert head.size == size
    assert [one.key.name for one in signed][-1] == "witness.test.example/w1"
    assert extra.opened(parse(extra.entry)[0]) == made.body()


def test_a_receipt_carries_no_post_quantum_line(proven: Proving) -> None:
    proven.send(contact())
    instance = proven.stage.instance
    found = instance.public_log.head()
    assert found is not None
    key, sign = mldsa44(b"q" * 32, "witness.test.example/pq")
    line = cosign(found[1], key, NOW, sign)
    proven.cosign()
    with instance.store.read() as unit:
        record = unit.last_record(COSIGNED, "")
    assert record is not None
    note = parse_note(record.body)
    heavy = replace(record, body=bytes(Note(note.text, (*note.signatures, line))))
    with instance.store.read() as unit:
        rows: Any = _Rows(unit, last_record=lambda *_: heavy)
        receipt = instance.receipts.receipt(rows, 0)
        (landmark,) = instance.receipts.landmarks(rows, NOW).notes
    assert line in parse_note(heavy.body).signatures
    assert max(len(one.signature) for one in receipt.note.signatures) == 72
    assert max(len(one.signature) for one in landmark.signatures) == 72
    assert len(bytes(receipt)) < 2000


def test_a_receipt_waits_for_the_witnesses_and_names_an_own_decision(proven: Proving) -> None:
    instance = proven.stage.instance
    proven.cosign()
    proven.send(contact())
    with pytest.raises(NotCosignedYet):
        instance.own_receipt("p-ann", 1)
    proven.cosign()
    assert instance.own_receipt("p-ann", 1).index > 0
    with pytest.raises(NoSuchDecision, match="number 2"):
        instance.own_receipt("p-ann", 2)
    with pytest.raises(NoSuchPerson):
        instance.own_receipt("p-nobody", 1)


def test_before_anything_is_cosigned_there_is_no_receipt_and_no_landmark(proven: Proving) -> None:
    instance = proven.stage.instance
    with instance.store.read() as unit:
        with pytest.raises(NotCosignedYet):
            instance.receipts.receipt(unit, 0)
        with pytest.raises(NotCosignedYet):
            instance.receipts.proven(unit, 0, NOW)
        assert bytes(instance.receipts.landmarks(unit, NOW)) == b"mingma/landmarks/1\n"
        assert instance.receipts.roots(unit, NOW) == {}


def test_a_specimens_receipt_leads_to_the_head_the_log_alone_signed(scene: Stage) -> None:
    scene.send(contact())
    receipt = scene.instance.own_receipt("p-ann", 1)
    extra = parse_extra(receipt.extra or b"")
    logs = (Path(scene.instance.settings.keys) / "log.vkey").read_text().split()
    lines = "".join(f"log {key}\n" for key in logs)
    receipt.verify(extra.entry, parse_policy(f"{lines}quorum none\n".encode()))
    with pytest.raises(NoQuorum):
        receipt.verify(extra.entry, proving(scene).policy)


# -- landmarks


def heads(proven: Proving, minutes: list[int]) -> dict[int, int]:
    """Heads cosigned so many minutes after noon, one leaf larger each; sizes by minute."""
    sizes = {}
    for minute in minutes:
        proven.stage.clock.now = Instant(NOW + 60 * minute)
        proven.send(sample(f"s{minute}", f"p-{minute}", -2, result="negative"))
        sizes[minute] = proven.cosign()
    return sizes


def test_landmarks_are_the_first_of_each_hour_then_of_five_minutes_then_the_newest(
    proven: Proving,
) -> None:
    # NOW is noon at +08:00, a full hour of UTC too.
    sizes = heads(proven, [1, 2, 61, 63, 200, 301, 302, 303, 306, 307, 308])
    served = proven.landmarks()
    by_size = {size: minute for minute, size in sizes.items()}
    assert [by_size[size] for size in served] == [1, 61, 200, 301, 306, 308]
    # An hour on, the five-minute ones of then are gone, and the hourly ones stay.
    proven.stage.clock.forward(3 * HOUR)
    assert [by_size[size] for size in proven.landmarks()] == [1, 61, 200, 301, 308]


def test_landmarks_are_served_for_two_weeks(proven: Proving) -> None:
    sizes = heads(proven, [1, 59, 24 * 60 * 14 + 90])
    served = list(proven.landmarks())
    assert served == [sizes[24 * 60 * 14 + 90]]


def test_a_receipt_leads_to_a_landmark_that_stays(proven: Proving) -> None:
    red(proven)
    first = read_frame(proven.stage.instance.show("p-ann", "en").frame or "").size
    heads(proven, [2, 65, 130, 24 * 60 + 5])
    instance = proven.stage.instance
    later = read_frame(instance.show("p-ann", "en").frame or "").size
    assert later == first
    # A week on it leads to a newer one, which gates that loaded lately have as well.
    heads(proven, [8 * 24 * 60])
    latest = read_frame(instance.show("p-ann", "en").frame or "").size
    assert latest > first
    assert latest in proven.landmarks()


def test_a_stale_gate_finds_a_new_red_unproven_and_not_green(proven: Proving) -> None:
    red(proven)
    loaded = proven.landmarks()
    assert at_the_gate(proven, landmarks=loaded).result is Result.OK
    proven.stage.clock.forward(90 * 60)
    red(proven, "p-bob")
    found = at_the_gate(proven, "p-bob", landmarks=loaded)
    assert (found.result, found.reasons) == (Result.UNPROVEN, ("receipt.landmark",))
    assert found.colour is None
    assert at_the_gate(proven, "p-bob").colour is Colour.RED


def test_landmarks_found_before_are_those_found_anew(proven: Proving) -> None:
    heads(proven, [1, 61])
    proven.landmarks()
    heads(proven, [62, 121, 122])
    for seconds in (0, *[60] * 30, 2 * HOUR, 12 * DAY, 2 * DAY):  # without a new head
        proven.stage.clock.forward(seconds)
        anew = Receipts(proven.stage.instance.public_log, proven.policy)
        with proven.stage.instance.store.read() as unit:
            found = anew.landmarks(unit, proven.stage.clock())
            known = proven.stage.instance.receipts.landmarks(unit, proven.stage.clock())
        assert bytes(found) == bytes(known)


def test_a_head_whose_record_was_edited_proves_nothing_and_greens_still_stand(
    proven: Proving,
) -> None:
    red(proven)
    instance = proven.stage.instance
    with instance.store.read() as unit:
        record = unit.last_record(COSIGNED, "")
        assert record is not None
        size = parse_checkpoint(parse_note(record.body).text).size
        moved = replace(record, id=size_id(size + 1))
        rows: Any = _Rows(unit, last_record=lambda *_: moved, first_record=lambda *_: moved)
        fresh = Receipts(instance.public_log, proven.policy)
        assert fresh.roots(rows, NOW) == {}
        person: Person = unit.people(["p-ann"])["p-ann"]
        assert receipts_flow.proven_frame(rows, fresh, person, 1, Colour.RED, NOW) is None


def test_what_is_no_longer_served_is_not_kept_in_memory(proven: Proving) -> None:
    heads(proven, [1, 61, 66, 71])
    proven.landmarks()
    receipts = proven.stage.instance.receipts
    assert len(receipts._first) > 3
    proven.stage.clock.forward(3 * HOUR)
    proven.landmarks()
    assert {key > 0 for key in receipts._first} == {True}
    proven.stage.clock.forward(15 * DAY)
    proven.landmarks()
    assert receipts._first == {}

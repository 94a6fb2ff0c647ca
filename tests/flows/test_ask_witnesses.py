"""Asking the witnesses: who is believed, what is kept, and what stops the signing."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.flows.alarm import alarms
from mingma.flows.ask_witnesses import Witnesses
from mingma.flows.cosigned import (
    COSIGNED,
    COSIGNED_MLDSA,
    cosigned_at,
    cosigned_head,
    cosigned_size,
)
from mingma.flows.keep_asking import KeepAsking
from mingma.flows.seal import SealingStopped
from mingma.flows.show_code import Shown
from mingma.flows.stored_head import HeadBehind, stored_head
from mingma.flows.words_against import OlderThanPublished
from mingma.kernel.words import Colour
from mingma.keys import LogKey, log_keys
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import KeyType, Note, parse_note, parse_signature, sign
from mingma.ledger.tree import Tree
from mingma.ledger.witnessing import verified
from mingma.opening import open_instance
from mingma.records import Record
from mingma.storage import open_store
from tests.instances import Hands, sample
from tests.under_policy import FakeWitnesses, Watched, make_witnesses, settings_under, under_policy


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with under_policy(tmp_path) as made:
        yield made


def asker(scene: Watched) -> Witnesses:
    """What asks the witnesses of its log."""
    assert scene.instance.cosigning is not None
    return scene.instance.cosigning.witnesses


def sizes(scene: Watched) -> tuple[int, int]:
    """How many leaves there are, and how many of them are cosigned."""
    with scene.instance.store.read() as unit:
        return unit.head()[0], cosigned_size(unit)


def records(scene: Watched, kind: str) -> list[Record]:
    with scene.instance.store.read() as unit:
        return list(unit.records(kind))


def test_each_new_head_is_cosigned_and_kept_with_the_lines_that_the_policy_asks_for(
    watched: Watched,
) -> None:
    watched.send(sample(), source="lab-1")
    size, cosigned = sizes(watched)
    assert size == cosigned > 0
    with watched.instance.store.read() as unit:
        found = cosigned_head(unit)
        assert cosigned_at(unit, size - 1) == watched.clock()
        assert cosigned_at(unit, size) is None
    assert found is not None
    note, checkpoint = found
    assert watched.policy is not None
    assert watched.policy.verify(note)[0] == checkpoint
    assert checkpoint.size == size
    types = [line.signature for line in note.signatures[2:]]
    assert {len(one) for one in types} == {8 + 64}  # no post-quantum line of a witness's


def test_post_quantum_lines_are_kept_apart_and_hold(watched: Watched) -> None:
    watched.send(sample(), source="lab-1")
    keys = [one.quantum_key for one in watched.witnesses.witnesses]
    heads = {one.id: parse_note(one.body) for one in records(watched, COSIGNED)}
    found = records(watched, COSIGNED_MLDSA)
    assert {one.id for one in found} == set(heads)
    for one in found:
        lines = tuple(parse_signature(line) for line in json.loads(one.body))
        _, signed = verify_checkpoint(Note(heads[one.id].text, lines), keys)
        assert len(signed) == len(lines) >= 2


def test_one_silent_witness_changes_nothing_and_two_leave_the_head_uncosigned(
    watched: Watched,
) -> None:
    watched.witnesses[0].awake = False
    watched.send(sample("t1"), source="lab-1")
    assert sizes(watched)[0] == sizes(watched)[1]
    watched.witnesses[1].awake = False
    watched.send(sample("t2", hours=-1.5), source="lab-1")
    size, cosigned = sizes(watched)
    assert cosigned < size
    watched.witnesses[0].awake = True
    assert watched.instance.ask_witnesses()
    assert sizes(watched) == (size, size)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"\xff\xfe"),
        (200, "— w1.example AAAA\n".encode()),
        (200, b"<html>welcome</html>\n"),
        (302, b""),
        (403, b""),
        (404, b""),
        (409, b""),
        (409, b"-1\n"),
        (409, b"07\n"),
        (409, b"seven\n"),
        (422, b""),
        (500, b"\x00" * 100),
    ],
)
def test_whatever_else_a_witness_answers_is_no_cosignature_and_no_error(
    watched: Watched, answer: tuple[int, bytes]
) -> None:
    watched.witnesses[0].says = answer
    watched.witnesses[1].says = answer
    batch = watched.send(sample(), source="lab-1")
    assert batch.admitted == 1
    size, cosigned = sizes(watched)
    assert cosigned < size
    watched.witnesses[1].says = None
    assert watched.instance.ask_witnesses()
    assert sizes(watched)[1] == size


def test_a_witness_s_line_counts_for_no_other_witness_and_no_other_head(watched: Watched) -> None:
    head = watched.instance.public_log.head()
    assert head is not None
    note, _ = stored_head(head[0], head[1].size)
    first, second = watched.witnesses[0], watched.witnesses[1]
    size = head[1].size
    lines = first.answer(f"old {size}\n\n".encode() + bytes(note))[1]
    assert set(verified(lines, note, [first.key, first.quantum_key])) == {
        first.key, first.quantum_key,
    }  # fmt: skip
    assert verified(lines, note, [second.key, second.quantum_key]) == {}
    other = Note(note.text.replace(f"\n{size}\n", f"\n{size + 1}\n"), note.signatures)
    assert verified(lines, other, [first.key, first.quantum_key]) == {}
    # Told by everybody, one witness's line is still one.
    for one in watched.witnesses.witnesses:
        one.says = (200, lines)
    watched.send(sample(), source="lab-1")
    assert sizes(watched)[1] == size


def test_a_witness_that_knows_an_older_size_than_we_think_is_asked_again_from_there(
    watched: Watched, tmp_path: Path
) -> None:
    new = open_store("memory:")
    watched.witnesses[0].store, watched.witnesses[1].awake = new, False  # it lost its memory
    watched.witnesses[0].asked = 0
    watched.send(sample(), source="lab-1")
    assert watched.witnesses[0].asked == 2
    assert sizes(watched)[0] == sizes(watched)[1]
    new.close()


def test_each_witness_is_asked_once_for_a_head_and_not_for_one_that_is_cosigned(
    watched: Watched,
) -> None:
    before = [one.asked for one in watched.witnesses.witnesses]
    watched.witnesses[2].awake = False
    watched.send(sample(), source="lab-1")
    assert [one.asked for one in watched.witnesses.witnesses][:2] == [n + 1 for n in before[:2]]
    assert not watched.instance.ask_witnesses()
    assert [one.asked for one in watched.witnesses.witnesses][:2] == [n + 1 for n in before[:2]]


def signed_head(scene: Watched, size: int, *, origin: str = "", by: LogKey | None = None) -> bytes:
    """A checkpoint of a size, signed by the log's own key unless told otherwise."""
    own, _ = log_keys(Path(scene.instance.settings.keys), scene.instance.log.origin)
    text = str(Checkpoint(origin or own.origin, size, bytes(32)))
    key = by or own
    return bytes(Note(text, (sign(text, key.key, key.sign),)))


def claim(scene: Watched, more: int, shows: bytes | None) -> None:
    """One witness claims so many leaves more; the others are silent."""
    size, _ = sizes(scene)
    scene.witnesses.sleep()
    scene.witnesses[0].awake = True
    scene.witnesses[0].says = (409, f"{size + more}\n".encode())
    scene.witnesses[0].shows = shows


def test_a_witness_that_shows_a_larger_head_of_ours_stops_the_signing(watched: Watched) -> None:
    size, _ = sizes(watched)
    claim(watched, 5, signed_head(watched, size + 5))
    watched.send(sample("t1"), source="lab-1")  # the act itself was sealed before anybody answered
    with pytest.raises(SealingStopped) as refusal:
        watched.send(sample("t2", hours=-1.5), source="lab-1")
    assert refusal.value.details["why"] == "witnesses"
    shown: Shown = watched.instance.show("p-ann", "en")
    assert shown.colour is Colour.GREEN  # reading goes on


STRANGER = LogKey("ledger.specimen.example/codes", Ed25519PrivateKey.from_private_bytes(b"x" * 32))


@pytest.mark.parametrize(
    "shown",
    ["nothing", "garbage", "smaller", "by a stranger", "of another log", "with a bit flipped"],
)
def test_a_larger_size_that_is_only_claimed_stops_nothing_and_is_an_alarm(
    watched: Watched, shown: str
) -> None:
    size, _ = sizes(watched)
    larger = signed_head(watched, size + 5)
    head = watched.instance.public_log.head()
    assert head is not None
    claim(watched, 5, {
        "nothing": None,
        "garbage": b"\xff",
        "smaller": head[0],
        "by a stranger": signed_head(watched, size + 5, by=STRANGER),
        "of another log": signed_head(watched, size + 5, origin="ledger.other.example/codes"),
        "with a bit flipped": larger.replace(b"\n%d\n" % (size + 5), b"\n%d\n" % (size + 6)),
    }[shown])  # fmt: skip
    watched.send(sample("t1"), source="lab-1")
    watched.send(sample("t2", hours=-1.5), source="lab-1")
    assert watched.instance.log.stopped is None
    with watched.instance.store.read() as unit:
        assert alarms(unit) == ["witness.claim_not_shown/https://w0.example"]
    asker(watched).must_not_be_older()
    watched.witnesses.wake()
    watched.instance.ask_witnesses()  # it counts as silent; the other two are enough
    assert sizes(watched)[0] == sizes(watched)[1]


def test_a_lying_witness_does_not_keep_an_instance_from_starting(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/mingma.db"
    with under_policy(tmp_path, database) as scene:
        scene.send(sample(), source="lab-1")
        claim(scene, 1000, None)
        scene.instance.renew("p-ann")
        witnesses = scene.witnesses
    instance = open_instance(settings_under(tmp_path, database), witness_client=witnesses)
    assert instance.log.stopped is None
    instance.close()


def test_a_size_that_another_process_sealed_meanwhile_is_no_older_copy(watched: Watched) -> None:
    head = watched.instance.public_log.head()
    assert head is not None
    watched.witnesses[0].says = (409, f"{head[1].size}\n".encode())
    watched.instance.ask_witnesses()
    watched.send(sample(), source="lab-1")
    assert watched.instance.log.stopped is None


def test_an_older_copy_of_the_database_is_not_opened(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/mingma.db"
    with under_policy(tmp_path, database) as scene:
        scene.send(sample(), source="lab-1")
        witnesses = scene.witnesses
        size, _ = sizes(scene)
    for path in tmp_path.glob("mingma.db*"):
        path.unlink()
    (tmp_path / "keys" / "head").unlink()  # the attacker has this one too; not the witnesses
    settings = settings_under(tmp_path, database)
    with pytest.raises(OlderThanPublished) as refusal:
        open_instance(settings, witness_client=witnesses)
    assert refusal.value.details == {"size": 0, "published": size}


@dataclass
class Twice:
    """A log of which yesterday's copy, second head file and all, goes on beside the newest one."""

    folder: Path  # of the copy
    witnesses: FakeWitnesses
    clock: Hands
    size: int  # what the witnesses cosigned of the newest

    def opened(self) -> Watched:
        database = f"sqlite:///{self.folder}/mingma.db"
        settings = settings_under(self.folder, database)
        instance = open_instance(settings, witness_client=self.witnesses)
        instance.clock = self.clock
        return Watched(instance, self.clock, self.witnesses, instance.context.policy)

    def shows_nothing(self) -> None:
        """The addresses that the policy names show no checkpoint: they may be elsewhere."""
        for one in self.witnesses.witnesses:
            one.shows = b"not found"


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    folder, copy = tmp_path / "a", tmp_path / "b"
    folder.mkdir()
    database = f"sqlite:///{folder}/mingma.db"
    with under_policy(folder, database) as scene:
        scene.send(sample("t1"), source="lab-1")
        witnesses, clock = scene.witnesses, scene.clock
    shutil.copytree(folder, copy)
    instance = open_instance(settings_under(folder, database), witness_client=witnesses)
    instance.clock = clock
    scene = Watched(instance, clock, witnesses, instance.context.policy)
    scene.send(sample("t2", "p-bob"), source="lab-1")
    size, cosigned = sizes(scene)
    assert size == cosigned
    instance.close()
    return Twice(copy, witnesses, clock, size)


def grown_alone(twice: Twice) -> Watched:
    """The copy went on past what the witnesses know, while they were away."""
    twice.witnesses.sleep()
    fork = twice.opened()
    for n in range(2):
        fork.send(sample(f"f{n}", f"p-{n}"), source="lab-1")
    twice.witnesses.wake()
    return fork


def stopped_by_witnesses(scene: Watched) -> None:
    assert scene.instance.sealing.stopped == "witnesses"
    with pytest.raises(SealingStopped):
        scene.send(sample("late", "p-late"), source="lab-1")


def test_a_second_history_is_found_by_one_witness_that_shows_ours(twice: Twice) -> None:
    fork = grown_alone(twice)
    twice.witnesses[0].awake = twice.witnesses[1].awake = False
    size, _ = sizes(fork)
    assert size > twice.size  # no witness has more leaves: what differs is what they are
    assert not fork.instance.ask_witnesses()
    stopped_by_witnesses(fork)
    with fork.instance.store.read() as unit:
        assert alarms(unit) == ["ledger.head_behind/https://w2.example"]
    with pytest.raises(HeadBehind) as refusal:
        asker(fork).must_not_be_older()
    assert refusal.value.details == {"size": size, "signed": twice.size, "why": "history"}
    assert fork.instance.show("p-0", "en").colour is Colour.GREEN  # reading goes on
    fork.instance.close()
    with pytest.raises(HeadBehind, match="`history`"):
        twice.opened()


def test_a_second_history_found_too_late_to_be_waited_for_stops_at_the_next_question(
    watched: Watched,
) -> None:
    witnesses = asker(watched)
    witnesses._line("https://w2.example", *question(watched))
    assert watched.instance.sealing.stopped is None
    watched.witnesses[2].says = (422, b"")
    watched.witnesses[2].shows = signed_head(watched, sizes(watched)[0])  # of another root
    witnesses._line("https://w2.example", *question(watched))
    assert not watched.instance.ask_witnesses()
    stopped_by_witnesses(watched)


def question(scene: Watched) -> tuple[Note, int, int]:
    head = scene.instance.public_log.head()
    assert head is not None
    return parse_note(head[0]), head[1].size, head[1].size


def test_a_refusal_by_witnesses_that_show_our_own_history_is_no_word_against_us(
    watched: Watched,
) -> None:
    for one in watched.witnesses.witnesses:
        one.says = (422, b"")
    watched.send(sample("t1"), source="lab-1")
    watched.send(sample("t2", "p-bob"), source="lab-1")
    assert watched.instance.sealing.stopped is None
    with watched.instance.store.read() as unit:
        assert alarms(unit) == []


def test_a_proof_that_our_tree_could_not_make_is_held_against_nobody(watched: Watched) -> None:
    """What was hashed for a unit that was not kept is in the tree until the next seal."""
    watched.witnesses.sleep()
    watched.send(sample("t1"), source="lab-1")
    watched.witnesses.wake()
    signed = watched.instance.log._signed
    signed.tree, whole = Tree([bytes(32)] * signed.newest.size), signed.tree
    assert not watched.instance.ask_witnesses()  # every witness answers 422, and shows our head
    assert watched.instance.sealing.stopped is None
    signed.tree = whole
    assert watched.instance.ask_witnesses()
    with watched.instance.store.read() as unit:
        assert alarms(unit) == []


@pytest.mark.parametrize("past", [False, True], ids=["older copy", "second history"])
def test_the_bare_words_of_a_quorum_stop_the_signing_and_the_next_start(
    twice: Twice, *, past: bool
) -> None:
    twice.shows_nothing()
    if past:
        fork = grown_alone(twice)
        fork.instance.ask_witnesses()
        stopped_by_witnesses(fork)
        fork.instance.close()
    why = HeadBehind if past else OlderThanPublished
    with pytest.raises(why) as refusal:
        twice.opened()
    assert twice.size in refusal.value.details.values()


@pytest.mark.parametrize("past", [False, True], ids=["claims more", "refuses"])
def test_bare_words_of_fewer_than_the_quorum_stop_nothing(twice: Twice, *, past: bool) -> None:
    twice.shows_nothing()
    fork = grown_alone(twice) if past else None
    for one in twice.witnesses.witnesses[1:]:
        one.awake = False
    fork = fork or twice.opened()
    fork.instance.ask_witnesses()
    fork.send(sample("on", "p-on"), source="lab-1")
    assert fork.instance.sealing.stopped is None
    slug = "witness.history_refused" if past else "witness.claim_not_shown"
    with fork.instance.store.read() as unit:
        assert alarms(unit) == [f"{slug}/https://w0.example"]
    fork.instance.close()


def test_a_witness_that_takes_its_word_back_counts_no_more(watched: Watched) -> None:
    size, _ = sizes(watched)
    for n in (0, 1):  # one after the other, never both
        watched.witnesses.sleep()
        watched.witnesses[n].awake = True
        watched.witnesses[n].says = (409, f"{size + 100}\n".encode())
        watched.witnesses[n].shows = b""
        watched.send(sample(f"t{n}", f"p-{n}"), source="lab-1")
        assert watched.instance.sealing.stopped is None
        watched.witnesses[n].says = None
        watched.instance.ask_witnesses()
    watched.witnesses.wake()
    assert watched.instance.ask_witnesses()


def test_heads_are_kept_in_order_whoever_comes_late(watched: Watched) -> None:
    """A smaller head kept after a larger one would make a leaf's time later than it was."""
    size, _ = sizes(watched)
    times = [cosigned_of(watched, index) for index in range(size)]
    held, entered = threading.Event(), threading.Event()
    slow = watched.witnesses

    class Slow:
        def add_checkpoint(self, url: str, request: bytes) -> tuple[int, bytes]:
            entered.set()
            held.wait()
            return slow.add_checkpoint(url, request)

        def checkpoint(self, url: str, origin_hash: str) -> tuple[int, bytes]:
            return slow.checkpoint(url, origin_hash)

        def close(self) -> None:
            """Nothing to release."""

    witnesses = asker(watched)
    watched.witnesses.sleep()
    watched.send(sample("t1"), source="lab-1")
    watched.witnesses.wake()
    witnesses._client, quick = Slow(), witnesses._client
    asking = threading.Thread(target=witnesses.ask, args=(watched.clock(),))
    asking.start()
    entered.wait()
    larger = sizes(watched)[0] + 10
    with watched.instance.store.write() as unit:
        unit.add_record(Record(COSIGNED, f"{larger:019}", watched.clock(), b"-"))
    held.set()
    asking.join()
    witnesses._client = quick
    assert [one.id for one in records(watched, COSIGNED)][-1] == f"{larger:019}"
    assert f"{larger - 10:019}" not in {one.id for one in records(watched, COSIGNED)}
    assert [cosigned_of(watched, index) for index in range(size)] == times


def cosigned_of(scene: Watched, index: int) -> int | None:
    with scene.instance.store.read() as unit:
        return cosigned_at(unit, index)


def test_a_policy_without_addresses_asks_nobody(tmp_path: Path) -> None:
    witnesses = make_witnesses(tmp_path, lambda: pytest.fail("asked"))  # type: ignore[arg-type, return-value]
    text = (tmp_path / "policy").read_text()
    (tmp_path / "policy").write_text(
        "".join(line.split(" https://")[0].rstrip("\n") + "\n" for line in text.splitlines())
    )
    instance = open_instance(settings_under(tmp_path), witness_client=witnesses)
    assert not instance.ask_witnesses()
    instance.close()


def test_the_lines_of_ed25519_stand_in_the_order_of_the_policy(watched: Watched) -> None:
    watched.send(sample(), source="lab-1")
    order = [one.key for one in watched.witnesses.witnesses]
    assert all(key.type is KeyType.ED25519_COSIGNATURE for key in order)
    for record in records(watched, COSIGNED):
        lines = parse_note(record.body).signatures[2:]
        places = [next(n for n, key in enumerate(order) if line.is_by(key)) for line in lines]
        assert places == sorted(set(places))


def test_it_goes_on_asking_whatever_an_attempt_met() -> None:
    enough = threading.Event()
    attempts: list[int] = []

    def ask() -> None:
        attempts.append(1)
        if len(attempts) == 3:
            enough.set()
        raise RuntimeError

    asking = KeepAsking(ask, every=0.0)
    asking.start()
    assert enough.wait(60)
    asking.stop()
    made = len(attempts)
    asking.stop()
    assert len(attempts) == made


def test_a_started_instance_has_its_heads_cosigned_by_itself(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeepAsking.__init__, "__defaults__", (0.0,))
    watched.witnesses.sleep()
    watched.send(sample("t1"), source="lab-1")
    watched.instance.start()
    cosigned = threading.Event()
    keep = asker(watched)._keep

    def kept(*args: Any) -> bool:
        if found := keep(*args):
            cosigned.set()
        return found

    monkeypatch.setattr(asker(watched), "_keep", kept)
    watched.witnesses.wake()
    assert cosigned.wait(60)
    assert sizes(watched)[0] == sizes(watched)[1]

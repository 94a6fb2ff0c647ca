"""A witness cosigns what extends the last checkpoint, keeps it first, and never signs a fork."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mingma.flows.witness import (
    FORK,
    SAME_ANSWER,
    WITNESSED,
    Cosigner,
    add_checkpoint,
    last_cosigned,
)
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.note import KeyType, Note, VerifierKey, parse_key, parse_note
from mingma.ledger.tree import EMPTY_ROOT
from mingma.ledger.witnessing import origin_hash
from mingma.ports import Store
from mingma.storage import open_store
from tests.paths import ROOT
from tests.unit.ledger.published import mldsa44
from tests.witnessing import LOG, ORIGIN, TIME, TRUE, WITNESS, Log, body, forked, witness

NOW = Instant(TIME)
TORCHWOOD = json.loads(
    (ROOT / "tests/vectors/ledger/torchwood/add-checkpoint.json").read_text(encoding="utf-8")
)
HALVES = [b"x" * 32]


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("memory:")
    yield opened
    opened.close()


def ask(store: Store, request: bytes, now: int = NOW) -> int:
    """The status that a request is answered with."""
    try:
        (line,) = add_checkpoint(store, witness(), request, Instant(now))
    except Problem as refusal:
        return refusal.status
    assert line.is_by(WITNESS)
    return 200


def kept(store: Store, origin: str = ORIGIN) -> Checkpoint | None:
    """The last cosigned checkpoint, with the log's signature and the witness's, which hold."""
    with store.read() as unit:
        found = last_cosigned(unit, origin_hash(origin))
    if found is None:
        return None
    checkpoint, signed = verify_checkpoint(parse_note(found), [LOG.key, WITNESS])
    assert [one.key for one in signed] == [LOG.key, WITNESS]
    return checkpoint


@pytest.mark.parametrize("now", [0, -1])
def test_a_clock_that_is_not_set_cosigns_nothing_and_keeps_nothing(store: Store, now: int) -> None:
    assert ask(store, LOG.ask(0, 1000), now) == 503
    assert kept(store) is None
    assert ask(store, LOG.ask(0, 1000)) == 200
    assert ask(store, LOG.ask(1000, 2000), now) == 503
    assert kept(store) == Checkpoint(ORIGIN, 1000, TRUE.root(1000))


def records(store: Store, kind: str) -> list[bytes]:
    with store.read() as unit:
        return [one.body for one in unit.records(kind)]


def forks(store: Store) -> list[str]:
    """Why each checkpoint is suspicious; both sides are signed by the log."""
    found = [json.loads(one) for one in records(store, FORK)]
    for one in found:
        verify_checkpoint(parse_note(one["cosigned"].encode()), [LOG.key])
        verify_checkpoint(parse_note(one["submitted"].encode()), [LOG.key])
    return [one["why"] for one in found]


def test_the_conversation_of_a_log_and_its_witness(store: Store) -> None:
    unsigned = replace(LOG.note(1000), signatures=Log(seed=b"m" * 32).note(1000).signatures)
    bent = replace(LOG.note(1000).signatures[0], signature=bytes(64))
    conversation = [
        (404, Log("ledger.hubei.example/codes/2026").ask(0, 1000)),
        (403, body(0, [], unsigned)),
        (403, body(0, [], Note(LOG.note(1000).text, (bent,)))),
        (422, LOG.ask(0, 1000, proof=HALVES)),
        (200, LOG.ask(0, 1000)),
        (409, LOG.ask(0, 2000)),
        (400, LOG.ask(3000, 2000)),
        (200, LOG.ask(1000, 2000)),
        (200, LOG.ask(2000, 2000)),
        (422, LOG.ask(2000, 2000, forked(1500, 2000))),
        (422, LOG.ask(2000, 3000, forked(1500, 3000))),
        (422, LOG.ask(2000, 3000, proof=TRUE.consistency_proof(1999, 3000))),
        (200, LOG.ask(2000, 5000)),
    ]
    assert [ask(store, request) for _, request in conversation] == [one for one, _ in conversation]
    assert kept(store) == Checkpoint(ORIGIN, 5000, TRUE.root())
    assert len(records(store, WITNESSED)) == 3


@pytest.mark.parametrize("talk", TORCHWOOD["conversations"], ids=lambda one: one["name"])
def test_published_conversations(store: Store, talk: dict[str, object]) -> None:
    if vkey := talk.get("log_vkey"):
        key = parse_key(str(vkey))
    else:
        public = bytes.fromhex(str(talk["log_public_key_hex"]))
        key = VerifierKey(str(talk["origin"]), KeyType.ED25519, public)
    asked = replace(witness(), logs={str(talk["origin"]): (key,)})
    for case in talk["cases"]:  # type: ignore[attr-defined]
        try:
            (line,) = add_checkpoint(store, asked, case["body"].encode(), NOW)
            status, reply = 200, str(line)
        except Problem as refusal:
            status, reply = refusal.status, f"{refusal.details.get('size')}\n"
        assert status == case["status_by_spec"]
        assert reply == case.get("reply_is", reply)


def test_the_refusals_stand_in_the_order_of_the_specification(store: Store) -> None:
    assert ask(store, LOG.ask(0, 1000)) == 200
    stranger = Log("log.example/other", seed=b"o" * 32)
    nobody = Note(LOG.note(10).text, stranger.note(10).signatures)
    assert ask(store, body(20, HALVES, stranger.note(10))) == 404
    assert ask(store, body(20, HALVES, nobody)) == 403
    assert ask(store, LOG.ask(20, 10, proof=HALVES)) == 400
    assert ask(store, LOG.ask(5, 10, proof=HALVES)) == 409
    assert ask(store, LOG.ask(0, 0, root=b"r" * 32)) == 409
    assert ask(store, LOG.ask(1000, 1001, proof=HALVES)) == 422


def test_a_log_of_size_0_has_one_root(store: Store) -> None:
    assert ask(store, LOG.ask(0, 0, root=b"r" * 32)) == 422
    assert ask(store, LOG.ask(0, 0, proof=HALVES)) == 422
    assert kept(store) is None
    for _ in range(2):
        assert ask(store, LOG.ask(0, 0)) == 200
        assert kept(store) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert ask(store, LOG.ask(0, 7)) == 200
    assert ask(store, LOG.ask(0, 0)) == 409


def test_a_head_of_nothing_with_a_root_needs_a_signature_too(store: Store) -> None:
    wrong = LOG.note(0, root=b"r" * 32)
    bent = replace(wrong.signatures[0], signature=bytes(64))
    assert ask(store, body(0, [], replace(wrong, signatures=(bent,)))) == 403


def test_every_trusted_key_of_the_log_must_hold_and_others_are_not_kept(store: Store) -> None:
    both = replace(witness(), logs={ORIGIN: (LOG.key, LOG.quantum_key)})
    note = LOG.twice_signed(9)
    stranger = Log("log.example/other").note(9).signatures
    add_checkpoint(store, both, body(0, [], Note(note.text, (*stranger, *note.signatures))), NOW)
    (found,) = records(store, WITNESSED)
    assert [line.key_id for line in parse_note(found).signatures] == [
        LOG.key.id, LOG.quantum_key.id, WITNESS.id,
    ]  # fmt: skip
    bent = replace(note.signatures[1], signature=bytes(2428))
    with pytest.raises(Problem) as refusal:
        add_checkpoint(store, both, body(9, [], Note(note.text, (note.signatures[0], bent))), NOW)
    assert refusal.value.status == 403


def test_the_same_again_adds_nothing_for_a_minute_and_then_a_new_time(store: Store) -> None:
    first = add_checkpoint(store, witness(), LOG.ask(0, 9), NOW)
    for now in (NOW, NOW + SAME_ANSWER - 1, NOW - 1000):
        assert add_checkpoint(store, witness(), LOG.ask(9, 9), Instant(now)) == first
    later = Instant(NOW + SAME_ANSWER)
    assert add_checkpoint(store, witness(), LOG.ask(9, 9), later) != first
    assert len(records(store, WITNESSED)) == 2
    with store.read() as unit:
        last = last_cosigned(unit, origin_hash(ORIGIN))
    _, signed = verify_checkpoint(parse_note(last or b""), [WITNESS])
    assert [one.time for one in signed] == [later]


def test_the_same_again_gets_the_lines_of_every_key_and_adds_nothing(store: Store) -> None:
    quantum, sign = mldsa44(b"w" * 32, WITNESS.name)
    both = replace(witness(), cosigners=(*witness().cosigners, Cosigner(quantum, sign)))
    first = add_checkpoint(store, both, LOG.ask(0, 9), NOW)
    assert [line.key_id for line in first] == [WITNESS.id, quantum.id]
    assert add_checkpoint(store, both, LOG.ask(9, 9), NOW) == first
    assert len(records(store, WITNESSED)) == 1
    # A key that was not there yet signs anew, and so does one alone.
    assert add_checkpoint(store, witness(), LOG.ask(9, 9), Instant(NOW + 1)) != first
    again = add_checkpoint(store, both, LOG.ask(9, 9), Instant(NOW + 2))
    assert [line.key_id for line in again] == [WITNESS.id, quantum.id]


def test_two_heads_of_one_size_are_kept_as_proof_and_never_cosigned(store: Store) -> None:
    assert ask(store, LOG.ask(0, 1000)) == 200
    assert ask(store, LOG.ask(1000, 2000)) == 200
    for _ in range(2):
        assert ask(store, LOG.ask(2000, 2000, forked(1500, 2000))) == 422
        assert ask(store, LOG.ask(0, 1000, forked(500, 1000))) == 409  # it lied about the past
    assert forks(store) == ["same_size"] * 2
    assert kept(store) == Checkpoint(ORIGIN, 2000, TRUE.root(2000))


def test_an_extension_without_a_good_proof_is_kept_as_a_suspicion(store: Store) -> None:
    assert ask(store, LOG.ask(0, 1000)) == 200
    fork = forked(500, 3000)
    for proof in (HALVES, fork.consistency_proof(1000, 3000)):
        assert ask(store, LOG.ask(1000, 3000, fork, proof=proof)) == 422
    assert forks(store) == ["unproven"]


def test_honest_mistakes_and_what_the_log_did_not_sign_are_no_suspicion(store: Store) -> None:
    assert ask(store, LOG.ask(0, 1000)) == 200
    bent = replace(LOG.note(2000).signatures[0], signature=bytes(64))
    for request in (
        LOG.ask(0, 2000),
        LOG.ask(500, 1000),
        LOG.ask(2000, 1000),
        LOG.ask(1000, 1000, proof=HALVES),
        body(1000, HALVES, Note(LOG.note(2000).text, (bent,))),
    ):
        assert ask(store, request) != 200
    assert forks(store) == []


# -- at once, and interrupted


def test_of_two_at_once_neither_rolls_the_other_back_nor_forks_it(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/witness.db")
    assert ask(store, LOG.ask(0, 5)) == 200
    now = TRUE
    for turn in range(40):
        last = size_of(store)
        # Both extend what was cosigned, and neither extends the other.
        left, right = (forked(last, last + n + 2 * (turn % 2), now, f"{n}") for n in (1, 2))
        requests = [LOG.ask(last, one.size, one) for one in (left, right)]
        with ThreadPoolExecutor(2) as pool:
            statuses = list(pool.map(lambda one: ask(store, one), requests))
        assert sorted(statuses) == [200, 409]
        now = left if statuses[0] == 200 else right
        assert kept(store) == Checkpoint(ORIGIN, now.size, now.root())
    assert len(records(store, WITNESSED)) == 41
    store.close()


def size_of(store: Store) -> int:
    found = kept(store)
    return found.size if found else 0


DIES = """
import os, sys
from contextlib import contextmanager
from mingma.flows.witness import add_checkpoint
from mingma.storage import open_store
from tests.witnessing import LOG, TIME, witness

class Dying:
    def __init__(self, store): self.store = store
    @contextmanager
    def write(self):
        with self.store.write() as unit:
            yield unit
            if sys.argv[2] == "before": os._exit(9)
        os._exit(9)

add_checkpoint(Dying(open_store(sys.argv[1])), witness(), LOG.ask(0, 1000), TIME)
"""


@pytest.mark.parametrize(("moment", "size"), [("before", 0), ("after", 1000)])
def test_killed_before_it_answers_it_has_kept_all_or_nothing(
    tmp_path: Path, moment: str, size: int
) -> None:
    database = f"sqlite:///{tmp_path}/witness.db"
    command = [sys.executable, "-c", DIES, database, moment]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    store = open_store(database)
    assert size_of(store) == size
    # The log heard nothing and asks again: it is told the size, or answered.
    assert ask(store, LOG.ask(0, 1000), NOW + 5) == (409 if size else 200)
    assert ask(store, LOG.ask(1000, 1000), NOW + 5) == 200
    assert ask(store, LOG.ask(1000, 2000), NOW + 5) == 200
    assert kept(store) == Checkpoint(ORIGIN, 2000, TRUE.root(2000))
    store.close()

"""A request to a witness is read strictly, and refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed, Problem
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.note import Note
from mingma.ledger.text import write_base64
from mingma.ledger.witnessing import (
    MAX_PROOF,
    origin_hash,
    parse_submission,
    signed_by_the_log,
    to_cosign,
)
from tests.witnessing import LOG, ORIGIN, TRUE, Log, body, witness

GOOD = LOG.ask(1000, 2000)
LOGS = witness().logs
HASH = write_base64(b"h" * 32)


def test_a_request_is_read_whole() -> None:
    found = parse_submission(GOOD)
    assert (found.old, found.origin, found.size) == (1000, ORIGIN, 2000)
    assert found.root == TRUE.root(2000)
    assert list(found.proof) == TRUE.consistency_proof(1000, 2000)
    assert found.note is not None
    assert body(found.old, found.proof, found.note) == GOOD


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (b"", "old"),
        (b"1000", "old"),
        (b"Old 1000", "old"),
        (b"old  1000", "old"),
        (b"old 01000", "old"),
        (b"old +1000", "old"),
        (b"old 1_000", "old"),
        (b"old -1", "old"),
        (b"old 1000 ", "old"),
        (b"old 1000\r", "old"),
        (b"old 9223372036854775808", "old"),
        ("old １000".encode(), "lines"),
        (b"old 1000\n" + HASH.encode()[:-1], "proof"),
        (b"old 1000\n" + HASH.encode()[:40], "proof"),
        (b"old 1000\n " + HASH.encode(), "proof"),
        (b"old 1000\n" + HASH.encode().replace(b"g=", b"h="), "proof"),
        (b"old 1000" + b"\n" + b"\n".join([HASH.encode()] * (MAX_PROOF + 1)), "proof"),
    ],
)
def test_what_would_not_print_back_the_same_is_refused(first: bytes, why: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_submission(first + b"\n\n" + bytes(LOG.note(2000)))
    assert (refusal.value.slug, refusal.value.details["why"]) == ("witness.request_unreadable", why)


def test_a_request_has_at_most_63_hashes() -> None:
    assert len(parse_submission(body(1, [b"h" * 32] * MAX_PROOF, LOG.note(9))).proof) == MAX_PROOF


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n9\n{HASH}\nextension\n",
        f"{ORIGIN}\n09\n{HASH}\n",
        f"{ORIGIN}\n9\n{HASH[:-1]}\n",
        f"{ORIGIN}\n9\n",
        f"\n9\n{HASH}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_submission(body(0, [], Note(text, LOG.note(9).signatures)))


def test_lines_that_are_no_signatures_sign_nothing() -> None:
    text = LOG.note(9).text.encode()
    for lines in (b"", b"signed\n", bytes(LOG.note(9)).partition(b"\n\n")[2] * 200):
        with pytest.raises(Problem) as refusal:
            signed_by_the_log(parse_submission(b"old 0\n\n" + text + b"\n" + lines), LOGS)
        assert refusal.value.slug == "witness.not_signed_by_the_log"


def test_logs_that_a_witness_does_not_know_are_not_found_whoever_signed() -> None:
    for logs in ({}, {"log.example/other": (LOG.key,)}):
        with pytest.raises(Problem) as refusal:
            signed_by_the_log(parse_submission(GOOD), logs)
        assert refusal.value.slug == "witness.unknown_log"


def test_a_signature_twice_is_refused() -> None:
    note = LOG.note(9)
    twice = parse_submission(body(0, [], Note(note.text, note.signatures * 2)))
    with pytest.raises(Problem) as refusal:
        signed_by_the_log(twice, LOGS)
    assert refusal.value.details["why"] == "twice"


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_only_what_extends_the_last_one_is_cosigned(last: int, old: int, size: int) -> None:
    latest = Checkpoint(ORIGIN, last, TRUE.root(last)) if last else None
    asked = parse_submission(LOG.ask(old, size))
    status = 200
    try:
        assert to_cosign(asked, latest) == Checkpoint(ORIGIN, size, TRUE.root(size))
    except Problem as refusal:
        status = refusal.status
    assert status == (400 if old > size else 409 if old != last else 200)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for request in (data, b"old 0\n\n" + data, bytes(GOOD[: len(data) * 7]) + data):
        try:
            found = parse_submission(request)
        except Malformed:
            continue
        with pytest.raises(Problem):
            signed_by_the_log(found, {})


def test_a_log_is_named_by_the_hash_of_its_origin() -> None:
    assert origin_hash("go.sum database tree").startswith("46613be2987d5d31")
    assert origin_hash(Log().origin) != origin_hash(ORIGIN + " ")

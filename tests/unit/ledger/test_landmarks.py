"""Landmarks: read only as they are written, and believed only as the policy says."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import random
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Problem
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.landmarks import (
    MAX_FILE,
    MAX_LANDMARKS,
    Landmarks,
    LandmarksContradict,
    LandmarksUnreadable,
    parse_landmarks,
    roots_of,
)
from mingma.ledger.note import KeyType, Note, sign
from mingma.ledger.policy import parse_policy
from tests.paths import ROOT
from tests.unit.ledger.published import ed25519, flipped

VECTORS = ROOT / "tests" / "vectors" / "ledger" / "own" / "landmarks.json"
SEED = "mingma landmarks 1"
ORIGIN = "ledger.test.example/codes/2022"
LOG, LOG_SIGN = ed25519(sha256(f"{SEED}|log".encode()).digest(), ORIGIN, KeyType.ED25519)
WITNESSES = [
    ed25519(sha256(f"{SEED}|w{n}".encode()).digest(), f"witness.test.example/w{n}",
            KeyType.ED25519_COSIGNATURE)
    for n in range(3)
]  # fmt: skip
POLICY_TEXT = (
    f"log {LOG}\n"
    + "".join(f"witness w{n} {key}\n" for n, (key, _) in enumerate(WITNESSES))
    + "group two 2 w0 w1 w2\nquorum two\n"
)
POLICY = parse_policy(POLICY_TEXT.encode())
SIZES = (1, 2, 775, 10**7)


def root(size: int) -> bytes:
    return sha256(f"{SEED}|root/{size}".encode()).digest()


def note(size: int, witnesses: int = 2, origin: str = ORIGIN, at: bytes | None = None) -> Note:
    """A head that the log signed and so many witnesses cosigned."""
    head = Checkpoint(origin, size, at or root(size))
    lines = [cosign(head, key, 1_655_179_200, by) for key, by in WITNESSES[:witnesses]]
    return Note(str(head), (sign(str(head), LOG, LOG_SIGN), *lines))


LANDMARKS = Landmarks(tuple(note(size) for size in SIZES))
DATA = bytes(LANDMARKS)


def test_landmarks_are_read_as_they_were_written() -> None:
    for count in range(len(SIZES) + 1):
        some = Landmarks(LANDMARKS.notes[:count])
        assert parse_landmarks(bytes(some)) == some
    assert bytes(Landmarks(())) == b"mingma/landmarks/1\n"


def test_the_policy_says_which_are_believed() -> None:
    assert LANDMARKS.verify(POLICY) == {size: root(size) for size in SIZES}
    short = Landmarks((note(1), note(2, witnesses=1), note(775, witnesses=3)))
    assert list(short.verify(POLICY)) == [1, 775]
    bent = dataclasses.replace(note(2).signatures[1], signature=b"s" * 72)
    refused = Note(note(2).text, (note(2).signatures[0], bent, *note(2).signatures[2:]))
    assert list(Landmarks((note(1), refused)).verify(POLICY)) == [1]
    other, _ = ed25519(b"o" * 32, ORIGIN, KeyType.ED25519)
    stranger = parse_policy(POLICY_TEXT.replace(str(LOG), str(other)).encode())
    assert LANDMARKS.verify(stranger) == {}


def test_no_single_bit_gives_a_root_that_was_not_cosigned() -> None:
    chance, right = random.Random(SEED), LANDMARKS.verify(POLICY)
    for _ in range(1000):
        try:
            found = parse_landmarks(flipped(DATA, chance)).verify(POLICY)
        except LandmarksUnreadable:
            continue
        assert found.items() <= right.items()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "version"),
        (b"mingma/landmarks/1", "version"),
        (b"mingma/landmarks/1\n\n", "note"),
        (DATA.replace(b"landmarks/1", b"landmarks/2"), "version"),
        (b"\n" + DATA, "version"),
        (DATA[:-1], "note"),
        (DATA + b"\n", "note"),
        (DATA + b"\n\n", "note"),
        (DATA.replace(b"\n\nledger", b"\n\n\nledger"), "checkpoint"),
        (DATA.replace(b"\n775\n", b"\n0775\n"), "checkpoint"),
        (DATA.replace(b"\n775\n", b"\n0\n"), "checkpoint"),
        (DATA.replace(b"\n775\n", b"\n2\n"), "order"),
        (DATA.replace(b"\n775\n", b"\n1\n"), "order"),
        (DATA.replace(b"\n\xe2\x80\x94 ledger", b"\n- ledger"), "note"),
        (DATA.replace(ORIGIN.encode() + b"\n775", b"other.example/log\n775"), "origin"),
        (DATA + b"x" * MAX_FILE, "size"),
        (b"mingma/landmarks/1" + b"\n\nx\n\ny" * (MAX_LANDMARKS + 1), "count"),
    ],
)
def test_what_is_no_list_of_landmarks_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(LandmarksUnreadable) as refused:
        parse_landmarks(data)
    assert refused.value.details["why"] == why


def test_no_list_is_built_that_could_not_be_read() -> None:
    for notes in ((note(2), note(1)), (note(1), note(1)), (note(1),) * (MAX_LANDMARKS + 1)):
        with pytest.raises(LandmarksUnreadable):
            Landmarks(notes)


@given(st.binary(max_size=60), st.integers(0, len(DATA)))
def test_any_bytes_print_back_the_same_or_are_refused(noise: bytes, at: int) -> None:
    for data in (noise, DATA[:at] + noise + DATA[at:], DATA[:at] + noise + DATA[at + len(noise) :]):
        with contextlib.suppress(LandmarksUnreadable):
            assert bytes(parse_landmarks(data)) == data


def test_several_files_of_one_log_are_one_list() -> None:
    files = [Landmarks(LANDMARKS.notes[:3]), Landmarks(LANDMARKS.notes[1:])]
    assert roots_of(files, POLICY) == LANDMARKS.verify(POLICY)


def test_two_roots_of_one_size_are_refused_where_both_are_believed() -> None:
    fork = Landmarks((note(2, at=root(3)),))
    with pytest.raises(LandmarksContradict, match="size 2"):
        roots_of([LANDMARKS, fork], POLICY)
    nobodys = Landmarks((note(2, witnesses=1, at=root(3)),))
    assert roots_of([LANDMARKS, nobodys], POLICY) == LANDMARKS.verify(POLICY)


def test_landmarks_of_two_logs_are_not_mixed() -> None:
    origin = "ledger.other.example/codes"
    key, by = ed25519(b"o" * 32, origin, KeyType.ED25519)
    head = Checkpoint(origin, 5, root(5))
    lines = [cosign(head, one, 1_655_179_200, signer) for one, signer in WITNESSES]
    other = Landmarks((Note(str(head), (sign(str(head), key, by), *lines)),))
    both = parse_policy(f"log {key}\n{POLICY_TEXT}".encode())
    assert list(other.verify(both)) == [5]
    with pytest.raises(LandmarksContradict):
        roots_of([LANDMARKS, other], both)


def test_landmarks_of_a_log_and_of_the_one_that_goes_on_from_it_are_one_list() -> None:
    origin = "ledger.test.example/codes/2023"
    key, by = ed25519(b"n" * 32, origin, KeyType.ED25519)
    head = Checkpoint(origin, 776, root(776))
    lines = [cosign(head, one, 1_655_179_200, signer) for one, signer in WITNESSES]
    later = Note(str(head), (sign(str(head), key, by), *lines))
    both = parse_policy(f"log {key}\n{POLICY_TEXT}".encode())
    line = Landmarks((note(1), note(775), later))
    assert parse_landmarks(bytes(line)) == line
    assert line.verify(both) == {1: root(1), 775: root(775), 776: root(776)}
    assert list(line.verify(POLICY)) == [1, 775]
    assert roots_of([Landmarks((note(2),)), line], both).keys() == {1, 2, 775, 776}
    # The earlier log does not go on behind the later one.
    with pytest.raises(LandmarksUnreadable, match="origin"):
        Landmarks((note(1), later, note(10**7)))
    with pytest.raises(LandmarksContradict):
        roots_of([line, Landmarks((note(10**7),))], both)


# The vectors: made from SEED by `made`, frozen in the file.


def made() -> dict[str, Any]:
    """The vectors, from the seed."""
    chance = random.Random(SEED)
    lists = {
        "none yet": Landmarks(()),
        "one": Landmarks((note(1),)),
        "four": LANDMARKS,
        "one without its quorum": Landmarks((note(1), note(2, witnesses=1), note(775))),
        "of a log that the policy does not name": Landmarks((note(1, origin="other.example"),)),
    }
    good = [
        {
            "name": name,
            "landmarks": bytes(one).decode(),
            "roots": {str(size): found.hex() for size, found in one.verify(POLICY).items()},
        }
        for name, one in lists.items()
    ]
    bad = [
        ("another version", DATA.replace(b"landmarks/1", b"landmarks/2")),
        ("cut short", DATA[:-1]),
        ("an empty line more", DATA + b"\n"),
        ("a size twice", DATA.replace(b"\n775\n", b"\n2\n")),
        ("a smaller size after a larger", DATA.replace(b"\n775\n", b"\n1\n")),
        ("two origins", DATA.replace(ORIGIN.encode() + b"\n775", b"other.example/log\n775")),
        ("a leading zero", DATA.replace(b"\n775\n", b"\n0775\n")),
        ("a byte order mark", b"\xef\xbb\xbf" + DATA),
    ]
    bent = [flipped(DATA, chance) for _ in range(8)]
    return {
        "seed": SEED,
        "policy": POLICY_TEXT,
        "good": good,
        "bad": [{"name": name, "landmarks": _base64(data)} for name, data in bad],
        "bent": [{"landmarks": _base64(data)} for data in bent],
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def in_file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


def test_the_vectors_are_what_the_seed_makes() -> None:
    assert made() == in_file()


def test_the_good_vectors_give_their_roots() -> None:
    policy = parse_policy(in_file()["policy"].encode())
    for case in in_file()["good"]:
        found = parse_landmarks(case["landmarks"].encode()).verify(policy)
        assert {str(size): one.hex() for size, one in found.items()} == case["roots"], case["name"]


def test_the_bad_vectors_are_refused_and_the_bent_ones_prove_no_more() -> None:
    for case in in_file()["bad"]:
        with pytest.raises(LandmarksUnreadable):
            parse_landmarks(base64.b64decode(case["landmarks"]))
    right = LANDMARKS.verify(POLICY)
    for case in in_file()["bent"]:
        with contextlib.suppress(Problem):
            found = parse_landmarks(base64.b64decode(case["landmarks"])).verify(POLICY)
            assert found.items() < right.items()

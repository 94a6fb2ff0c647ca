"""Checkpoints and cosignatures: the published ones hold; nothing is read that would not print."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.ledger.checkpoint import Checkpoint, CheckpointUnreadable, parse_checkpoint
from mingma.ledger.cosignature import (
    NoTimeToState,
    cosign,
    mldsa44_message,
    verify_checkpoint,
)
from mingma.ledger.note import (
    KeyType,
    Note,
    NoteNotTrusted,
    Signature,
    SignerDoesNotFit,
    parse_key,
    parse_note,
    sign,
)
from mingma.ledger.tree import EMPTY_ROOT, leaf_hash
from tests.unit.ledger.published import GOLDEN, NOTES, VECTORS, ed25519, golden, mldsa44

ROOT_HASH = leaf_hash(b"one")
HEAD = Checkpoint("log.example/test", 7, ROOT_HASH)
TEXT = str(HEAD)
WITNESS, WITNESS_SIGNER = ed25519(b"w" * 32, "witness.example/w1", KeyType.ED25519_COSIGNATURE)
POST_QUANTUM, PQ_SIGNER = mldsa44(b"q" * 32, "witness.example/pq1")
LOG, LOG_SIGNER = ed25519(b"l" * 32, HEAD.origin, KeyType.ED25519)
TIME = 1767139200
SUNLIGHT = VECTORS / "sunlight"


@pytest.mark.parametrize("size", range(16))
def test_every_checkpoint_of_another_make_holds(size: int) -> None:
    data = (VECTORS / "tessera" / "log" / f"checkpoint.{size}").read_bytes()
    note = parse_note(data)
    key = parse_key(NOTES["tessera_vkey"])
    checkpoint, found = verify_checkpoint(note, [key])
    assert (checkpoint.origin, checkpoint.size) == (key.name, size)
    assert str(checkpoint) == note.text
    assert bytes(note) == data
    assert [(one.key, one.time) for one in found] == [(key, None)]


@pytest.mark.parametrize(
    ("path", "vkey"),
    [
        (
            "witness/000de1",
            "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN",
        ),
        (
            "witness/mirror/000de1",
            "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O",
        ),
        (
            "witness2/88ad7a",
            "witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9",
        ),
    ],
)
def test_a_published_cosignature_holds(path: str, vkey: str) -> None:
    [file] = SUNLIGHT.glob(f"{path}*/checkpoint")
    note = parse_note(file.read_bytes())
    checkpoint, [found] = verify_checkpoint(note, [parse_key(vkey)])
    assert checkpoint.size == 300
    assert found.time == TIME
    assert bytes(note) == file.read_bytes()


def test_all_golden_cosignatures_hold_the_post_quantum_one_too() -> None:
    note = parse_note(golden("checkpoint.cosigned"))
    written = [GOLDEN["log_vkey"], *(one["vkey"] for one in GOLDEN["witnesses"])]
    keys = [parse_key(one) for one in [*written, GOLDEN["mldsa44"]["vkey"]]]
    checkpoint, found = verify_checkpoint(note, keys)
    assert checkpoint.size == 775
    assert [one.key for one in found] == keys
    assert [one.time for one in found] == [None, TIME, TIME + 1, TIME + 2, TIME + 9]


def test_the_ed25519_cosignatures_are_the_ones_that_were_published() -> None:
    note = parse_note(golden("checkpoint.cosigned"))
    checkpoint = parse_checkpoint(note.text)
    for at, one in enumerate(GOLDEN["witnesses"]):
        seed = bytes.fromhex(one["seed_hex"])
        key, signer = ed25519(seed, one["name"], KeyType.ED25519_COSIGNATURE)
        assert cosign(checkpoint, key, TIME + at, signer) == note.signatures[1 + at]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TEXT[:-1], "lines"),
        (TEXT + "\n", "lines"),
        (TEXT + "extension\n", "lines"),
        ("\n" + TEXT, "lines"),
        (TEXT.replace(HEAD.origin, ""), "origin"),
        (TEXT.replace(HEAD.origin, "o" * 256), "origin"),
        (TEXT.replace(HEAD.origin, "a\tb"), "origin"),
        *(
            (TEXT.replace("\n7\n", f"\n{size}\n"), "size")
            for size in ("07", "+7", "7 ", "", "7_0", "-7", "\uff17", "7.0", "0x7", str(2**63))
        ),
        (TEXT.replace("=\n", "\n"), "root"),
        (TEXT.replace("=\n", "==\n"), "root"),
        (TEXT.replace("\n7\n", "\n7\nA"), "root"),
        ("o\n7\nAAAA\n", "root"),
        (TEXT.replace("\n7\n", "\n0\n"), "empty_root"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str, why: str) -> None:
    with pytest.raises(CheckpointUnreadable) as refused:
        parse_checkpoint(text)
    assert refused.value.details["why"] == why


def test_spare_bits_in_a_root_are_refused() -> None:
    last = TEXT[-3]
    bent = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = bent[bent.index(last) ^ 1]
    with pytest.raises(CheckpointUnreadable, match="root"):
        parse_checkpoint(TEXT[:-3] + other + TEXT[-2:])


def test_an_empty_log_is_signed_too() -> None:
    assert parse_checkpoint(str(Checkpoint("o", 0, EMPTY_ROOT))).size == 0


def test_a_checkpoint_is_built_only_if_it_can_be_read() -> None:
    for origin, size, root in [
        ("", 1, ROOT_HASH),
        ("a\nb", 1, ROOT_HASH),
        ("\ud800", 1, ROOT_HASH),
        ("o", -1, ROOT_HASH),
        ("o", 2**63, ROOT_HASH),
        ("o", 1, ROOT_HASH[1:]),
        ("o", 0, ROOT_HASH),
    ]:
        with pytest.raises(CheckpointUnreadable):
            Checkpoint(origin, size, root)


@given(st.text(max_size=120))
def test_any_text_is_a_checkpoint_that_prints_back_or_malformed(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert str(parse_checkpoint(text)) == text


def test_a_new_cosignature_of_either_form_holds_and_tells_its_time() -> None:
    lines = (
        cosign(HEAD, WITNESS, TIME, WITNESS_SIGNER),
        cosign(HEAD, POST_QUANTUM, TIME + 1, PQ_SIGNER),
        sign(TEXT, LOG, LOG_SIGNER),
    )
    assert [len(one.signature) for one in lines] == [8 + 64, 8 + 2420, 64]
    checkpoint, found = verify_checkpoint(Note(TEXT, lines), [LOG, WITNESS, POST_QUANTUM])
    assert checkpoint == HEAD
    assert [(one.key, one.time) for one in found] == [
        (WITNESS, TIME),
        (POST_QUANTUM, TIME + 1),
        (LOG, None),
    ]


def test_a_cosignature_holds_for_its_time_and_checkpoint_only() -> None:
    other = str(Checkpoint(HEAD.origin, 8, ROOT_HASH))
    for key, signer in ((WITNESS, WITNESS_SIGNER), (POST_QUANTUM, PQ_SIGNER)):
        good = cosign(HEAD, key, TIME, signer).signature
        for text, signature in [
            (other, good),
            (TEXT, (TIME + 1).to_bytes(8, "big") + good[8:]),
            (TEXT, bytes(8) + good[8:]),
            (TEXT, b"\xff" * 8 + good[8:]),
            (TEXT, good[:8]),
            (TEXT, good[:5]),
            (TEXT, good + b"\x00"),
        ]:
            with pytest.raises(NoteNotTrusted, match="signature"):
                verify_checkpoint(Note(text, (Signature(key.name, key.id, signature),)), [key])


def test_the_post_quantum_form_is_bound_to_the_name_of_its_key() -> None:
    renamed, _ = mldsa44(b"q" * 32, "witness.example/pq2")
    good = cosign(HEAD, POST_QUANTUM, TIME, PQ_SIGNER).signature
    with pytest.raises(NoteNotTrusted, match="signature"):
        verify_checkpoint(Note(TEXT, (Signature(renamed.name, renamed.id, good),)), [renamed])
    # Byte for byte as the specification draws it.
    assert mldsa44_message("w", 5, Checkpoint("o", 7, ROOT_HASH)) == (
        b"subtree/v1\n\x00" + b"\x01w" + bytes([0, 0, 0, 0, 0, 0, 0, 5]) + b"\x01o"
        + bytes(8) + bytes([0, 0, 0, 0, 0, 0, 0, 7]) + ROOT_HASH
    )  # fmt: skip


def test_a_plain_key_or_a_wrong_signer_or_time_makes_no_cosignature() -> None:
    with pytest.raises(SignerDoesNotFit):
        cosign(HEAD, LOG, TIME, LOG_SIGNER)
    with pytest.raises(SignerDoesNotFit):
        cosign(HEAD, WITNESS, TIME, LOG_SIGNER)
    for time in (0, -1, 2**63):
        with pytest.raises(NoTimeToState, match=f"reads {time}"):
            cosign(HEAD, WITNESS, time, WITNESS_SIGNER)


def test_a_name_too_long_for_the_post_quantum_form_cosigns_nothing() -> None:
    key, signer = mldsa44(b"q" * 32, "w" * 256)
    with pytest.raises(SignerDoesNotFit):
        cosign(HEAD, key, TIME, signer)
    with pytest.raises(ValueError, match="255"):
        mldsa44_message(key.name, TIME, HEAD)
    line = Signature(key.name, key.id, TIME.to_bytes(8, "big") + b"s" * 2420)
    with pytest.raises(NoteNotTrusted, match="signature"):
        verify_checkpoint(Note(TEXT, (line,)), [key])


def test_a_signed_text_that_is_no_checkpoint_is_refused() -> None:
    text = TEXT + "extension\n"
    with pytest.raises(CheckpointUnreadable, match="lines"):
        verify_checkpoint(Note(text, (sign(text, LOG, LOG_SIGNER),)), [LOG])

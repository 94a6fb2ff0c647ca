"""Signed notes: the published ones hold, what is bent or strange is refused."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.ledger.note import (
    MAX_NOTE,
    MAX_SIGNATURES,
    KeyType,
    KeyUnreadable,
    Note,
    NoteNotTrusted,
    NoteUnreadable,
    Signature,
    SignerDoesNotFit,
    VerifierKey,
    parse_key,
    parse_note,
    parse_signature,
    sign,
    verify,
)
from mingma.ledger.text import write_base64
from tests.unit.ledger.published import GOLDEN, NOTES, ed25519, golden, mldsa44

PUBLISHED: list[dict[str, Any]] = NOTES["signed_note"]
KEY, SIGNER = ed25519(b"k" * 32, "log.example/one", KeyType.ED25519)
OTHER, OTHER_SIGNER = ed25519(b"o" * 32, "log.example/two", KeyType.ED25519)
TEXT = "A text.\n\nWith an empty line.\n"
LINE = sign(TEXT, KEY, SIGNER)
GOOD = bytes(Note(TEXT, (LINE,)))


def name(case: dict[str, Any]) -> str:
    return str(case["vkey"]).split("+", maxsplit=1)[0]


@pytest.mark.parametrize("case", PUBLISHED, ids=name)
def test_a_published_note_holds_under_its_key_and_prints_back(case: dict[str, Any]) -> None:
    key = parse_key(case["vkey"])
    assert str(key) == case["vkey"]
    note = parse_note(case["note"].encode())
    assert bytes(note) == case["note"].encode()
    assert [found for found, _ in verify(note, [key, KEY])] == [key]


@pytest.mark.parametrize("text", NOTES["bad_vkeys"]["must_reject"])
def test_a_published_bad_key_is_refused(text: str) -> None:
    with pytest.raises(KeyUnreadable):
        parse_key(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (str(KEY).replace("+", ""), "parts"),
        (str(KEY) + "=", "base64"),
        (str(KEY)[:-1] + "\n", "base64"),
        (str(KEY).replace("log", "l g"), "name"),
        (str(KEY).replace("log", "l\u3000g"), "name"),
        (str(KEY).replace("log", "l\x01g"), "name"),
        (str(KEY).replace("log", "l\ud800g"), "name"),
        (str(KEY).replace("log.example/one", ""), "name"),
        (str(KEY).replace("log", "lag"), "id"),
        (f"a+{KEY.id.hex().upper()}+{write_base64(b'x')}", "type"),
        (f"a+00000000+{write_base64(b'')}", "type"),
        (f"a+00000000+{write_base64(bytes([5]) + KEY.public)}", "type"),
        (f"a+00000000+{write_base64(bytes([1]) + KEY.public + b'x')}", "size"),
        (f"a+00000000+{write_base64(bytes([6]) + KEY.public)}", "size"),
        (f"a+0000000+{write_base64(bytes([1]) + KEY.public)}", "id"),
    ],
)
def test_a_key_that_would_not_print_back_is_refused(text: str, why: str) -> None:
    with pytest.raises(KeyUnreadable) as refused:
        parse_key(text)
    assert refused.value.details["why"] == why


def test_an_id_in_capitals_is_not_the_id() -> None:
    name, id_, encoded = str(KEY).split("+", maxsplit=2)
    assert id_ != id_.upper()
    with pytest.raises(KeyUnreadable, match="id"):
        parse_key(f"{name}+{id_.upper()}+{encoded}")


def test_the_golden_keys_are_those_of_their_seeds() -> None:
    origin = GOLDEN["log_vkey"].partition("+")[0]
    log, _ = ed25519(bytes.fromhex(GOLDEN["log_seed_hex"]), origin, KeyType.ED25519)
    assert str(log) == GOLDEN["log_vkey"]
    for one in GOLDEN["witnesses"]:
        seed = bytes.fromhex(one["seed_hex"])
        assert str(ed25519(seed, one["name"], KeyType.ED25519_COSIGNATURE)[0]) == one["vkey"]
    one = GOLDEN["mldsa44"]
    assert str(mldsa44(bytes.fromhex(one["seed_hex"]), one["name"])[0]) == one["vkey"]


def test_a_plain_signature_is_the_one_that_was_published() -> None:
    note = parse_note(golden("log/checkpoint"))
    seed = bytes.fromhex(GOLDEN["log_seed_hex"])
    key, signer = ed25519(seed, note.signatures[0].name, KeyType.ED25519)
    assert sign(note.text, key, signer) == note.signatures[0]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "signatures"),
        (b"text\n", "signatures"),
        (b"text\n\n", "signatures"),
        (GOOD[:-1], "signatures"),
        (GOOD + b"\n", "signatures"),
        (GOOD + b"x", "signatures"),
        (GOOD.replace(b"\n\n", b"\n"), "signatures"),
        (GOOD.replace(b"A text", b"A\ttext"), "text"),
        (GOOD.replace(b"\n", b"\r\n"), "signatures"),
        (GOOD.replace(b"A text.", b"A text.\r"), "text"),
        (GOOD.replace(b"A", b"\xff"), "bytes"),
        (GOOD.replace("\u2014".encode(), b"-"), "signature"),
        (GOOD.replace("\u2014 ".encode(), "\u2014  ".encode()), "signature"),
        (GOOD.replace(b"one ", b"one  "), "signature"),
        (GOOD.replace(b"/one", b"+one"), "signature"),
        (GOOD.replace(b"/one", "\u2028one".encode()), "signature"),
        (GOOD.replace(b"=\n", b"\n"), "signature"),
        ("t\n\n\u2014 a AAAA\n".encode(), "signature"),
        ("t\n\n\u2014 a AAAAAA==\n".encode(), "signature"),
        ("t\n\n\u2014 a AAAAAAB=\n".encode(), "signature"),
        (b"t\n\n" + str(LINE).encode() * (MAX_SIGNATURES + 1), "signatures"),
        (b"x" * MAX_NOTE + GOOD, "size"),
    ],
)
def test_what_is_no_note_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(NoteUnreadable) as refused:
        parse_note(data)
    assert refused.value.details["why"] == why


def test_a_note_is_built_only_if_it_can_be_read() -> None:
    for text in ("", "no newline", "tab\t\n", "half \ud800\n"):
        with pytest.raises(NoteUnreadable, match="text"):
            Note(text, (LINE,))
    with pytest.raises(NoteUnreadable, match="signatures"):
        Note(TEXT, ())
    for name, id_, signature in [("a b", b"1234", b"s"), ("a", b"123", b"s"), ("a", b"1234", b"")]:
        with pytest.raises(NoteUnreadable, match="signature"):
            Signature(name, id_, signature)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example("\n\n\u2014 a AAAAAAA=\n".encode())
def test_any_bytes_are_a_note_that_prints_back_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert bytes(parse_note(data)) == data
    with contextlib.suppress(Malformed, UnicodeDecodeError):
        assert str(parse_key(data.decode())).encode() == data


def test_a_signature_of_an_unknown_key_is_ignored() -> None:
    note = Note(
        TEXT, (Signature("elsewhere", b"1234", b"junk"), LINE, sign(TEXT, OTHER, OTHER_SIGNER))
    )
    assert verify(note, [KEY]) == ((KEY, LINE),)
    assert [key for key, _ in verify(note, [OTHER, KEY])] == [KEY, OTHER]


def test_a_key_is_known_by_name_and_id_together() -> None:
    for line in (
        Signature("log.example/three", KEY.id, LINE.signature),
        Signature(KEY.name, OTHER.id, LINE.signature),
    ):
        with pytest.raises(NoteNotTrusted, match="no_known_key"):
            verify(Note(TEXT, (line,)), [KEY, OTHER])
        assert verify(Note(TEXT, (line, LINE)), [KEY, OTHER]) == ((KEY, LINE),)


def test_one_failing_signature_of_a_known_key_refuses_the_note() -> None:
    bad = Signature(OTHER.name, OTHER.id, LINE.signature)
    with pytest.raises(NoteNotTrusted) as refused:
        verify(Note(TEXT, (LINE, bad)), [KEY, OTHER])
    assert refused.value.details == {"why": "signature", "name": OTHER.name}
    for short in (b"s", LINE.signature[:-1], LINE.signature + b"\x00"):
        with pytest.raises(NoteNotTrusted, match="signature"):
            verify(Note(TEXT, (Signature(KEY.name, KEY.id, short),)), [KEY])


def test_a_known_key_signs_once() -> None:
    with pytest.raises(NoteNotTrusted, match="twice"):
        verify(Note(TEXT, (LINE, LINE)), [KEY])


def test_a_note_without_a_known_key_or_of_another_text_is_refused() -> None:
    with pytest.raises(NoteNotTrusted, match="no_known_key"):
        verify(parse_note(GOOD), [])
    with pytest.raises(NoteNotTrusted, match="signature"):
        verify(Note("Another text.\n", (LINE,)), [KEY])


def test_a_cosignature_key_signs_no_plain_note() -> None:
    witness, signer = ed25519(b"k" * 32, "w", KeyType.ED25519_COSIGNATURE)
    line = Signature(witness.name, witness.id, signer(TEXT.encode()))
    with pytest.raises(NoteNotTrusted, match="signature"):
        verify(Note(TEXT, (line,)), [witness])
    with pytest.raises(SignerDoesNotFit):
        sign(TEXT, witness, signer)


def test_a_signature_that_does_not_verify_is_not_written() -> None:
    with pytest.raises(SignerDoesNotFit):
        sign(TEXT, KEY, OTHER_SIGNER)


def test_a_single_line_is_read_as_a_witness_sends_it() -> None:
    assert parse_signature(str(LINE)) == LINE
    for bad in (str(LINE)[:-1], str(LINE) + "\n", "\n", ""):
        with pytest.raises(NoteUnreadable):
            parse_signature(bad)


def test_a_public_key_of_another_size_is_no_key() -> None:
    with pytest.raises(KeyUnreadable, match="size"):
        VerifierKey("a", KeyType.MLDSA44_COSIGNATURE, b"x" * 32)

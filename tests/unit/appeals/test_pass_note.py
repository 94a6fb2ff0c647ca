"""A pass note reads back as it was written, and says nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.appeals.pass_note import (
    PLACES,
    NoPassNote,
    PassNote,
    PassRefused,
    opens,
    read_pass_note,
)
from mingma.appeals.terms import Ground
from mingma.authority.places import PlaceClass
from mingma.kernel.times import Instant
from mingma.ledger.note import KeyType, Note, VerifierKey, parse_note, sign

NOTE = PassNote(
    name="W* X", last_four="116X", ground=Ground.COURT_HEARING, place="court",
    since=Instant(1_655_200_000), until=Instant(1_655_201_800), separate=True, specimen=False,
)  # fmt: skip


def test_it_reads_back() -> None:
    assert read_pass_note(NOTE.text()) == NOTE
    assert NOTE.text().split("\n")[1] == "holder 116X W* X"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mingma-pass-note v1\n",
        NOTE.text().replace("v1", "v2"),
        NOTE.text().replace("separate", "none"),
        NOTE.text().replace("court_hearing", "shopping"),
        NOTE.text() + "colour green\n",
        NOTE.text().replace("\n", "\r\n"),
        NOTE.text().replace("+08:00", "Z"),
    ],
)
def test_another_text_is_none(text: str) -> None:
    with pytest.raises(NoPassNote):
        read_pass_note(text)


def test_every_ground_has_its_place() -> None:
    assert set(PLACES) == set(Ground)


SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = VerifierKey("log.example", KeyType.ED25519, SIGNER.public_key().public_bytes_raw())


def signed(note: PassNote = NOTE) -> bytes:
    return bytes(Note(note.text(), (sign(note.text(), KEY, SIGNER.sign),)))


def door(note: bytes, place: str = "court", at: int = NOTE.since, *, specimen: bool = False) -> str:
    """The name of whom it lets in, or why it does not."""
    try:
        return opens(note, [KEY], PlaceClass(place), Instant(at), specimen=specimen).name
    except PassRefused as refused:
        return str(refused.details["why"])


def test_it_opens_its_own_doors_in_its_time_and_no_other() -> None:
    note = signed()
    assert door(note) == "W* X"
    assert door(note, at=NOTE.until - 1) == "W* X"
    assert door(note, at=NOTE.until) == "time"
    assert door(note, at=NOTE.since - 1) == "time"
    assert door(note, place="school") == "place"


def test_it_opens_nothing_without_the_log_s_signature() -> None:
    other = VerifierKey(KEY.name, KeyType.ED25519, bytes(32))
    text = replace(NOTE, separate=False).text()
    forged = bytes(Note(text, parse_note(signed()).signatures))
    with pytest.raises(PassRefused, match="signature"):
        opens(forged, [KEY], PlaceClass.COURT, NOTE.since, specimen=False)
    with pytest.raises(PassRefused):
        opens(signed(), [other], PlaceClass.COURT, NOTE.since, specimen=False)
    with pytest.raises(NoPassNote):
        opens(b"mingma-pass-note v1\n", [KEY], PlaceClass.COURT, NOTE.since, specimen=False)


def test_a_specimen_s_opens_a_specimen_s_doors_only() -> None:
    note = signed(replace(NOTE, specimen=True))
    assert (door(note), door(note, specimen=True)) == ("specimen", "W* X")

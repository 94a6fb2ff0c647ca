"""A pass note reads back as it was written, and says nothing more."""

from __future__ import annotations

import pytest

from mingma.appeals.pass_note import PLACES, NoPassNote, PassNote, read_pass_note
from mingma.appeals.terms import Ground
from mingma.kernel.times import Instant

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

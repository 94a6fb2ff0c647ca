"""The pass note of an urgent matter: a text, not a colour, under which the log stands.

It says that this person has asked under which ground, that entry is guaranteed meanwhile, and until
when this copy of it counts. A gate compares name and last four with the card, as with a code.
Whoever holds the log's public key can check it offline; it says nothing of any decision or reason.
Format: docs/formats/pass-note.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mingma.appeals.appeal import Filed
from mingma.appeals.terms import Ground
from mingma.authority.places import PlaceClass
from mingma.kernel.errors import Malformed, Refused
from mingma.kernel.times import Instant, NotAnInstant, parse_instant, print_instant
from mingma.ledger.note import (
    NoteNotTrusted,
    NoteUnreadable,
    VerifierKey,
    parse_note,
    verify,
)

FIRST_LINE: Final = "mingma-pass-note v1"
COPY_LASTS: Final = 1800  # seconds: a rejected request's last copy is dead within half an hour
SPECIMEN: Final = "specimen, proves nothing"

# Where the note opens a door: place classes of the published place policy (P17).
PLACES: Final[dict[Ground, tuple[PlaceClass, ...]]] = {
    Ground.MEDICAL_CARE: (PlaceClass.HOSPITAL,),
    Ground.CHILDBIRTH: (PlaceClass.HOSPITAL,),
    Ground.FUNERAL: (
        PlaceClass.RAILWAY_STATION,
        PlaceClass.COACH_STATION,
        PlaceClass.AIRPORT,
        PlaceClass.CROWDED_INDOORS,
    ),
    Ground.EXAM: (PlaceClass.SCHOOL,),
    Ground.COURT_HEARING: (PlaceClass.COURT,),
    Ground.PETITION: (PlaceClass.PETITION,),
}


class NoPassNote(Malformed):
    """A text that is no pass note."""

    slug = "pass_note.unreadable"
    zh = "这不是急事通行说明"
    en = "this is no pass note"
    remedy_zh = "请出示本人页面上的原文"
    remedy_en = "show the text on the person's own page as it is"


class PassRefused(Refused):
    """A pass note that opens no door: `why` is one of signature, time, place, specimen."""

    slug = "pass_note.refused"
    zh = "此急事通行说明在此时此地不能放行(`{why}`)"
    en = "this pass note opens no door here and now (`{why}`)"
    remedy_zh = "请本人刷新页面,出示最新的一份;急事请先让其就近等候并拨打热线"
    remedy_en = "have the person's page make a new copy; in need let them wait and call the hotline"


@dataclass(frozen=True, slots=True)
class PassNote:
    """What a pass note says. `separate`: a laboratory's finding stands, by the other entrance."""

    name: str
    last_four: str
    ground: Ground
    place: str
    since: Instant
    until: Instant
    separate: bool
    specimen: bool

    def text(self) -> str:
        """The signed text, one fact a line."""
        lines = [
            FIRST_LINE,
            f"holder {self.last_four} {self.name}",
            f"ground {self.ground.value}",
            f"place {self.place}",
            f"since {print_instant(self.since)}",
            f"until {print_instant(self.until)}",
            f"entrance {'separate' if self.separate else 'any'}",
        ]
        return "\n".join([*lines, *([SPECIMEN] if self.specimen else []), ""])


def pass_note(
    filed: Filed, now: Instant, *, name: str, last_four: str, specimen: bool
) -> PassNote | None:
    """The note of an urgent request at an instant; None where it opens no door."""
    until = filed.pass_until(now)
    if until is None or filed.appeal.ground is None:
        return None
    ground = Ground(filed.appeal.ground)
    return PassNote(
        name=name,
        last_four=last_four,
        ground=ground,
        place=" ".join(PLACES[ground]),
        since=now,
        until=min(until, Instant(now + COPY_LASTS)),
        separate=filed.appeal.laboratory,
        specimen=specimen,
    )


def read_pass_note(text: str) -> PassNote:
    """The note in a text whose signature was verified; raises NoPassNote."""
    lines = text.split("\n")
    specimen = SPECIMEN in lines
    try:
        words = dict(line.split(" ", 1) for line in lines[1:7])
        last_four, name = words["holder"].split(" ", 1)
        note = PassNote(
            name=name,
            last_four=last_four,
            ground=Ground(words["ground"]),
            place=words["place"],
            since=parse_instant(words["since"]),
            until=parse_instant(words["until"]),
            separate=words["entrance"] == "separate",
            specimen=specimen,
        )
    except (ValueError, LookupError, NotAnInstant):
        raise NoPassNote from None
    if note.text() != text:
        raise NoPassNote
    return note


def opens(
    note: bytes, keys: Iterable[VerifierKey], place: PlaceClass, now: Instant, *, specimen: bool
) -> PassNote:
    """The signed note that lets its holder in at a place now; raises NoPassNote or PassRefused.

    `specimen` says whether who asks is one: elsewhere a specimen's note proves nothing.
    """
    try:
        parsed = parse_note(note)
        verify(parsed, keys)
    except NoteUnreadable:
        raise NoPassNote from None
    except NoteNotTrusted:
        raise PassRefused(why="signature") from None
    found = read_pass_note(parsed.text)
    if found.specimen and not specimen:
        raise PassRefused(why="specimen")
    if not found.since <= now < found.until:
        raise PassRefused(why="time")
    if place not in found.place.split():
        raise PassRefused(why="place")
    return found

"""Refusals: four families, by who must act next.

`Malformed` (the sender), `Refused` (the rules say no), `Unavailable` (wait), `Broken` (us).
Each error class has a `slug` that is never renamed and never reused, a sentence in Chinese and
English, and a remedy in both. Messages name the place and the value, never a type and never a
person. docs/errors.md is generated from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the input the fault lies: file or record, line (from 1), field path."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file] if self.file else []
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.field:
            parts.append(f"field `{self.field}`")
        return printable(", ".join(parts))


def printable(text: str) -> str:
    """The text as it can be printed and sent: JSON can name half a character, UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


class Problem(Exception):
    """A refusal with a slug, a place, a sentence and a remedy.

    `details` fill the `{names}` of the sentences. Subclass one of the four families, not this.
    """

    slug: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]
    remedy_zh: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""
    status: ClassVar[int]
    exit_status: ClassVar[int]

    def __init__(self, place: Place | None = None, **details: object) -> None:
        self.place = place or Place()
        self.details = details
        super().__init__(str(self))

    def at(self, *, file: str | None = None, line: int | None = None) -> Self:
        """The same refusal with the file and line filled in where they were unknown."""
        place = Place(self.place.file or file, self.place.line or line, self.place.field)
        return type(self)(place, **self.details)

    def sentence(self, lang: str = "en") -> str:
        """What was wrong, with the value, in `zh` or `en`."""
        return printable((self.zh if lang == "zh" else self.en).format(**self.details))

    def remedy(self, lang: str = "en") -> str:
        """What the sender can do next, in `zh` or `en`."""
        return printable(
            (self.remedy_zh if lang == "zh" else self.remedy_en).format(**self.details)
        )

    def __str__(self) -> str:
        where = str(self.place)
        text = f"{self.slug}: {where + ': ' if where else ''}{self.sentence()}"
        return f"{text} — {self.remedy()}" if self.remedy() else text


class Malformed(Problem):
    """The sender wrote something that cannot be read as what it claims to be."""

    status = 400
    exit_status = 2


class Refused(Problem):
    """Well-formed, and the rules say no."""

    status = 403
    exit_status = 1


class Unavailable(Problem):
    """Something outside is missing or not ready; trying later may help."""

    status = 503
    exit_status = 3


class Broken(Problem):
    """Our own inconsistency; nothing may get worse because of it."""

    status = 500
    exit_status = 4

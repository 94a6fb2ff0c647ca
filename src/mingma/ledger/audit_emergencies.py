"""Emergencies: none is longer than the law lets it be, and without one nobody gets worse (P14).

A leaf has a day and no hour, and a seal puts its leaves in an order that chance gives: a
declaration may stand up to a whole seal behind the first decision under it.
"""

from __future__ import annotations

from typing import Final

from mingma.ledger.audit_found import Findings, Wrong, there
from mingma.ledger.skim import Fields, day

LONGEST_EMERGENCY: Final = 90  # days a declaration may last from the day it entered the log (P14)
ONE_SEAL: Final = 1000  # leaves


class Emergencies:
    """Keeps each declaration's last day, and the worsenings of one seal that none covers yet."""

    def __init__(self, findings: Findings) -> None:
        self._say = findings.say
        self._last_days: dict[int, int] = {}
        self._covered = -(2**31)  # the last day of those that last longest
        self._uncovered: list[tuple[int, int]] = []  # worsenings, with their day

    def see_worsening(self, index: int, today: int) -> None:
        """A decision made somebody worse."""
        if self._covered < today:
            self.end(index - ONE_SEAL)
            self._uncovered.append((index, today))

    def waits(self, index: int) -> bool:
        """Whether a leaf is the last worsening for which a declaration may still come."""
        return bool(self._uncovered) and self._uncovered[-1][0] == index

    def see_declaration(self, index: int, fields: Fields, today: int) -> None:
        """An emergency is declared; it covers what stood before it in its seal."""
        last = day(there(fields["until"]))
        if last - today > LONGEST_EMERGENCY:
            self._say(index, Wrong.EMERGENCY_TOO_LONG, what=f"{last - today} days")
        self.end(index - ONE_SEAL)
        self._uncovered = [one for one in self._uncovered if one[1] != today]
        self._last_days[index] = last
        self._covered = max(self._last_days.values())

    def see_end(self, index: int, fields: Fields, today: int) -> None:
        """One ends; the day on which it does is still covered, as a leaf has no hour."""
        ended = int(there(fields["a"]))
        if ended in self._last_days:
            self._last_days[ended] = min(self._last_days[ended], today)
            self._covered = max(self._last_days.values())

    def end(self, before: int) -> None:
        """Say of worsenings before a leaf that no emergency was in force."""
        for index, _ in self._uncovered:
            if index < before:
                self._say(index, Wrong.NO_EMERGENCY)
        self._uncovered = [one for one in self._uncovered if one[0] >= before]

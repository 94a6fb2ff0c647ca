"""Appeals: each is answered or lapses in time, once."""

from __future__ import annotations

from typing import Final

from mingma.ledger.audit_found import Findings, Wrong, there
from mingma.ledger.skim import Fields

# An appeal is answered within 24 h at the latest, and a seal may wait past midnight: days from the
# leaf that opens it to the leaf that closes it.
ANSWERED_WITHIN: Final = 2


class Appeals:
    """Keeps the open ones, with the day they were opened on, and what closed the others."""

    def __init__(self, findings: Findings) -> None:
        self._say = findings.say
        self._open: dict[int, int] = {}  # in the order they were opened
        self._closed: dict[int, int] = {}

    def see_opening(self, index: int, fields: Fields, today: int) -> None:
        """Somebody objects."""
        self._open[index] = today

    def see_closing(self, index: int, fields: Fields) -> None:
        """An answer, or a lapse."""
        appeal = int(there(fields["a"]))
        if self._open.pop(appeal, None) is not None:
            self._closed[appeal] = index
        elif appeal in self._closed:
            self._say(index, Wrong.APPEAL_CLOSED_TWICE, appeal)

    def check(self, today: int) -> None:
        """A day begins: nobody may have waited too long."""
        for appeal, opened in list(self._open.items()):
            if today - opened <= ANSWERED_WITHIN:
                return
            self._say(appeal, Wrong.APPEAL_OVERDUE, what=f"{today - opened} days")
            self._closed[appeal] = appeal  # said once; an answer may still come
            del self._open[appeal]

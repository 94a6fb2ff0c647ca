"""The line of logs: nothing follows a log's last leaf but the first of the one that goes on."""

from __future__ import annotations

from mingma.ledger.audit_found import Findings, Wrong
from mingma.ledger.leaf import LOG, PREVIOUS
from mingma.ledger.skim import Fields
from mingma.ledger.succession import begins_a_log


class Line:
    """Keeps the leaf that ends the log, and under which name it went on."""

    def __init__(self, findings: Findings) -> None:
        self._say = findings.say
        self.ended: int | None = None  # the leaf that ends the log
        self._goes_on_at: bytes | None = None  # the log that the last such leaf names
        self._begun = 0  # the leaf with which it went on under another name
        self._name: bytes | None = None  # … and that name

    def check(self, index: int, entry: bytes) -> None:
        """A leaf may stand here."""
        if self.ended is not None and not (index == self.ended + 1 and begins_a_log(entry)):
            self._say(index, Wrong.LOG_ENDED, self.ended)

    def see_key(self, index: int, fields: Fields) -> None:
        """A key changes; where it is the log's, so does its name."""
        if fields["what"] == LOG.encode():
            self.ended, self._goes_on_at = index, fields["l"]
        elif fields["what"] == PREVIOUS.encode():
            self._see_beginning(index, fields)

    def end(self, origin: str | None) -> None:
        """The log ends here, and this is its name; None where nobody has said."""
        if self._name is not None and origin not in (None, self._name.decode()):
            self._say(self._begun, Wrong.LOG_ENDED, what=f"it goes on at {self._name.decode()}")

    def _see_beginning(self, index: int, fields: Fields) -> None:
        """A log goes on from one that ended right before it, and from no other."""
        if self.ended != index - 1 or index == 0:
            self._say(index, Wrong.LOG_BEGINS, self.ended, "no log ended before it")
        elif self._name not in (None, fields["l"]):
            self._say(index, Wrong.LOG_BEGINS, self.ended, "another log ended before it")
        self._begun, self._name, self.ended = index, self._goes_on_at, None

"""Rules: published before they are used, and not used after their withdrawal.

A rule is cited by its publication, or by name while the log has published none of it.
"""

from __future__ import annotations

from mingma.ledger.audit_found import Findings, Wrong, there
from mingma.ledger.audit_references import References
from mingma.ledger.leaf import Kind
from mingma.ledger.skim import Fields


class Rules:
    """Keeps each rule's first publication and first use by name, and what was withdrawn."""

    def __init__(self, findings: Findings, references: References) -> None:
        self._say = findings.say
        self._must_be = references.must_be
        self._published: dict[bytes, int] = {}
        self._used: dict[bytes, int] = {}
        self._withdrawn: set[int] = set()

    def check(self, index: int, rule: bytes) -> None:
        """A leaf cites a rule."""
        if rule[:1] != b'"':
            other = int(rule)
            if self._must_be(index, other, (Kind.RULE_PUBLISH,)) and other in self._withdrawn:
                self._say(index, Wrong.RULE_WITHDRAWN, other)
            return
        published = self._published.get(rule)
        if published is None:
            self._used.setdefault(rule, index)
        elif published in self._withdrawn:
            self._say(index, Wrong.RULE_WITHDRAWN, published)

    def see_publication(self, index: int, fields: Fields) -> None:
        """A rule is published: nobody may have used it by name."""
        rule = there(fields["r"])
        self._published[rule] = index
        if (used := self._used.pop(rule, None)) is not None:
            self._say(used, Wrong.RULE_TOO_LATE, index, rule.decode().strip('"'))

    def see_withdrawal(self, index: int, fields: Fields) -> None:
        """A rule counts no longer."""
        self._withdrawn.add(int(there(fields["a"])))

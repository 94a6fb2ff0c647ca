"""What a leaf refers to: an earlier one, of a kind that it can answer.

An officer's decision must rest on an act of two: nobody decides alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from mingma.ledger.audit_found import Findings, Wrong
from mingma.ledger.leaf import Kind
from mingma.ledger.skim import Fields

# What `a` of a kind may point to: the leaf this one answers. A kind without a line may answer any.
_ANSWERS: Final[Mapping[Kind, frozenset[Kind]]] = {
    kind: frozenset(others)
    for kind, others in {
        Kind.MARK_APPROVE: (Kind.MARK_PROPOSE,),
        Kind.MARK_REVOKE: (Kind.MARK_APPROVE, Kind.IMPORT_MARK),
        Kind.MARK_EXPIRE: (Kind.MARK_APPROVE, Kind.IMPORT_MARK),
        Kind.ERROR_FIND: (Kind.MARK_APPROVE,),
        Kind.EMERGENCY_END: (Kind.EMERGENCY_DECLARE,),
        Kind.RULE_APPROVE: (Kind.RULE_PUBLISH,),
        Kind.RULE_ACTIVATE: (Kind.RULE_PUBLISH,),
        Kind.RULE_WITHDRAW: (Kind.RULE_PUBLISH,),
        Kind.APPEAL_OPEN: (Kind.DECISION, Kind.FALL, Kind.MARK_APPROVE, Kind.IMPORT_MARK),
        Kind.APPEAL_DECIDE: (Kind.APPEAL_OPEN,),
        Kind.APPEAL_LAPSE: (Kind.APPEAL_OPEN,),
        Kind.GRANT_END: (Kind.GRANT_GIVE,),
    }.items()
}
CODES: Final = {kind: code for code, kind in enumerate(Kind, start=1)}
NO_LEAF: Final = 0  # the code of what is none
_KINDS: Final = tuple(Kind)
_ACTS_OF_TWO: Final = frozenset(
    CODES[kind]
    for kind in (Kind.MARK_APPROVE, Kind.MARK_REVOKE, Kind.IMPORT_MARK, Kind.APPEAL_DECIDE)
)


class References:
    """Keeps the kind of each leaf, a byte."""

    def __init__(self, findings: Findings) -> None:
        self._say = findings.say
        self._kinds = bytearray()
        self.keep = self._kinds.append  # the code of the next leaf

    def check(self, index: int, kind: Kind, fields: Fields) -> None:
        """The leaf it answers, and the batch it names."""
        get = fields.get
        if (answers := get("a")) is not None:
            self.must_be(index, int(answers), _ANSWERS.get(kind))
        if (batch := get("b")) is not None:
            self.must_be(index, int(batch), (Kind.BATCH_OPEN,))

    def must_be(self, index: int, other: int, kinds: Collection[Kind] | None) -> bool:
        """Whether an index names an earlier leaf of these kinds."""
        if other >= index:
            self._say(index, Wrong.POINTS_FORWARD, other)
            return False
        code = self._kinds[other]
        found = _KINDS[code - 1] if code else None
        if kinds is not None and found not in kinds:
            self._say(index, Wrong.WRONG_KIND, other, found.value if found else "")
            return False
        return True

    def must_rest_on_an_approval(self, index: int, fields: Fields) -> None:
        """Nobody decides alone: an officer's decision answers an approved act or an appeal."""
        other = fields["a"]
        code = self._kinds[int(other)] if other is not None and int(other) < index else 0
        if code not in _ACTS_OF_TWO:
            self._say(index, Wrong.OFFICER_ALONE)

"""What can be seen to be wrong from the public leaves alone, without a key and without a name.

Reads a log once, from its first leaf on, and keeps what later leaves may refer to: the kind of each
leaf (a byte), what proposals, rules and emergencies said, appeals not yet answered. That the bytes
are the log's is for `files.check_log` to say; what a leaf means for a person, nobody can tell here.
A finding names leaves and a word of a closed list; an honest log has none (docs/guides/audit.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.ledger.audit_marks import Bulk, Marks
from mingma.ledger.audit_tags import HourIndex, Suspects, tags_twice
from mingma.ledger.leaf import LOG, PREVIOUS, Kind
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.skim import Fields, day, skim
from mingma.ledger.succession import begins_a_log

LONGEST_EMERGENCY: Final = 90  # days a declaration may last from the day it entered the log (P14)
# An appeal is answered within 24 h at the latest, and a seal may wait past midnight: days from the
# leaf that opens it to the leaf that closes it.
ANSWERED_WITHIN: Final = 2
# A seal puts its leaves in an order that chance gives: a declaration may stand so far behind the
# first decision under it.
ONE_SEAL: Final = 1000


class Wrong(StrEnum):
    """What a finding says of a leaf. A closed list."""

    UNREADABLE = "unreadable"
    DAY_BACKWARDS = "day_backwards"
    POINTS_FORWARD = "points_forward"
    WRONG_KIND = "wrong_kind"
    SAME_ORGAN = "same_organ"
    SAME_OFFICER = "same_officer"
    OTHER_PROPOSAL = "other_proposal"
    OFFICER_ALONE = "officer_alone"
    RULE_WITHDRAWN = "rule_withdrawn"
    RULE_TOO_LATE = "rule_too_late"
    RULE_MISSING = "rule_missing"
    GRANT_ENDED = "grant_ended"
    NO_EMERGENCY = "no_emergency"
    EMERGENCY_TOO_LONG = "emergency_too_long"
    APPEAL_OVERDUE = "appeal_overdue"
    APPEAL_CLOSED_TWICE = "appeal_closed_twice"
    TAG_TWICE = "tag_twice"
    INDEX_DIFFERS = "index_differs"
    TALLY_DIFFERS = "tally_differs"
    RANGE_BROKEN = "range_broken"
    LOG_ENDED = "log_ended"
    LOG_BEGINS = "log_begins"
    BULK_WITHOUT_BATCH = "bulk_without_batch"
    BULK_BY_FEW = "bulk_by_few"


@dataclass(frozen=True, slots=True)
class Finding:
    """A leaf, what is wrong with it, the leaf it is wrong about, and what was read there."""

    index: int
    word: Wrong
    about: int | None = None
    what: str = ""


# What `a` of a kind may point to: the leaf this one answers. A kind without a line may answer any.
_ANSWERS: Final[Mapping[Kind, frozenset[Kind]]] = {
    kind: frozenset(others)
    for kind, others in {
        Kind.MARK_APPROVE: (Kind.MARK_PROPOSE,),
        Kind.MARK_REVOKE: (Kind.MARK_APPROVE, Kind.IMPORT_MARK),
        Kind.MARK_EXPIRE: (Kind.MARK_APPROVE, Kind.IMPORT_MARK),
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
_CODES: Final = {kind: code for code, kind in enumerate(Kind, start=1)}  # 0: no leaf
_KINDS: Final = tuple(Kind)


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What an approval must not share with its proposal, and what it must."""

    organ: bytes
    officer: bytes
    rule: bytes
    grant: bytes


class Auditor:
    """Sees the leaves of one log in order; `found` are the findings not yet fetched.

    `worse` says how bad a word of `from` and `to` is: a word that is not in it shows no colour.
    `origin` is the log's; None where nobody has said.
    """

    def __init__(self, size: int, worse: Mapping[str, int], origin: str | None = None) -> None:
        self.found: list[Finding] = []
        self.tags = Suspects(size)
        self._worse: dict[bytes | None, int] = {w.encode(): rank for w, rank in worse.items()}
        self._kinds = bytearray()
        self._day = -(2**31)
        self._written_day: bytes | None = None  # … as leaves write it
        self._proposals: dict[int, _Proposal] = {}
        self._published: dict[bytes, int] = {}  # rule's name → its first publication
        self._withdrawn: set[int] = set()
        self._used: dict[bytes, int] = {}  # rule's name → its first use by name
        self._ended_grants: set[int] = set()
        self._emergencies: dict[int, int] = {}  # declaration → its last day
        self._covered = self._day  # the last day of those that last longest
        self._uncovered: list[tuple[int, int]] = []  # worsenings of one seal, with their day
        self._open_appeals: dict[int, int] = {}  # in the order they were opened
        self._closed_appeals: dict[int, int] = {}
        self._day_starts: dict[int, int] = {}
        self._ranges: dict[Kind, int] = {}  # where the last index or table ended
        self._ended: int | None = None  # the leaf that ends the log
        self._origin = origin
        self._goes_on_at: bytes | None = None  # the log that the last such leaf names
        self._begun = 0  # the leaf with which it went on under another name
        self._name: bytes | None = None  # … and that name
        self._marks = Marks()
        self._hours = HourIndex()
        self._seers: Mapping[Kind, Callable[[int, Fields], None]] = {
            Kind.DECISION: self._see_decision,
            Kind.MARK_PROPOSE: self._see_proposal,
            Kind.MARK_APPROVE: self._see_approval,
            Kind.RULE_PUBLISH: self._see_publication,
            Kind.RULE_WITHDRAW: self._see_withdrawal,
            Kind.EMERGENCY_DECLARE: self._see_emergency,
            Kind.EMERGENCY_END: self._see_end_of_emergency,
            Kind.APPEAL_OPEN: self._see_appeal,
            Kind.APPEAL_DECIDE: self._see_answer,
            Kind.APPEAL_LAPSE: self._see_answer,
            Kind.GRANT_END: self._see_end_of_grant,
            Kind.INDEX_HOUR: self._see_index,
            Kind.TALLY_DAY: self._see_tally,
            Kind.KEY_ROTATE: self._see_key,
        }

    def see(self, entry: bytes) -> None:
        """Look at the next leaf."""
        index = len(self._kinds)
        try:
            kind, fields = skim(entry)
        except LeafUnreadable as refused:
            self._note(index, None, None)
            self._say(index, Wrong.UNREADABLE, what=str(refused.details["why"]))
            return
        if self._ended is not None and not (index == self._ended + 1 and begins_a_log(entry)):
            self._say(index, Wrong.LOG_ENDED, self._ended)
        self._must_not_go_back(index, fields)
        self._check_references(index, kind, fields)
        seer = self._seers.get(kind)
        if seer is not None:
            seer(index, fields)
        self._note(index, kind, fields)

    def end(self) -> None:
        """The log ends here: say what only the whole of it shows."""
        if self._name is not None and self._origin not in (None, self._name.decode()):
            self._say(self._begun, Wrong.LOG_ENDED, what=f"it goes on at {self._name.decode()}")
        self._check_appeals(self._day)
        self._say_uncovered(len(self._kinds))
        for bulk in self._marks.end():
            self._say_bulk(bulk)

    def _say(self, index: int, word: Wrong, about: int | None = None, what: str = "") -> None:
        self.found.append(Finding(index, word, about, what))

    def _note(self, index: int, kind: Kind | None, fields: Fields | None) -> None:
        """Keep what later leaves may refer to."""
        self._kinds.append(_CODES[kind] if kind else 0)
        tag = fields.get("s") if fields else None
        if tag is not None:
            self.tags.see(tag)
        self._hours.see(index, tag)

    # -- every leaf

    def _must_not_go_back(self, index: int, fields: Fields) -> None:
        if fields["t"] == self._written_day:
            return
        today = day(fields["t"])
        if today < self._day:
            self._say(index, Wrong.DAY_BACKWARDS, index - 1 if index else None)
        else:
            self._check_appeals(today)
            self._day, self._written_day = today, fields["t"]
            self._day_starts[today] = index

    def _check_references(self, index: int, kind: Kind, fields: Fields) -> None:
        get = fields.get
        if (answers := get("a")) is not None:
            self._must_be(index, int(answers), _ANSWERS.get(kind))
        if (batch := get("b")) is not None:
            self._must_be(index, int(batch), (Kind.BATCH_OPEN,))
        if (grant := get("g")) is not None:
            self._must_be(index, int(grant), (Kind.GRANT_GIVE,))
            if int(grant) in self._ended_grants:
                self._say(index, Wrong.GRANT_ENDED, int(grant))
        if (rule := fields.get("r")) is not None and kind is not Kind.RULE_PUBLISH:
            self._check_rule(index, rule)

    def _must_be(self, index: int, other: int, kinds: Collection[Kind] | None) -> bool:
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

    def _check_rule(self, index: int, rule: bytes) -> None:
        """A rule is cited by its publication, or by name while the log has published none of it."""
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

    # -- kinds

    def _see_decision(self, index: int, fields: Fields) -> None:
        if fields["u"] is not None or fields["g"] is not None:
            self._must_rest_on_an_approval(index, fields)
        rank = self._worse.get(fields["to"], 0)
        if not rank:
            return
        if fields["r"] is None:
            self._say(index, Wrong.RULE_MISSING)
        worsens = rank > self._worse.get(fields["from"], 0)
        if worsens and self._covered < self._day:
            self._say_uncovered(index - ONE_SEAL)
            self._uncovered.append((index, self._day))

    def _must_rest_on_an_approval(self, index: int, fields: Fields) -> None:
        """Nobody decides alone: an officer's decision answers an approved act or an appeal."""
        other = fields["a"]
        code = self._kinds[int(other)] if other is not None and int(other) < index else 0
        if code not in _ACTS_OF_TWO:
            self._say(index, Wrong.OFFICER_ALONE)

    def _see_proposal(self, index: int, fields: Fields) -> None:
        organ, officer = _there(fields["o"]), _there(fields["u"])
        rule, grant = _there(fields["r"]), _there(fields["g"])
        self._proposals[index] = _Proposal(organ, officer, rule, grant)

    def _see_approval(self, index: int, fields: Fields) -> None:
        other = int(_there(fields["a"]))
        proposal = self._proposals.get(other)
        if proposal is None:
            return  # said already: it is no proposal
        if fields["o"] == proposal.organ:
            self._say(index, Wrong.SAME_ORGAN, other)
        if fields["u"] == proposal.officer:
            self._say(index, Wrong.SAME_OFFICER, other)
        if fields["r"] != proposal.rule:
            self._say(index, Wrong.OTHER_PROPOSAL, other)
        if fields["b"] is None:
            officers = (proposal.officer, _there(fields["u"]))
            for bulk in self._marks.see(index, self._day, proposal.organ, proposal.rule, officers):
                self._say_bulk(bulk)

    def _say_bulk(self, bulk: Bulk) -> None:
        self._say(bulk.first, Wrong.BULK_WITHOUT_BATCH, bulk.last, str(bulk))
        if bulk.by_few:
            self._say(bulk.first, Wrong.BULK_BY_FEW, bulk.last, str(bulk))

    def _see_publication(self, index: int, fields: Fields) -> None:
        rule = _there(fields["r"])
        self._published[rule] = index
        if (used := self._used.pop(rule, None)) is not None:
            self._say(used, Wrong.RULE_TOO_LATE, index, rule.decode().strip('"'))

    def _see_withdrawal(self, index: int, fields: Fields) -> None:
        self._withdrawn.add(int(_there(fields["a"])))

    def _see_emergency(self, index: int, fields: Fields) -> None:
        last = day(_there(fields["until"]))
        if last - self._day > LONGEST_EMERGENCY:
            self._say(index, Wrong.EMERGENCY_TOO_LONG, what=f"{last - self._day} days")
        self._say_uncovered(index - ONE_SEAL)
        self._uncovered = [one for one in self._uncovered if one[1] != self._day]
        self._emergencies[index] = last
        self._covered = max(self._emergencies.values())

    def _say_uncovered(self, before: int) -> None:
        """Say of worsenings before a leaf that no emergency was in force."""
        for index, _ in self._uncovered:
            if index < before:
                self._say(index, Wrong.NO_EMERGENCY)
        self._uncovered = [one for one in self._uncovered if one[0] >= before]

    def _see_end_of_emergency(self, index: int, fields: Fields) -> None:
        ended = int(_there(fields["a"]))
        if ended in self._emergencies:  # the day it ends is still covered: a leaf has no hour
            self._emergencies[ended] = min(self._emergencies[ended], self._day)
            self._covered = max(self._emergencies.values())

    def _see_appeal(self, index: int, fields: Fields) -> None:
        self._open_appeals[index] = self._day

    def _see_answer(self, index: int, fields: Fields) -> None:
        appeal = int(_there(fields["a"]))
        if self._open_appeals.pop(appeal, None) is not None:
            self._closed_appeals[appeal] = index
        elif appeal in self._closed_appeals:
            self._say(index, Wrong.APPEAL_CLOSED_TWICE, appeal)

    def _check_appeals(self, today: int) -> None:
        for appeal, opened in list(self._open_appeals.items()):
            if today - opened <= ANSWERED_WITHIN:
                return
            self._say(appeal, Wrong.APPEAL_OVERDUE, what=f"{today - opened} days")
            self._closed_appeals[appeal] = appeal  # said once; an answer may still come
            del self._open_appeals[appeal]

    def _see_end_of_grant(self, index: int, fields: Fields) -> None:
        if (grant := fields.get("a")) is not None:
            self._ended_grants.add(int(grant))

    def _see_index(self, index: int, fields: Fields) -> None:
        start, end = self._range(index, Kind.INDEX_HOUR, fields)
        count, root = int(_there(fields["n"])), _there(fields["h"])
        if end <= index and not self._hours.agrees(start, end, count, root):
            self._say(index, Wrong.INDEX_DIFFERS, start)

    def _see_tally(self, index: int, fields: Fields) -> None:
        start, end = self._range(index, Kind.TALLY_DAY, fields)
        table = day(_there(fields["d"]))
        later = [first for sealed_on, first in self._day_starts.items() if sealed_on > table]
        last = min(later, default=index)
        if (start, end) != (self._day_starts.get(table, last), last):
            self._say(index, Wrong.TALLY_DIFFERS, start)

    def _range(self, index: int, kind: Kind, fields: Fields) -> tuple[int, int]:
        """The leaves an index or a table is about: those from the last one's end on."""
        start, end = int(_there(fields["i"])), int(_there(fields["j"]))
        if end > index:
            self._say(index, Wrong.POINTS_FORWARD, end)
        elif start != self._ranges.get(kind, 0):
            self._say(index, Wrong.RANGE_BROKEN, start)
        self._ranges[kind] = end
        return start, end

    def _see_key(self, index: int, fields: Fields) -> None:
        if fields["what"] == LOG.encode():
            self._ended, self._goes_on_at = index, fields["l"]
        elif fields["what"] == PREVIOUS.encode():
            self._see_beginning(index, fields)

    def _see_beginning(self, index: int, fields: Fields) -> None:
        """A log goes on from one that ended right before it, and from no other."""
        if self._ended != index - 1 or index == 0:
            self._say(index, Wrong.LOG_BEGINS, self._ended, "no log ended before it")
        elif self._name not in (None, fields["l"]):
            self._say(index, Wrong.LOG_BEGINS, self._ended, "another log ended before it")
        self._begun, self._name, self._ended = index, self._goes_on_at, None


_ACTS_OF_TWO: Final = frozenset(
    _CODES[kind]
    for kind in (Kind.MARK_APPROVE, Kind.MARK_REVOKE, Kind.IMPORT_MARK, Kind.APPEAL_DECIDE)
)


def audit(
    read: Callable[[], Iterable[bytes]],
    size: int,
    worse: Mapping[str, int],
    origin: str | None = None,
) -> Iterator[Finding]:
    """Every finding in a log of that size, about in the order of its leaves.

    `read` gives the entries from the first on; it is asked a second time where tags may stand
    twice.
    """
    auditor = Auditor(size, worse, origin)
    for entry in read():
        auditor.see(entry)
        if auditor.found:
            yield from auditor.found
            auditor.found.clear()
    auditor.end()
    yield from auditor.found
    for first, second in tags_twice(read, auditor.tags.suspects):
        yield Finding(second, Wrong.TAG_TWICE, first)


def _there(value: bytes | None) -> bytes:
    """What a leaf of this kind must have; `skim` refuses one without."""
    assert value is not None
    return value

"""What can be seen to be wrong from the public leaves alone, without a key and without a name.

Reads a log once, from its first leaf on; each question has a module of its own, `audit_….py`, which
keeps what later leaves may refer to. That the bytes are the log's is for `files.check_log` to say;
what a leaf means for a person, nobody can tell here. A finding names leaves and a word of a closed
list; an honest log has none (docs/guides/audit.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from mingma.ledger.alike import Words, words_of
from mingma.ledger.audit_appeals import Appeals
from mingma.ledger.audit_approvals import Approvals
from mingma.ledger.audit_emergencies import Emergencies
from mingma.ledger.audit_found import Finding, Findings, Wrong
from mingma.ledger.audit_grants import Grants
from mingma.ledger.audit_line import Line
from mingma.ledger.audit_ranges import Ranges
from mingma.ledger.audit_references import CODES, NO_LEAF, References
from mingma.ledger.audit_rules import Rules
from mingma.ledger.audit_tags import Suspects, tags_twice
from mingma.ledger.leaf import Kind
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.skim import Fields, day, skim

Note = Callable[[int, bytes], None]  # takes an entry and its index

# Most of a log says the same of many people. Where nothing was wrong with one such leaf, nothing is
# with another of its words, until the day, a rule, an emergency, a power or a key has changed …
_ALIKE: Final = frozenset({Kind.DECISION, Kind.FALL, Kind.ENROL, Kind.VIEW_RECORD})
# … which no leaf of these kinds does.
_CHANGES_NOTHING: Final = _ALIKE | {
    kind for kind in Kind
    if kind.startswith(("appeal.", "attempt", "batch.", "case.", "import.", "mark.", "order."))
}  # fmt: skip
MOST_WORDS: Final = 100_000  # of a day that are known; a province's organs have some ten thousand


class Auditor:
    """Sees the leaves of one log in order.

    `worse` says how bad a word of `from` and `to` is: a word that is not in it shows no colour.
    `posts` says in which posts a kind of leaf is written under a granted power.
    """

    def __init__(
        self,
        size: int,
        worse: Mapping[str, int],
        posts: Mapping[Kind, Collection[str]],
        note: Note,
    ) -> None:
        self._note = note
        self.findings = findings = Findings()
        self.tags = Suspects(size)
        self._worse: dict[bytes | None, int] = {w.encode(): rank for w, rank in worse.items()}
        self._day = -(2**31)
        self._written_day: bytes | None = None  # … as leaves write it
        self._alike: dict[Words, int] = {}  # words in which nothing is wrong, and their kind's code
        self._references = references = References(findings)
        self._rules = rules = Rules(findings, references)
        self._grants = grants = Grants(findings, references, posts)
        self._emergencies = Emergencies(findings)
        self._appeals = appeals = Appeals(findings)
        self._approvals = approvals = Approvals(findings)
        self._ranges = ranges = Ranges(findings)
        self._line = Line(findings)
        # Asked of every leaf, so looked up once.
        self._check_rule, self._keep_code = rules.check, references.keep
        self._see_tag, self._keep_tag = self.tags.see, ranges.keep
        self._seers: Mapping[Kind, Callable[[int, Fields], None]] = {
            Kind.DECISION: self._see_decision,
            Kind.FALL: self._see_decision,
            Kind.MARK_PROPOSE: approvals.see_proposal,
            Kind.BATCH_OPEN: approvals.see_batch,
            Kind.RULE_PUBLISH: rules.see_publication,
            Kind.RULE_WITHDRAW: rules.see_withdrawal,
            Kind.APPEAL_DECIDE: appeals.see_closing,
            Kind.APPEAL_LAPSE: appeals.see_closing,
            Kind.GRANT_END: grants.see_end,
            Kind.INDEX_HOUR: ranges.see_index,
            Kind.TALLY_DAY: ranges.see_tally,
        }
        self._seers_of_the_day: Mapping[Kind, Callable[[int, Fields, int], None]] = {
            Kind.GRANT_GIVE: grants.see_given,
            Kind.MARK_APPROVE: approvals.see_approval,
            Kind.EMERGENCY_DECLARE: self._emergencies.see_declaration,
            Kind.EMERGENCY_END: self._emergencies.see_end,
            Kind.APPEAL_OPEN: appeals.see_opening,
            Kind.KEY_ROTATE: self._see_key,
        }

    def see(self, index: int, entry: bytes) -> None:
        """Look at the next leaf."""
        words, tag = words_of(entry)
        code = self._alike.get(words)
        if code is None:
            code, tag = self._look(index, entry, words)
        # Keep what later leaves may refer to.
        self._keep_code(code)
        if tag is not None:
            self._see_tag(tag)
        self._keep_tag(index, tag)

    def _look(self, index: int, entry: bytes, words: Words) -> tuple[int, bytes | None]:
        """The code and tag of a leaf that is looked at in full."""
        self._note(index, entry)
        said = len(self.findings.found)
        try:
            kind, fields = skim(entry)
        except LeafUnreadable as refused:
            self.findings.say(index, Wrong.UNREADABLE, what=str(refused.details["why"]))
            return NO_LEAF, None
        if self._line.ended is not None:
            self._line.check(index, entry)
        if fields["t"] != self._written_day:
            self._must_not_go_back(index, fields)
        self._check(index, kind, fields)
        settled = len(self.findings.found) == said and not self._emergencies.waits(index)
        if kind not in _CHANGES_NOTHING:
            self._alike.clear()
        elif words and kind in _ALIKE and settled and len(self._alike) < MOST_WORDS:
            self._alike[words] = CODES[kind]
        return CODES[kind], fields.get("s")

    def _check(self, index: int, kind: Kind, fields: Fields) -> None:
        """What a leaf refers to and rests on, and what else is asked of its kind."""
        get = fields.get
        if get("a") is not None or get("b") is not None:
            self._references.check(index, kind, fields)
        if (rule := get("r")) is not None and kind is not Kind.RULE_PUBLISH:
            self._check_rule(index, rule)
        if get("g") is not None:
            self._grants.check(index, kind, fields, self._day)
        if (seer := self._seers.get(kind)) is not None:
            seer(index, fields)
        elif (seer_of_the_day := self._seers_of_the_day.get(kind)) is not None:
            seer_of_the_day(index, fields, self._day)

    def end(self, size: int, origin: str | None) -> None:
        """The log of this name ends after so many leaves: say what only the whole of it shows."""
        self._line.end(origin)
        self._appeals.check(self._day)
        self._emergencies.end(size)
        self._approvals.end()

    def fetch(self) -> list[Finding]:
        """The findings not yet fetched."""
        found, self.findings.found = self.findings.found, []
        return found

    def _must_not_go_back(self, index: int, fields: Fields) -> None:
        today = day(fields["t"])
        if today < self._day:
            self.findings.say(index, Wrong.DAY_BACKWARDS, index - 1 if index else None)
        else:
            self._appeals.check(today)
            self._day, self._written_day = today, fields["t"]
            self._alike.clear()
            self._ranges.see_day(index, today)

    def _see_key(self, index: int, fields: Fields, today: int) -> None:
        self._line.see_key(index, fields)
        self._grants.see_key(index, fields, today)

    def _see_decision(self, index: int, fields: Fields) -> None:
        """What gives a code a colour, whichever kind of leaf it is."""
        if fields.get("u") is not None or fields.get("g") is not None:
            self._references.must_rest_on_an_approval(index, fields)
        rank = self._worse.get(fields["to"], 0)
        if not rank:
            return
        if fields["r"] is None:
            self.findings.say(index, Wrong.RULE_MISSING)
        if rank > self._worse.get(fields["from"], 0):
            self._emergencies.see_worsening(index, self._day)


def audit(
    read: Callable[[], Iterable[bytes]],
    size: int,
    worse: Mapping[str, int],
    posts: Mapping[Kind, Collection[str]],
    origin: str | None = None,
    note: Note = lambda *_: None,
) -> Iterator[Finding]:
    """Every finding in a log of that size and name, about in the order of its leaves.

    `read` gives the entries from the first on; it is asked a second time where tags may stand
    twice. `note` is told of every entry but those that say what another said of another event.
    """
    auditor, done = Auditor(size, worse, posts, note), 0
    for done, entry in enumerate(read(), start=1):
        auditor.see(done - 1, entry)
        if auditor.findings.found:
            yield from auditor.fetch()
    auditor.end(done, origin)
    yield from auditor.fetch()
    for first, second in tags_twice(read, auditor.tags.suspects):
        yield Finding(second, Wrong.TAG_TWICE, first)

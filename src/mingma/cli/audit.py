"""`mingma audit`: what is wrong with a public log, with a database, and between the two.

The public part needs the published files and nothing else: anybody can run it. The database part
is its operator's: it names leaves, and people only where it is asked to by --subjects.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import Final

from mingma.cli.audit_landmarks import audit_landmarks
from mingma.cli.audit_line import Line
from mingma.cli.audit_report import Report, place_of
from mingma.cli.audit_tables import SpokenOf
from mingma.cli.audit_witnesses import audit_witnesses, shown_by_witnesses
from mingma.cli.database import stored_entries
from mingma.cli.log_place import Before, is_address, must_read, reader
from mingma.cli.published import believed, head_row
from mingma.cli.serve import with_words
from mingma.clock import clock_of
from mingma.flows.context import Context
from mingma.flows.editions import in_force
from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.flows.reconcile import Amiss, Found, reconcile
from mingma.flows.vouched_rows import VouchedStore
from mingma.kernel.errors import Malformed
from mingma.kernel.words import SEVERITY
from mingma.keys import EVIDENCE_KEY, evidence_key
from mingma.ledger.audit import audit
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import LogFiles, Read, check_log
from mingma.ledger.frontier import Frontier
from mingma.ledger.policy import parse_policy
from mingma.ledger.published import SameAgain, entries_of
from mingma.opening import context_of
from mingma.ports import Unit
from mingma.settings import Settings, read_settings
from mingma.storage import open_store

REMARKS: Final = frozenset({Amiss.NOT_COMPARABLE})  # said, and not wrong
WORSE: Final = {colour.value: rank for colour, rank in SEVERITY.items()}


class NothingToAudit(Malformed):
    """A command line that names neither a public log nor a database."""

    slug = "audit.nothing"
    zh = "未指明要审计的公开日志或数据库"
    en = "neither a public log nor a database is named"
    remedy_zh = "请用 {public} 或 {database} 指明,或两者都指明以作比对"
    remedy_en = "name one by {public} or {database}, or both to compare them"


class OptionAlone(Malformed):
    """An option that says how to read what is not named: it would be passed over unseen."""

    slug = "audit.option_alone"
    zh = "{option} 须与 {needed} 并用:单独给出则无从审计"
    en = "{option} says nothing without {needed}: it would not be looked at"
    remedy_zh = "请同时写明 {needed},或去掉 {option}"
    remedy_en = "name {needed} too, or leave {option} out"


def audit_(
    *,
    public: str | None = None,
    policy: Path | None = None,
    key: str | None = None,
    before: Before = None,
    database: str | None = None,
    subjects: bool = False,
    json: bool = False,
) -> int:
    """Audit a public log from its leaves alone, a database against its log, or both.

    With both it is also said where the public log and the database's differ.

    Args:
        public: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable; one that
            witnesses have not cosigned yet is held against the cosigned landmarks beside it, and
            all of it against what each of its witnesses last cosigned, as far as they answer.
        key: The log's own keys, written name+id+base64, one a line.
        database: sqlite:///path or postgresql://….
        subjects: Name the people that a finding in the database is about, for the audit office.
        json: Print JSON; errors as JSON too.
    """
    if public is None and database is None:
        raise NothingToAudit(public="--public", database="--database")
    _must_be_of_use("--public", public, before=before, policy=policy, key=key)
    _must_be_of_use("--database", database, subjects=subjects)
    report = Report()
    read, head = None, None
    if public is not None:
        shown = shown_by_witnesses(public, policy)
        read = SameAgain(reader(public, before or ()))
        head, cosigned = believed(public, read, policy, key)
        trusted = policy is not None or key is not None
        report.said["public"] = head_row(head) | {"signature_checked": trusted}
        _audit_public(report, read, head, before or ())
        if cosigned is not None:
            audit_landmarks(report, read, head, cosigned)
        files = LogFiles(read, head) if report.said["public"]["whole"] else None
        audit_witnesses(report, head, files, shown, live=is_address(public))
    if database is not None:
        settings = with_words(read_settings(os.environ), database=database)
        policy_of_it = parse_policy(must_read(Path(settings.policy))) if settings.policy else None
        evidence = _evidence_key(Path(settings.keys) / EVIDENCE_KEY)
        context = context_of(settings, policy_of_it, evidence)
        store = VouchedStore(open_store(settings.database), context.evidence_key)
        with closing(store), store.read() as unit:
            report.said["database"] = {"size": unit.head()[0]}
            _audit_database(report, unit, context, settings, subjects=subjects)
            if read is not None and head is not None:
                _compare(report, unit, read, head)
    report.print(json=json)
    return 1 if report.bad else 0


def _must_be_of_use(needed: str, place: str | None, **options: object) -> None:
    """Raise OptionAlone for an option that is given where nothing is that it is about."""
    for name, value in options.items():
        if value and place is None:
            raise OptionAlone(option=f"--{name}", needed=needed)


def _audit_public(report: Report, read: Read, head: Checkpoint, before: Sequence[str]) -> None:
    """Signature apart: that the files are whole, and what their leaves show."""
    fault = check_log(read, head)
    report.said["public"] |= {"whole": fault is None}
    if fault is not None:
        report.add("files", f"file_{fault.why}", place_of(fault.index, fault.path))
        return  # what is not proven is nobody's to audit
    spoken, line = SpokenOf(read, head.size), Line()

    def note(index: int, entry: bytes) -> None:
        spoken.note(index, entry)
        line.note(index, entry)

    entries = partial(entries_of, read, head.size)
    for one in audit(entries, head.size, WORSE, LEAF_POSTS, head.origin, note):
        report.add("leaves", one.word.value, place_of(one.index, one.what, one.about))
    spoken.audit(report)
    line.audit(report, LogFiles(read, head), before)


def _audit_database(
    report: Report, unit: Unit, context: Context, settings: Settings, *, subjects: bool
) -> None:
    """The rows against the log, in one snapshot."""
    clock = clock_of(settings.clock)
    context = in_force(unit, context, clock())
    for one in reconcile(unit, context, clock()):
        remark = one.word in REMARKS
        report.add("database", one.word.value, _of_row(one, subjects=subjects), remark=remark)


def _evidence_key(path: Path) -> bytes:
    """The instance's key that vouches for evidence; without it the facts are not compared."""
    if path.exists():
        return evidence_key(path)
    print(f"warning: {path}: not there, so no content was compared", file=sys.stderr)
    return b""


def _compare(report: Report, unit: Unit, read: Read, head: Checkpoint) -> None:
    """Whether the public log is the beginning of the database's: else somebody sees another."""
    size, _ = unit.head()
    if size < head.size:
        report.add("both", "database_behind", place_of(size, f"{head.size} are published"))
    elif Frontier().grown(stored_entries(unit, head.size)).root() == head.root:
        return
    if report.said["public"]["whole"]:
        both = min(size, head.size)
        published = islice(entries_of(read, head.size), both)
        pairs = enumerate(zip_longest(stored_entries(unit, both), published))
        index = next((index for index, (row, entry) in pairs if row != entry), None)
        if index is not None:
            report.add("both", "split_view", place_of(index))
    elif size >= head.size:
        report.add("both", "split_view", place_of(None, "root"))


def _of_row(one: Found, *, subjects: bool) -> dict[str, object]:
    return place_of(one.index, one.what) | (
        {"subject": one.subject, "number": one.number} if subjects else {}
    )

"""`mingma ledger`: export the public log, check a copy of it, read its newest leaves."""

from __future__ import annotations

import json as json_text
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cyclopts import App

from mingma.cli.log_place import must_read, reader
from mingma.cli.serve import with_words
from mingma.engines.fact_files import FileUnreadable
from mingma.flows.export_log import export_log
from mingma.flows.publish_log import CHECKPOINT, PublicLog
from mingma.kernel.errors import Place
from mingma.kernel.times import midnight, print_instant
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.cosignature import verify_checkpoint
from mingma.ledger.files import Fault, check_log
from mingma.ledger.leaf import LeafUnreadable, parse
from mingma.ledger.note import Note, NoteNotTrusted, parse_key, parse_note
from mingma.ledger.policy import parse_policy
from mingma.ledger.text import write_base64
from mingma.ports import Store
from mingma.settings import read_settings
from mingma.storage import open_store

app = App(name="ledger", help="Export, check and read the public log.")

LAST: Final = 10  # leaves of `tail` unless told otherwise


@app.command
def export(folder: Path, /, *, database: str | None = None, json: bool = False) -> int:
    """Bring a folder up to the newest checkpoint, which is written last.

    Args:
        folder: A new one, or one with an earlier export of the same log.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    with _store(database) as store:
        try:
            head, written = export_log(PublicLog(store), folder)
        except OSError as error:
            why = error.strerror or str(error)
            raise FileUnreadable(Place(str(error.filename or folder)), why=why) from None
    if json:
        print(json_text.dumps({**_head(head), "written": written}, ensure_ascii=False))
    else:
        print(f"{head.origin}: {head.size} leaves, {written} files written to {folder}")
    return 0


@app.command
def check(
    place: str, /, *, policy: Path | None = None, key: str | None = None, json: bool = False
) -> int:
    """Check a published log whole; names the first leaf that its files do not prove.

    Args:
        place: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable.
        key: The log's own key, written name+id+base64; keys/log.vkey of who serves it.
        json: Print JSON; errors as JSON too.
    """
    read = reader(place)
    data = read(CHECKPOINT)
    if data is None:
        raise FileUnreadable(Place(f"{place}/{CHECKPOINT}"), why="there is no such file")
    note = parse_note(data)
    if policy is not None:
        parse_policy(must_read(policy)).verify(note)
    if key is not None:
        _must_be_signed(note, key)
    head = parse_checkpoint(note.text)
    fault = check_log(read, head)
    trusted = policy is not None or key is not None
    if json:
        print(json_text.dumps(_found(head, fault, trusted=trusted), ensure_ascii=False))
    else:
        _say(head, fault, trusted=trusted)
    return 0 if fault is None else 1


@app.command
def tail(*, last: int = LAST, database: str | None = None, json: bool = False) -> int:
    """Print the newest leaves in words, the newest last.

    Args:
        last: How many.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: One JSON object a line: the leaf's index and its entry as it stands.
    """
    with _store(database) as store, store.read() as unit:
        size, _ = unit.head()
        start = max(0, size - max(0, last))
        entries = unit.leaves(start, size)
    for index, entry in enumerate(entries, start):
        text = entry.decode("utf-8", "backslashreplace")
        line = {"index": index, "entry": text}
        print(json_text.dumps(line, ensure_ascii=False) if json else f"{index}  {in_words(entry)}")
    return 0


def in_words(entry: bytes) -> str:
    """What an entry says: day of its seal, kind, organ, change, rule. Nobody is in it."""
    try:
        leaf, day = parse(entry)
    except LeafUnreadable:
        return "unverifiable: no leaf of a version that is known here"
    parts = [print_instant(midnight(day))[:10], leaf.kind.value]
    if leaf.organ is not None:
        parts.append(f"by {leaf.organ}")
    if leaf.before is not None and leaf.after is not None:
        parts.append(f"from {leaf.before} to {leaf.after}")
    if leaf.rule is not None:
        parts.append(f"under {leaf.rule}")
    if leaf.answers is not None:
        parts.append(f"about leaf {leaf.answers}")
    return "  ".join(parts)


def _must_be_signed(note: Note, text: str) -> None:
    """The log with this key, and no other, signed the note as its own."""
    key = parse_key(text)
    head, _ = verify_checkpoint(note, [key])
    if head.origin != key.name:
        raise NoteNotTrusted(why="no_known_key", name=head.origin)


def _head(head: Checkpoint) -> dict[str, object]:
    return {"origin": head.origin, "size": head.size, "root": write_base64(head.root)}


def _found(head: Checkpoint, fault: Fault | None, *, trusted: bool) -> dict[str, object]:
    wrong = fault and {"index": fault.index, "file": fault.path, "why": fault.why}
    return {**_head(head), "signature_checked": trusted, "whole": fault is None, "fault": wrong}


def _say(head: Checkpoint, fault: Fault | None, *, trusted: bool) -> None:
    if not trusted:
        print("warning: no --policy and no --key: the signature was not checked", file=sys.stderr)
    if fault is None:
        print(f"{head.origin}: {head.size} leaves, every tile and entry proven")
    else:
        print(f"{head.origin}: not proven from leaf {fault.index} on: {fault.path} ({fault.why})")


@contextmanager
def _store(database: str | None) -> Iterator[Store]:
    settings = with_words(read_settings(os.environ), database=database)
    store = open_store(settings.database)
    try:
        yield store
    finally:
        store.close()

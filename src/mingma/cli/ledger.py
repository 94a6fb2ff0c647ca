"""`mingma ledger`: export the public log, check a copy of it, read its newest leaves."""

from __future__ import annotations

import json as json_text
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from cyclopts import App

from mingma.cli.carry_on import Carried, carry_on
from mingma.cli.database import opened_instance, opened_store
from mingma.cli.exported_head import log_to_export, warn_of_one_line
from mingma.cli.leaf_words import in_words
from mingma.cli.log_place import Before, must_read, reader
from mingma.cli.next_log import next_log
from mingma.cli.published import checked, head_row, published_note
from mingma.cli.serve import with_words
from mingma.cli.signer import leave_signer, signer
from mingma.clock import clock_of
from mingma.engines.fact_files import FileUnreadable
from mingma.flows.alarm import alarms
from mingma.flows.erase import erase_due
from mingma.flows.export_log import export_log
from mingma.flows.index_hour import keep_hours
from mingma.flows.publish_log import PublicLog
from mingma.flows.receipts import Receipts
from mingma.flows.replace_key import KeyKind, act_of
from mingma.flows.replace_key import replace_key as replacing
from mingma.kernel.errors import Place
from mingma.keys import LogKey, source_key
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import Fault
from mingma.ledger.note import Note, sign
from mingma.ledger.policy import parse_policy
from mingma.settings import read_settings

app = App(name="ledger", help="Export, check, read and keep the public log.")
app.command(signer)
app.command(leave_signer)

LAST: Final = 10  # leaves of `tail` unless told otherwise


@app.command
def export(
    folder: Path, /, *, log: str | None = None, database: str | None = None, json: bool = False
) -> int:
    """Bring a folder up to the newest checkpoint, which is written last.

    Args:
        folder: A new one, or one with an earlier export of the same log.
        log: The origin of an earlier year's log, to export that one up to its end.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    with opened_store(database) as store:
        public = log_to_export(store, log)
        landmarks = _landmarks(public) if log is None else None
        try:
            head, written = export_log(public, folder, landmarks=landmarks)
        except OSError as error:
            why = error.strerror or str(error)
            raise FileUnreadable(Place(str(error.filename or folder)), why=why) from None
    warn_of_one_line(folder)
    if json:
        print(json_text.dumps({**head_row(head), "written": written}, ensure_ascii=False))
    else:
        print(f"{head.origin}: {head.size} leaves, {written} files written to {folder}")
    return 0


@app.command
def check(
    place: str,
    /,
    *,
    policy: Path | None = None,
    key: str | None = None,
    before: Before = None,
    json: bool = False,
) -> int:
    """Check a published log whole; names the first leaf that its files do not prove.

    Args:
        place: A folder, or an address like https://log.example/ledger.
        policy: A trust policy that says whose signatures make its checkpoint believable, or
            the landmarks beside it that it continues.
        key: The log's own keys, written name+id+base64, one a line: what keys/log.vkey of who
            serves it holds.
        json: Print JSON; errors as JSON too.
    """
    _, head, fault = checked(place, policy, key, before or ())
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
    with opened_store(database) as store, store.read() as unit:
        size, _ = unit.head()
        start = max(0, size - max(0, last))
        entries = unit.leaves(start, size)
    for index, entry in enumerate(entries, start):
        text = entry.decode("utf-8", "backslashreplace")
        line = {"index": index, "entry": text}
        print(json_text.dumps(line, ensure_ascii=False) if json else f"{index}  {in_words(entry)}")
    return 0


@app.command
def accept_loss(
    published: str,
    /,
    *,
    reason: str,
    signed: list[Path] | None = None,
    head: list[Path] | None = None,
    before: Before = None,
    database: str | None = None,
    json: bool = False,
) -> int:
    """Go on from an older copy of the database, which two organs sign to be all there is.

    Without --signed it prints the statement to sign. With it the lost leaves come back from the
    published files, and who had decisions among them is decided anew.

    Args:
        published: A folder, or an address, with the log's newest public files.
        reason: Why the rows are lost; part of the statement.
        signed: The statement as each organ signed it (mingma ledger sign-loss).
        head: Other signed heads that are known, of witnesses or auditors, also of earlier years'
            logs: all must be continued.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    settings = with_words(read_settings(os.environ), database=database)
    notes = [must_read(path) for path in signed or ()]
    heads = [must_read(path) for path in head or ()]
    earlier = [published_note(place, reader(place)) for place in before or ()]
    read = reader(published, before or ())
    found = carry_on(settings, read, reason, notes, heads, earlier)
    if json:
        print(json_text.dumps(asdict(found), ensure_ascii=False))
    elif found.accepted:
        _say_accepted(found)
    else:
        print(found.statement, end="")
    return 0


@app.command
def sign_loss(statement: Path, /, *, key: Path, name: str) -> int:
    """Sign the statement of a loss for an organ; prints it with the signature.

    Args:
        statement: The text that `accept-loss` printed.
        key: The organ's Ed25519 key in a file; made if there is none.
        name: The organ's name, as its line in the file loss-signers begins.
    """
    text = must_read(statement).decode("utf-8", "backslashreplace")
    organ = LogKey(name, source_key(key).key)
    print(f"the line for loss-signers: {organ.key}", file=sys.stderr)
    sys.stdout.write(bytes(Note(text, (sign(text, organ.key, organ.sign),))).decode())
    return 0


@app.command
def index(*, database: str | None = None, json: bool = False) -> int:
    """Index the tags of the leaves since the last index now, without waiting for the hour.

    Args:
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    with opened_instance(database) as instance:
        instance.seal()
        organ, now = instance.context.organ, instance.clock()
        made = keep_hours(instance.acting, organ, now, asked=True)
        with instance.store.read() as unit:
            raised = alarms(unit)
    if json:
        print(json_text.dumps({"indexes": made, "alarms": raised}))
    else:
        print(f"{made} indexes written")
        for alarm in raised:
            print(f"alarm: {alarm}", file=sys.stderr)
    return 1 if raised else 0


@app.command
def erase(*, database: str | None = None, json: bool = False) -> int:
    """Erase everybody whose data are due; the leaves stay.

    Args:
        database: sqlite:///path or postgresql://… of the role that may erase.
        json: Print JSON; errors as JSON too.
    """
    with opened_instance(database) as instance:
        erased = erase_due(instance.acting, instance.context.organ, instance.clock())
    print(json_text.dumps({"erased": erased}) if json else f"{erased} people erased")
    return 0


@app.command
def rotate_key(
    origin: str,
    /,
    *,
    folder: Path,
    not_cosigned: bool = False,
    database: str | None = None,
    json: bool = False,
) -> int:
    """End this log and go on as the next one, with keys of its own. Stop the service first.

    The database stays: people, evidence, decisions and leaves go on under the new origin. Start
    again with the settings that are printed. If it was cut short, run it again.

    Args:
        origin: The next log's name, like ledger.henan.example/codes/2023.
        folder: Where the next log's keys and policy go, the other keys with them; made if there is
            none.
        not_cosigned: Go on although the witnesses have not cosigned the last head.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    with_words(read_settings(os.environ), origin=origin)  # refused before a key is made
    with opened_instance(database) as instance:
        made = next_log(instance, origin, folder, cosigned=not not_cosigned)
    settings = {"MINGMA_ORIGIN": origin, "MINGMA_KEYS": str(folder)}
    if made.policy is not None:
        settings["MINGMA_POLICY"] = str(made.policy)
    if json:
        said = {"origin": origin, "start": made.start, "vkey": made.vkey.splitlines()}
        print(json_text.dumps(said | {"settings": settings}))
    else:
        print(f"the log has ended with {made.start} leaves; it goes on as {origin}:")
        print(made.vkey, end="")
        print("start again with these settings, and a new folder for MINGMA_PUBLISH:")
        for name, value in settings.items():
            print(f"{name}={value}")
    return 0


@app.command
def replace_key(
    what: KeyKind, published: Path, /, *, database: str | None = None, json: bool = False
) -> int:
    """Say in the log that a key was replaced, by a leaf with the digest of what is published of it.

    Said once of each key: again, it names the leaf there is. The log's own key: see rotate-key.

    Args:
        what: Whose key: issuer or witness.
        published: What everybody gets of the new key: the issuer's certificate, a file of trust;
            a witness's witness.vkey.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
        json: Print JSON; errors as JSON too.
    """
    data = must_read(published)
    with opened_instance(database) as instance:
        with instance.acting() as unit:
            organ, now = instance.context.organ, instance.clock()
            said = replacing(unit, instance.desk, organ, what, data, now)
        instance.seal()
        with instance.store.read() as unit:
            index = unit.index_of(act_of(what, data), 0)
    if json:
        print(json_text.dumps({"leaf": index, "said_now": said}))
    else:
        print(f"leaf {index} says so" if said else f"leaf {index} had said so")
    return 0


def _landmarks(log: PublicLog) -> bytes:
    """The landmarks of now, as an instance with these settings serves them."""
    settings = read_settings(os.environ)
    policy = parse_policy(must_read(Path(settings.policy))) if settings.policy else None
    with log.store.read() as unit:
        return bytes(Receipts(log, policy).landmarks(unit, clock_of(settings.clock)()))


def _say_accepted(found: Carried) -> None:
    for size, origin in found.last_heads.items():
        print(f"{origin} ended with {size} leaves: its last head is back")
    leaves = f"leaves {found.start} to {found.end - 1}"
    print(f"accepted: {leaves} of {found.origin} are back without their rows")
    if found.goes_on_at is None:
        print(f"{found.anew} people decided anew")
    else:
        print(f"the log has ended: run `mingma ledger rotate-key {found.goes_on_at}` with the")
        print("folder of the next log's keys; at its start people are decided anew")


def _found(head: Checkpoint, fault: Fault | None, *, trusted: bool) -> dict[str, object]:
    wrong = fault and {"index": fault.index, "file": fault.path, "why": fault.why}
    return {**head_row(head), "signature_checked": trusted, "whole": fault is None, "fault": wrong}


def _say(head: Checkpoint, fault: Fault | None, *, trusted: bool) -> None:
    if not trusted:
        print("warning: no --policy and no --key: the signature was not checked", file=sys.stderr)
    if fault is None:
        print(f"{head.origin}: {head.size} leaves, every tile and entry proven")
    else:
        print(f"{head.origin}: not proven from leaf {fault.index} on: {fault.path} ({fault.why})")

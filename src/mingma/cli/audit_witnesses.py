"""Whether a published log continues what each witness of the policy last cosigned of it.

Nor may it contradict what a witness keeps against it. Only what the log itself signed counts,
whoever shows it: two of its heads that do not fit together prove that it showed two histories. A
witness that cannot be asked is named, and is no finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mingma.cli.audit_forks import Signed, are_two_histories, kept_against, signed_head
from mingma.cli.audit_report import Report, place_of
from mingma.cli.log_place import must_read, reader
from mingma.flows.publish_log import CHECKPOINT
from mingma.kernel.errors import Problem
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.files import LogFiles
from mingma.ledger.note import VerifierKey, parse_note
from mingma.ledger.policy import parse_policy
from mingma.ledger.tree import ProofDoesNotHold, verify_consistency
from mingma.ledger.witnessing import origin_hash
from mingma.witness_client import HttpWitnesses

AT_ONCE: Final = 16  # witnesses that are asked together
SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a witness last cosigned of a log, under the log's own signature; else why there is none.

    `against` is what it keeps against the log, pair by pair; None where that cannot be read.
    """

    url: str
    last: Signed | None = None
    why: str = ""
    against: Sequence[tuple[Signed, ...]] | None = ()


def shown_by_witnesses(place: str, policy: Path | None) -> Sequence[Shown]:
    """What a policy's witnesses show of the log that is published at a place.

    Ask before the published checkpoint is read to be audited: that is then no older than they are.
    """
    data = reader(place)(CHECKPOINT) if policy is not None else None
    if policy is None or data is None:
        return ()
    trusted, origin = (
        parse_policy(must_read(policy)),
        parse_checkpoint(parse_note(data).text).origin,
    )
    keys = [one.key for one in trusted.logs if one.key.name == origin]
    urls = list(dict.fromkeys(one.url for one in trusted.witnesses if one.url is not None))
    with closing(HttpWitnesses()) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda url: _shown(client, url, origin, keys), urls))


def audit_witnesses(
    report: Report, head: Checkpoint, files: LogFiles | None, witnesses: Iterable[Shown], *,
    live: bool,
) -> None:  # fmt: skip
    """Hold the log against each; without files that are whole, by size and root alone.

    `live`: the log is where it is published, and not a copy that may be of yesterday.
    """
    for one in witnesses:
        size = one.last.head.size if one.last is not None else None
        report.witnesses.append({"url": one.url, "size": size, "why": one.why})
        if one.last is not None:
            if one.last.head.size > head.size:
                what = f"{size} are cosigned at {one.url}"
                report.add("witnesses", "witness_ahead", place_of(head.size, what), remark=not live)
            _must_continue(report, head, files, one.last, one.url)
        _audit_against(report, head, files, one)


def _audit_against(report: Report, head: Checkpoint, files: LogFiles | None, shown: Shown) -> None:
    """Heads that contradict each other; else each is held against the log, as far as that goes."""
    if shown.against is None:
        report.add("witnesses", "forks_unread", place_of(None, shown.url), remark=True)
    for heads in shown.against or ():
        if are_two_histories(heads):
            place = place_of(heads[0].head.size - 1, f"two histories, kept at {shown.url}")
            notes = [one.note for one in heads]
            report.add("witnesses", "log_forked", place | {"notes": notes})
            continue
        for one in heads:
            _must_continue(report, head, files, one, shown.url)


def _must_continue(
    report: Report, head: Checkpoint, files: LogFiles | None, old: Signed, url: str
) -> None:
    if old.head.size <= head.size and not _continues(head, files, old.head):
        place = place_of(old.head.size - 1, f"another history at {url}")
        report.add("witnesses", "witness_differs", place | {"note": old.note})


def _shown(client: HttpWitnesses, url: str, origin: str, keys: Collection[VerifierKey]) -> Shown:
    try:
        status, note = client.checkpoint(url, origin_hash(origin))
    except Problem:
        return Shown(url, why="no answer")
    against = _against(client, url, origin, keys)
    if status != SHOWN:
        return Shown(url, None, f"status {status}", against)
    last = signed_head(note.decode(errors="replace"), origin, keys)
    why = "no checkpoint that the log signed" if last is None else ""
    return Shown(url, last, why, against)


def _against(
    client: HttpWitnesses, url: str, origin: str, keys: Collection[VerifierKey]
) -> Sequence[tuple[Signed, ...]] | None:
    """What it keeps against the log; nothing where it gives none, as not every witness does."""
    try:
        status, data = client.forks(url, origin_hash(origin))
        return kept_against(data, origin, keys) if status == SHOWN else ()
    except Problem:
        return ()
    except ValueError:
        return None


def _continues(head: Checkpoint, files: LogFiles | None, old: Checkpoint) -> bool:
    """Whether a head extends an older one, as far as the files can tell."""
    if old.size == head.size:
        return old.root == head.root
    if files is None:
        return True  # that they are not whole was said
    try:
        proof = files.consistency_proof(old.size)
        verify_consistency(old.size, old.root, head.size, head.root, proof)
    except ProofDoesNotHold:
        return False
    return True

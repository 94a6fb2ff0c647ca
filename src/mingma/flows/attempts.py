"""Refused attempts: each is a leaf and a record, in public, and says nothing of whom it was about.

Its leaf opens in public to act, organ, size class, policies and ten minutes (docs/formats/act.md):
no person, no officer. So who tried what is known at the next seal, outside the operator too
(ACCOUNTABILITY section 4). Reading them out changes nothing.

From an officer's sixty-first of an hour on attempts are counted only (`flows/attempt_flood`), so
that nobody fills the log with them; what they were stays public to the last one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.organs import Organ
from mingma.flows.emergency import INSTANCE
from mingma.flows.leaf_names import leaf_of_nobody, officer_mark, public_name
from mingma.kernel.canonical import b64url, canonical
from mingma.kernel.times import Instant
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Record

ATTEMPT: Final = "attempt"  # the kind of records; ids are instant and digest
BIN: Final = 600  # seconds: how closely an attempt is dated in public
SIZES: Final = ((1, "1"), (9, "2-9"), (99, "10-99"), (999, "100-999"))
LARGEST: Final = "1000+"
PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """One refused attempt as everybody reads it; `leaf_index` is None while it waits."""

    act: str
    organ: str
    size: str
    policies: tuple[str, ...]
    bin: Instant
    nonce: str
    id: str
    leaf_index: int | None
    count: int = 1


def size_class(people: int) -> str:
    """How many people an act was about, as far as it is told."""
    return next((name for most, name in SIZES if people <= most), LARGEST)


def write_attempt(
    unit: Unit,
    *,
    act: str,
    id: str,
    organ: Organ,
    officer_id: str,
    policies: Sequence[str],
    people: int,
    now: Instant,
    nonce: bytes,
    audit_key: bytes,
) -> None:
    """Write an attempt's record and its leaf; `id` is the digest of the signed act."""
    body = {
        "act": str(act),
        "bin": int(now) // BIN * BIN,
        "organ": public_name(organ),
        "policies": sorted(set(policies)),
        "size": size_class(people),
    }
    keep_attempt(
        unit, body, id=id, organ=organ, officer_id=officer_id,
        now=now, nonce=nonce, audit_key=audit_key,
    )  # fmt: skip


def keep_attempt(
    unit: Unit,
    body: Mapping[str, Any],
    *,
    id: str,
    organ: Organ,
    officer_id: str,
    now: Instant,
    nonce: bytes,
    audit_key: bytes,
) -> None:
    """Write a record of what everybody reads, and the leaf that commits to it."""
    kept = canonical({**body, "nonce": b64url(nonce)})
    unit.add_record(Record(ATTEMPT, attempt_id(now, id), now, kept))
    leaf = Leaf(
        kind=Kind.ATTEMPT,
        commitment=commitment(nonce, canonical(dict(body))),
        organ=public_name(organ),
        officer=officer_mark(audit_key, organ.id, officer_id, now),
    )
    unit.add_leaves([leaf_of_nobody(ATTEMPT, attempt_id(now, id), leaf, now)])


def attempt_id(now: Instant, id: str) -> str:
    """Ids sort as the instants do."""
    return f"{int(now):019}/{id[:32]}"


def attempts_since(unit: Unit, since: Instant, limit: int = PAGE) -> list[Attempt]:
    """Attempts from an instant on, oldest first, at most so many."""
    found: list[Attempt] = []
    record = unit.first_record(ATTEMPT, f"{int(since):019}")
    while record is not None and len(found) < limit:
        said = json.loads(record.body)
        found.append(
            Attempt(
                said["act"],
                said["organ"],
                said["size"],
                tuple(said["policies"]),
                Instant(said["bin"]),
                said["nonce"],
                record.id,
                unit.index_of(f"{INSTANCE}:{ATTEMPT}:{record.id}", 0),
                said.get("count", 1),
            )
        )
        record = unit.first_record(ATTEMPT, record.id + "0")
    return found


def counted(attempts: Sequence[Attempt]) -> list[tuple[str, str, str, int]]:
    """(organ, act, size class, how many), in order."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in attempts:
        counts[one.organ, one.act, one.size] += one.count
    return [(*key, counts[key]) for key in sorted(counts)]

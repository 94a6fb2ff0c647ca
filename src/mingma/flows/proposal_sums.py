"""What the sums of 24 hours count of each proposal (`authority/hundred`).

Every proposal has such a record beside its own, only added, so the sums read no proposal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from mingma.authority.hundred import WINDOW, Counted, Sums, counted, sums
from mingma.authority.proposal import Proposal
from mingma.kernel.canonical import canonical
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Record

PROPOSAL_COUNT: Final = "proposal_count"  # by instant and digest: what the sums read


def keep_count(unit: Unit, one: Proposal, now: Instant) -> None:
    """Write what later sums count of a proposal."""
    count = counted(one)
    said = {
        "case": count.case,
        "clause": count.clause.hex(),
        "maker": count.maker,
        "organ": count.organ,
        "people": count.people,
    }
    id = f"{int(one.made_at):019}/{one.digest.hex()}"
    unit.add_record(Record(PROPOSAL_COUNT, id, now, canonical(said)))


def sums_of(unit: Unit, proposal: Proposal) -> Sums:
    """The four sums of 24 hours, this proposal's included.

    Asking takes the turn: in a writing unit nobody else proposes until it ends.
    """
    unit.last_record(PROPOSAL_COUNT, "")
    since = Instant(proposal.made_at - WINDOW)
    return sums(proposal, list(_counted_since(unit, since)))


def proposals_since(unit: Unit, since: Instant) -> Iterator[str]:
    """The digests of proposals made from an instant on, in order."""
    for record in _counts_since(unit, since):
        yield record.id.partition("/")[2]


def _counts_since(unit: Unit, since: Instant) -> Iterator[Record]:
    record = unit.first_record(PROPOSAL_COUNT, f"{int(since):019}")
    while record is not None:
        yield record
        record = unit.first_record(PROPOSAL_COUNT, record.id + "0")


def _counted_since(unit: Unit, since: Instant) -> Iterator[Counted]:
    for record in _counts_since(unit, since):
        said: dict[str, Any] = json.loads(record.body)
        yield Counted(
            Instant(int(record.id.partition("/")[0])),
            said["maker"],
            said["organ"],
            bytes.fromhex(said["clause"]),
            said["case"],
            said["people"],
        )

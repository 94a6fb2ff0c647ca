"""Identities that turn out to be one person, or two, in a test."""

from __future__ import annotations

from mingma.flows.link_identities import link_identities
from mingma.people.provisional import MergeReason, MergeRecord, ProvisionalRef, SplitRecord
from mingma.people.pseudonym import PersonRef
from tests.instances import Stage


def record_link(scene: Stage, record: MergeRecord | SplitRecord) -> None:
    """Put a merge or split on record, and seal what comes of it."""
    with scene.instance.store.write() as unit:
        link_identities(unit, scene.instance.context, record, scene.clock())
    scene.instance.seal()


def merge_of(scene: Stage, known: str, into: str, id: str = "m1") -> MergeRecord:
    """A merge of this instant: the paper was shown."""
    reason = MergeReason.PAPER_SHOWN
    provisional = ProvisionalRef(PersonRef(known))
    return MergeRecord(id, provisional, PersonRef(into), scene.clock(), "organ", reason)

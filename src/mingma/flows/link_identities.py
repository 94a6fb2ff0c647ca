"""Record that a provisional identity is a known person, or that it is not after all.

Nothing is moved or edited: facts keep the reference they were recorded under, and both people are
decided anew, so no colour stays with the wrong one.
"""

from __future__ import annotations

from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.standing_evidence import link_record, links_of
from mingma.kernel.times import Instant
from mingma.people.provisional import MergeRecord, RecordOutOfOrder, SplitRecord
from mingma.ports import Unit


def link_identities(
    unit: Unit, context: Context, link: MergeRecord | SplitRecord, now: Instant
) -> None:
    """Record a merge or split and decide anew for both; raises Refused where it may not be."""
    if link.at > now:
        raise RecordOutOfOrder  # nobody would be decided anew when its instant comes
    links = links_of(unit).after(link)
    merge = next(
        r
        for r in links.records
        if isinstance(r, MergeRecord)
        and r.id == (link.of if isinstance(link, SplitRecord) else link.id)
    )
    both = {merge.provisional, merge.into}
    if len(unit.people(both)) < len(both):
        raise NoSuchPerson  # nobody could be decided about
    unit.add_record(link_record(link, both))
    redecide(unit, context, both, now)

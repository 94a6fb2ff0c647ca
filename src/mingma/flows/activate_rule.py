"""Put a published edition into force: by the executor, once it was public long enough.

The executor decides nothing: the policies hold that the edition is approved, that its digest is
the one he saw, that it was public for 24 hours (one by the emergency path) and that witnesses have
cosigned its publication. From this instant on it counts, in every process that reads this store.
"""

from __future__ import annotations

from mingma.authority.matters import Ruling
from mingma.flows.act_case import Answer, Case, Held, Prepared
from mingma.flows.editions import ACTIVE
from mingma.flows.publish_rule import (
    EditionDone,
    answer_leaf,
    edition_of,
    matter_of,
    public_since,
    seen,
)
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place
from mingma.kernel.times import day_of
from mingma.ledger.leaf import Kind
from mingma.records import Record


def prepare(case: Case) -> Prepared:
    """ACTIVATE_RULE: `edition`, the digest that the executor saw."""
    one = edition_of(case)
    over = one.until is not None and one.until <= case.now
    if one.active_from is not None or one.ended_at is not None or over:
        raise EditionDone(Place(field="body.edition"))

    def do(held: Held) -> Answer:
        said = {
            "officer": case.actor.officer.id,
            "organ": case.actor.organ.id,
            "pack": one.pack,
            "until": None if one.until is None else int(one.until),
        }
        case.unit.add_record(Record(ACTIVE, one.digest, case.now, canonical(said)))
        until = None if one.until is None else day_of(one.until)
        answer_leaf(case, one, Kind.RULE_ACTIVATE, held, until=until)
        return {"edition": one.digest, "active_from": int(case.now)}

    public = public_since(case.unit, case.context, one) is not None
    circumstances = Ruling(digest_seen=seen(case), cosigned=public)
    return Prepared(matter_of(case, one), f"edition {one.digest}", circumstances, do)

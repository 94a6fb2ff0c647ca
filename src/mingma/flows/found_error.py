"""That somebody's evidence was wrong is a leaf under the name of whoever made it.

Written where a mark is withdrawn as wrong, and where an appeal is upheld because of what was
decided and not because of a need. So nobody is let go as "a mistake" without a mistake of some
organ on public record. It names no person and no appeal; the mark's own leaf, if there is one,
leads to its maker's officer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from mingma.appeals.reasons import Reason
from mingma.flows import offices
from mingma.flows.approved_fact import MarkNotSealed, mark_leaf
from mingma.flows.enrol import Chance
from mingma.flows.leaf_names import NONCE_SIZE, leaf_of_nobody, public_name
from mingma.kernel.canonical import b64url
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit

ERROR: Final = "error"  # what its leaves are of; their ids are chance
# Why an appeal is upheld, where something was wrong.
ERRORS: Final = frozenset(
    {
        Reason.NOT_THIS_PERSON,
        Reason.EVIDENCE_WRONG,
        Reason.CLAUSE_NOT_MET,
        Reason.PROCEDURE_BROKEN,
    }
)


def find_errors(
    unit: Unit, subject: str, wrong: Collection[str], now: Instant, chance: Chance
) -> None:
    """Write a leaf for each of a person's facts that was found wrong, under its maker's name."""
    sources = unit.sources()
    for fact in unit.facts_of([subject])[subject]:
        sender = fact.id.partition("/")[0]
        organ = offices.organ(unit, sender)
        if fact.id not in wrong or not (organ or sender in sources):
            continue  # what a system brings in, or she herself, is nobody's error
        try:
            mark = mark_leaf(unit, fact)
        except MarkNotSealed:
            mark = None  # nobody waits for a leaf to be right
        leaf = Leaf(
            kind=Kind.ERROR_FIND,
            organ=public_name(organ) if organ else sender,
            answers=mark,
        )
        id = b64url(chance(NONCE_SIZE))
        unit.add_leaves([leaf_of_nobody(ERROR, id, leaf, now)])

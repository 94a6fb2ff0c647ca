"""The decision that counts for a person, believed only as far as the log proves it.

Who shows or cites a decision to others – a gate by card, an isolation order – asks here: the row
must be the one its sealed leaf commits to, cosigned as the trust policy asks. What is not proven
is shown as no worse than green and supports nothing (P1).
"""

from __future__ import annotations

from collections.abc import Collection

from mingma.codes.decision import Decision
from mingma.flows.context import Context
from mingma.flows.cosigned import cosigned_at, in_time
from mingma.flows.kept_keys import KeyDoesNotOpen
from mingma.flows.own_leaves import OwnLeaves
from mingma.flows.reconcile_appeals import appeals_fit
from mingma.kernel.errors import Problem
from mingma.ledger.commitment import commitment, nonce, tag
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ports import Unit
from mingma.records import Person


def proven_index(unit: Unit, context: Context, person: Person, number: int) -> int | None:
    """The leaf that proves a person's decision of this number; None if none does."""
    decisions = unit.decisions_of(person.ref)
    stored = [one for one in decisions if one.number == number]
    index = unit.index_of(person.ref, number)
    if not stored or index is None or not _is_its_leaf(unit, person, stored[0], index):
        return None
    if not all_is_there(unit, person, {one.number for one in decisions}, OwnLeaves()):
        return None
    if context.policy is not None and not in_time(stored[0], cosigned_at(unit, index)):
        return None
    return index


def all_is_there(unit: Unit, person: Person, decided: Collection[int], own: OwnLeaves) -> bool:
    """Whether the rows about a person have her last decision in the log, and each appeal.

    `decided` are the numbers of her decisions. Without a leaf or a row of hers nothing is proven
    against her: what is gone may have freed her.
    """
    try:
        known = own.of(unit, person)
    except (IndexError, LeafUnreadable, KeyDoesNotOpen):
        return False  # the audit names it
    after = range(known.upto + 2, max(person.events, *decided) + 1)
    if any(unit.index_of(person.ref, number) is not None for number in after):
        return False  # leaves are sealed in their order: the table lost whose the one before is
    return known.decided in decided and appeals_fit(unit, person, known)


def _is_its_leaf(unit: Unit, person: Person, decision: Decision, index: int) -> bool:
    try:
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
        opens = commitment(nonce(person.key, decision.number), decision.body())
    except (Problem, IndexError):
        return False  # nothing is proven by it; the audit says what is wrong with it
    decided = leaf.kind in (Kind.DECISION, Kind.FALL)
    return decided and leaf.tag == tag(person.key, decision.number) and leaf.commitment == opens

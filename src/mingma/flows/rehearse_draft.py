"""Try a change of rules on the generated city before its transaction: no writer waits.

A replay takes seconds. Only an act that the door lets as far as its replay is tried: by an officer
with a passkey and a grant for it, fresh, not sent before. What is found is handed to the door by
the digests of the packs it was tried on; it reads everything anew, and where other packs are in
force by then it tries them itself. Decides nothing, writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.matters import Actor
from mingma.authority.posts import grants_in_force
from mingma.flows import offices
from mingma.flows.act_case import Attempted, Case, Desk, Tried, fields
from mingma.flows.context import Context
from mingma.flows.draft_rule import drafted, files_in, rules_in_force, tried
from mingma.flows.publish_rule import edition_of, given_back
from mingma.flows.signed_act import FRESH, SignedAct
from mingma.kernel.errors import Problem
from mingma.kernel.times import Instant
from mingma.ports import Store, Unit
from mingma.rules.pack import Pack

TRIED: Final = frozenset({Act.DRAFT_RULE, Act.WITHDRAW_RULE})
SENT = "act"  # the kind of records that are signed acts, by digest


def rehearse_draft(
    store: Store, context: Context, desk: Desk, signed: SignedAct, now: Instant
) -> Mapping[Tried, Mapping[str, Any]]:
    """The replay of a change by the packs it was made on; nothing where the door would refuse."""
    if signed.act not in TRIED or context.town is None:
        return {}
    with store.read() as unit:
        packs = _packs(unit, context, desk, signed, now)
    if packs is None:
        return {}
    before, pack = packs
    return {} if pack is None else dict([tried(context.town(), before, pack)])


def _packs(
    unit: Unit, context: Context, desk: Desk, signed: SignedAct, now: Instant
) -> tuple[list[Pack], Pack | None] | None:
    digest = signed.digest().hex()
    sent = unit.first_record(SENT, digest)
    key, officer = offices.passkey(unit, signed.officer), offices.officer(unit, signed.officer)
    organ = offices.organ(unit, officer.organ) if officer else None
    known = key is not None and officer is not None and organ is not None
    if not known or abs(now - signed.at) > FRESH or (sent is not None and sent.id == digest):
        return None
    assert key is not None and officer is not None and organ is not None  # noqa: PT018 - narrowing
    grants = offices.grants_of(unit, officer.id)
    if not any(signed.act in one.acts for one in grants_in_force(grants, now)):
        return None
    try:
        desk.passkeys.verify(signed.assertion, key, signed.challenge())
        return _to_try(Case(unit, context, desk, signed, Actor(officer, organ), now))
    except (Problem, Attempted):
        return None  # the door says it, and keeps it


def _to_try(case: Case) -> tuple[list[Pack], Pack | None]:
    """The packs in force and the one to come, for the replay; raises as the act's door does."""
    if case.act is Act.WITHDRAW_RULE:
        before, back = given_back(case, edition_of(case))
        return list(before), back
    body = fields(case.body, "files", "until")
    pack = drafted(case, files_in(body))
    return list(rules_in_force(case)), pack

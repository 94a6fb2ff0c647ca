"""What a person's own code page shows, and the token a gate can check offline.

Reading one's own code writes nothing (P9). The colour is computed for the instant asked in log
time, from the decision in effect (`codes.effect`): one that the witnesses have not cosigned makes
nothing worse. A token has the server's own time: gates compare it with theirs.
A code whose decision has ended says lapsed, which is neither red nor yellow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Final

from mingma.appeals.appeal import lapses_ahead
from mingma.codes.decision import Decision, Outcome
from mingma.codes.effect import Made, in_effect
from mingma.codes.token import CREDENTIAL_SIZE, LEAF_SIZE, Flags, Status, issue, lifetime
from mingma.flows.context import Context
from mingma.flows.cosigned import standing_decisions
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.flows.proven_decision import all_is_there
from mingma.flows.receipts import Receipts, proven_frame
from mingma.flows.standing_evidence import standing_evidence
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.kernel.words import Colour
from mingma.ledger.tree import leaf_hash
from mingma.ports import Signer, Unit
from mingma.records import Notice, Person
from mingma.rules.explain import Explanation, explain
from mingma.rules.verdict import next_change

NOTICES_SHOWN: Final = 20  # the page shows the newest; the rest are in the person's own history

Chance = Callable[[int], bytes]


class NoSuchPerson(Refused):
    """Nobody is enrolled under this reference."""

    slug = "person.unknown"
    status = 404
    zh = "没有这个人的登记"
    en = "nobody is enrolled under this reference"
    remedy_zh = "请先登记"
    remedy_en = "enrol first"


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything a code page shows at an instant.

    `token` is None where no code is issued, and where a worse colour's leaf waits for its seal or
    its cosignatures. `decision` is the one that shows, which need not be the latest.
    `frame` is the receipt beside the token of a worse colour; a specimen proves nothing, has none.
    """

    person: Person
    at: Instant
    colour: Colour
    decision: Decision | None
    token: str | None
    token_ends: Instant | None
    explanation: Explanation
    notices: tuple[Notice, ...]
    ages: Mapping[str, Instant]
    leaf_index: int | None
    frame: str | None = None

    @property
    def lapsed(self) -> bool:
        """Whether a code was issued and has run out: neither red nor yellow (P16)."""
        return (
            self.decision is not None
            and self.decision.outcome is Outcome.ISSUED
            and self.colour is Colour.UNKNOWN
        )


def show_code(
    unit: Unit,
    context: Context,
    ref: str,
    now: Instant,
    *,
    lang: str,
    signer: Signer,
    chance: Chance,
    receipts: Receipts,
    by_delegate: bool = False,
    paper: bool = False,
) -> Shown:
    """The person's own code at an instant; raises NoSuchPerson.

    Shown `by_delegate` or on `paper`, its token says so: a gate compares it with the holder's card.
    """
    server, now = now, log_time(unit, now)  # a clock put back brings no colour back (P7)
    # (1) Read the person, the decision that shows, and what her evidence is called.
    person = unit.people([ref]).get(ref)
    if person is None:
        raise NoSuchPerson
    standing = standing_decisions(unit, context, ref, now)
    shows, proof = in_effect(standing, now), None
    if not context.specimen and _is_worse(shows, now):
        # What the rows say of it counts for nothing: what is not proven here is void (P1, P3).
        proof = _proof(unit, receipts, person, standing, now)
        if proof is None:
            standing = [replace(one, full=False) for one in standing]
            shows = in_effect(standing, now)
    decision = shows.decision if shows else None
    spans = decision.spans if decision else ()
    facts = standing_evidence(unit, [ref], now).get(ref, ()) if spans else ()
    kinds = {fact.id: fact.kind for fact in facts}
    index = unit.index_of(ref, decision.number) if decision else None

    # (2) The colour of this very instant, and why.
    colour = decision.colour_at(now) if decision else Colour.UNKNOWN
    issued = decision is not None and colour is not Colour.UNKNOWN
    packs = {pack.id: pack for pack in context.packs}
    explanation = explain(spans, packs, kinds, now, lang, issued=issued)

    # (3) A token for it, where a code is issued; a worse colour waits until its leaf is sealed,
    # and cosigned as the trust policy asks, and outside a specimen goes with its own receipt.
    token = ends = frame = None
    proven = index is not None and shows is not None and shows.full
    if proven and decision is not None and colour is not Colour.GREEN and not context.specimen:
        frame, proven = proof, proof is not None
    if issued and decision is not None and (colour is Colour.GREEN or proven):
        lapses = lapses_ahead(own_appeals(unit, ref), now)
        ends = lifetime(server, _ends([one.decision for one in standing], now, lapses))
        rests_on = index if colour is not Colour.GREEN else None
        entry = unit.leaves(rests_on, rests_on + 1)[0] if rests_on is not None else None
        times = (now, server, ends)
        status = _status(context, person, decision, times, entry, chance(CREDENTIAL_SIZE))
        said = (Flags.FAMILY, by_delegate), (Flags.PAPER, paper)
        flags = [flag for flag, is_so in said if is_so]
        status = replace(status, flags=reduce(or_, flags, status.flags))
        token = issue(status, signer.kid, signer.sign)
    return Shown(
        person=person,
        at=now,
        colour=colour,
        decision=decision,
        token=token,
        token_ends=ends,
        explanation=explanation,
        notices=tuple(unit.notices_of(ref)[:NOTICES_SHOWN]),
        ages=unit.channel_ages(),
        leaf_index=index,
        frame=frame,
    )


def _is_worse(shows: Made | None, now: Instant) -> bool:
    """Whether a colour worse than green would show."""
    if shows is None:
        return False
    return shows.decision.colour_at(now) not in (Colour.GREEN, Colour.UNKNOWN)


def _proof(
    unit: Unit, receipts: Receipts, person: Person, standing: Sequence[Made], now: Instant
) -> str | None:
    """The receipt of the decision that a worse colour rests on; None if the log does not prove it.

    Nor does it where what the log has of her is not all there.
    """
    rests_on = standing[0].decision
    decided = {one.decision.number for one in standing}
    if not all_is_there(unit, person, decided, receipts.own_leaves):
        return None
    colour = rests_on.colour_at(now)
    return proven_frame(unit, receipts, person, rests_on.number, colour, now)


def _ends(decisions: Sequence[Decision], now: Instant, lapses: Sequence[Instant]) -> Instant | None:
    """When one of the decisions next says something else: until then, the same one shows."""
    changes = [next_change(one.spans, now) for one in decisions]
    ends = [Instant(change.at) for change in changes if change is not None]
    ends += [one.expires for one in decisions if one.expires is not None and one.expires > now]
    return min([*ends, *lapses], default=None)


def _status(
    context: Context,
    person: Person,
    decision: Decision,
    times: tuple[Instant, Instant, Instant],
    entry: bytes | None,
    credential: bytes,
) -> Status:
    now, issued_at, ends = times  # the first in log time, the second as the server has it
    first = decision.finding_at(now)
    colour = decision.colour_at(now)
    edition = next((p.edition for p in decision.packs if first and p.id == first.pack), None)
    leaf = leaf_hash(entry)[:LEAF_SIZE] if entry is not None else None
    return Status(
        colour=colour,
        jurisdiction=int(context.region),
        edition=edition or decision.packs[0].edition,
        credential=credential,
        issued_at=issued_at,
        expires_at=ends,
        name=person.name,
        last_four=person.last_four,
        flags=Flags.STATIC | (Flags.SPECIMEN if context.specimen else Flags.NONE),
        leaf=leaf,
    )

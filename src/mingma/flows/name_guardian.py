"""Name a child's guardian at the counter, with both papers: no session of the child's is needed.

The receipt ends by itself on the fourteenth birthday, which the child's own number shows; the
number is compared and not kept, and no later day can be asked for (PIPL 31). It is a look: in the
child's access log in the same second, with the organ. Who is fourteen names delegates herself.
"""

from __future__ import annotations

from mingma.authority.looks import MOST_AN_HOUR, Purpose, looks_last_hour
from mingma.authority.matters import Answering, PersonMatter
from mingma.authority.own import Delegate, DelegationMalformed
from mingma.authority.refusal import refusal
from mingma.flows.act_case import Answer, Attempted, Case, Held, Prepared, fields
from mingma.flows.delegate import NotYourNumber, fourteen_at, give
from mingma.flows.file_for import TOO_MANY
from mingma.flows.look import look, looks_before, whom
from mingma.kernel.errors import Place
from mingma.kernel.times import print_instant


def prepare(case: Case) -> Prepared:
    """NAME_GUARDIAN: `identity`, the child's paper; `guardian`, the other's; `asked`, by whom."""
    body = fields(case.body, "asked identity guardian")
    child, identify = whom(case), case.desk.identify
    if looks_last_hour(looks_before(case), case.now) >= MOST_AN_HOUR:
        raise Attempted(refusal(case.act, TOO_MANY), TOO_MANY.policies)
    try:
        ends = fourteen_at(body["identity"], child.ref, identify)
    except NotYourNumber as problem:  # the answer tells that she is enrolled
        raise Attempted(problem) from None
    if ends <= case.now:
        raise Attempted(DelegationMalformed(Place(field="body.identity"), why="birthday"))
    if identify(body["guardian"]).ref == child.ref:
        raise Attempted(DelegationMalformed(Place(field="body.guardian"), why="self"))

    def do(held: Held) -> Answer:
        del held
        look(case, child, Purpose.NAMING_GUARDIAN)
        made = give(
            case.unit, child.ref, Delegate.GUARDIAN, body["guardian"], ends, case.now,
            identify=identify, chance=case.desk.chance, own=body["identity"],
        )  # fmt: skip
        return {"delegation": made.id, "ends": print_instant(made.ends)}

    asked = Answering(asked=body["asked"] is True)
    return Prepared(PersonMatter(case.actor.organ.region, child.ref), child.ref, asked, do)

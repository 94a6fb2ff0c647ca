"""What officers may see of a person: the reason of her colour, or her record; of a case, visits.

A hotline agent or community worker sees the reason, no more, with the person herself on the line;
an appeal officer or investigator sees decisions and evidence, with an open appeal or case. Where
she has been – check-ins and trips – is in neither. Each is a look (`look`), or nothing is shown.
"""

from __future__ import annotations

from typing import Any, Final

from mingma.appeals.views import staff_view
from mingma.authority import looks as rules
from mingma.authority.acts import Act
from mingma.authority.looks import Purpose
from mingma.authority.matters import CaseMatter, Looking, PersonMatter
from mingma.codes.decision import Outcome
from mingma.flows.act_case import Answer, Case, Held, Prepared, fields, text
from mingma.flows.cosigned import decision_in_effect
from mingma.flows.exact_record import exact_record
from mingma.flows.kept_appeals import own_appeal
from mingma.flows.look import look, looks_before, purpose_of, whom
from mingma.flows.report_observation import prepare_leads
from mingma.flows.standing_evidence import standing_evidence
from mingma.flows.tickets import CASE, Ticket, ticket_of
from mingma.kernel.times import print_instant
from mingma.kernel.words import Colour
from mingma.records import Person
from mingma.rules.explain import Reason, explain

WHEREABOUTS: Final = frozenset({"check_in", "trip"})
ACTS_PURPOSES: Final = {
    Act.SEE_REASON: (Purpose.ANSWERING_CALLER,),
    Act.SEE_RECORD: (Purpose.ANSWERING_APPEAL, Purpose.INVESTIGATION),
    Act.SEE_VISITS: (Purpose.CASE_VISITS,),
}


def prepare_reason(case: Case) -> Prepared:
    """See the reason of a caller's colour."""
    return _prepare(case, reason_of)


def prepare_record(case: Case) -> Prepared:
    """See the record of a person with an open appeal or case, or what gates observed."""
    if "observations" in case.body:
        return prepare_leads(case)
    return _prepare(case, record_of)


def prepare_visits(case: Case) -> Prepared:
    """See a venue's visits in a case's window: nothing without an open case, and none is stored.

    Visits come with the tracing store; until there is one no window can be met, so the policies
    refuse every such act.
    """
    fields(case.body, "case purpose")
    id, purpose = text(case.body, "case", most=128), purpose_of(case, ACTS_PURPOSES[case.act])
    opened = exact_record(case.unit, CASE, id) is not None

    def never(_: Held) -> Answer:
        raise AssertionError("a look at visits was allowed without a case's window")

    return Prepared(
        CaseMatter(case.actor.organ.region, laboratory_confirmed=opened),
        f"case {id}",
        circumstances(case, purpose, Ticket(open=False)),
        never,
    )


def circumstances(case: Case, purpose: Purpose, ticket: Ticket, **more: Any) -> Looking:
    """What the policies are told around a look of this case's officer."""
    return rules.circumstances(
        purpose,
        case.act,
        case.actor.post,
        granted=False,  # the door's to say
        looks=looks_before(case),
        at=case.now,
        ticket=ticket.open,
        caller_known=ticket.caller_known,
        **more,
    )


def matter_of(case: Case, person: Person) -> PersonMatter:
    """The person as the policies see her.

    Her region is that of the newest fact that names one; only a record is bound to it. A caller may
    call from anywhere, and so may an emergency.
    """
    facts = standing_evidence(case.unit, [person.ref], case.now)[person.ref]
    named = [fact.region for fact in facts if fact.region]
    bound = named[-1] if named and case.act is Act.SEE_RECORD else case.actor.organ.region
    return PersonMatter(bound, person.ref)


def reason_of(case: Case, person: Person) -> Answer:
    """The colour and its reasons in words: what the person's own page says, and no more."""
    lang = "en" if case.body.get("lang") == "en" else "zh"
    decision = decision_in_effect(case.unit, case.context, person.ref, case.now)
    facts = standing_evidence(case.unit, [person.ref], case.now)[person.ref]
    colour = decision.colour_at(case.now) if decision else Colour.UNKNOWN
    said = explain(
        decision.spans if decision else (),
        {pack.id: pack for pack in case.context.packs},
        {fact.id: fact.kind for fact in facts},
        case.now,
        lang,
        issued=colour is not Colour.UNKNOWN,
    )
    return {
        "colour": colour.value,
        "word": said.word,
        "next_step": said.next_step,
        "reasons": [_words(one) for one in said.reasons],
        "notices": [_words(one) for one in said.notices],
    }


def record_of(case: Case, person: Person) -> Answer:
    """The reason, every decision, and the evidence that stands, without where she has been."""
    facts = standing_evidence(case.unit, [person.ref], case.now)[person.ref]
    return reason_of(case, person) | {
        "decisions": [
            {
                "number": one.number,
                "at": print_instant(one.decided_at),
                "colour": one.colour_at(one.decided_at).value,
                "issued": one.outcome is Outcome.ISSUED,
            }
            for one in case.unit.decisions_of(person.ref)
        ],
        "evidence": [
            {"id": fact.id, "kind": fact.kind, "at": print_instant(fact.at), "organ": fact.organ}
            for fact in facts
            if fact.kind not in WHEREABOUTS
        ],
    }


def _prepare(case: Case, read: Any) -> Prepared:
    fields(case.body, "purpose ticket", "identity subject lang")
    purpose = purpose_of(case, ACTS_PURPOSES[case.act])
    person = whom(case)
    ticket = ticket_of(case, person.ref)

    def do(_: Held) -> Answer:
        looked = look(case, person, purpose)
        return {"look": looked.id, **read(case, person), **_appeal_of(case, person)}

    return Prepared(matter_of(case, person), person.ref, circumstances(case, purpose, ticket), do)


def _appeal_of(case: Case, person: Person) -> Answer:
    """The appeal that is the ticket, as she filed it: who answers reads what she offers."""
    number = case.body["ticket"].get("appeal")
    if number is None:
        return {}
    return {"appeal": staff_view(own_appeal(case.unit, person.ref, number), case.now)}


def _words(reason: Reason) -> dict[str, Any]:
    return {name: getattr(reason, name) for name in reason.__slots__}

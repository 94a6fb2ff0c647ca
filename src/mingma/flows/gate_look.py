"""A gate that asks the server: by the code and card in hand, or by the card alone.

The answer has three fields – valid, colour, when it was decided – and nothing else (Z43). The place
comes first: where the place policy lets nobody ask, nobody is looked up and the answer is the same
for everybody (P17). A card alone needs the reader's word that the card was there, and the gate's
own region (Z44). A colour worse than green is told only if the log proves it (P1).
"""

from __future__ import annotations

from typing import Final

from mingma.authority.looks import Purpose
from mingma.authority.matters import PersonMatter
from mingma.codes.check import check
from mingma.codes.effect import in_effect
from mingma.codes.results import Result
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, text
from mingma.flows.cosigned import standing_decisions
from mingma.flows.look import count_look, find, look, place_named
from mingma.flows.place_policy import NO_CHECK, policy_at
from mingma.flows.proven_decision import proven_index
from mingma.flows.see_record import circumstances
from mingma.flows.tickets import Ticket
from mingma.kernel.errors import Place
from mingma.kernel.times import print_instant
from mingma.kernel.words import Colour
from mingma.records import Person

# A worse colour's token has a receipt of its own, which proves nothing more about who holds it.
SHOWN: Final = frozenset({Result.OK, Result.STALE_LISTS, Result.UNPROVEN})
NOBODY: Final = "nobody"  # whom an act is about at a place where nobody is asked


def prepare_card(case: Case) -> Prepared:
    """Look a card's holder up: the reader's word, the place, and nothing but the colour."""
    fields(case.body, "identity card_read place region")
    if type(case.body["card_read"]) is not bool:
        raise BodyMalformed(Place(field="body.card_read"), why="yes or no")
    return _prepare(case, card_read=case.body["card_read"])


def prepare_code(case: Case) -> Prepared:
    """Check a code by the server: the code shown, and the card that goes with it."""
    fields(case.body, "identity token place region")
    token = text(case.body, "token")
    return _prepare(case, token=token)


def _prepare(case: Case, *, card_read: bool = False, token: str | None = None) -> Prepared:
    # (1) The place: the gate's own, and one where the policy lets it ask.
    place, region = place_named(case)
    asks = policy_at(case.unit, case.context, case.now).asks(place)
    person = find(case) if asks else None
    shown = token is not None and (not asks or _is_hers(case, token, person))

    # (2) What the policies are told, and then the look.
    def do(_: Held) -> Answer:
        if not asks:
            return dict(NO_CHECK)
        if person is None:
            count_look(case)
            return _three(valid=False)
        look(case, person, Purpose.ENTRY, place=place.value)
        return _status(case, person)

    about = person.ref if person else NOBODY
    return Prepared(
        PersonMatter(region, about),
        about,
        circumstances(
            case, Purpose.ENTRY, Ticket(open=False), token_shown=shown, card_read=card_read
        ),
        do,
    )


def _is_hers(case: Case, token: str, person: Person | None) -> bool:
    """Whether a code that is signed and not over was shown, and it is this card holder's."""
    checked = check(token, case.now, trust=case.desk.trust, specimen=case.context.specimen)
    seen = checked.bearer
    if person is None or seen is None or checked.result not in SHOWN:
        return False
    return (seen.name, seen.last_four) == (person.name, person.last_four)


def _status(case: Case, person: Person) -> Answer:
    """The colour of this instant; one worse than green only if the log proves its decision."""
    standing = standing_decisions(case.unit, case.context, person.ref, case.now)
    shows = in_effect(standing, case.now)
    colour = shows.decision.colour_at(case.now) if shows else Colour.UNKNOWN
    if shows is None or colour is Colour.UNKNOWN:
        return _three(valid=False)
    if colour is not Colour.GREEN:
        number = shows.decision.number
        if proven_index(case.unit, case.context, person, number) is None:
            return _three(valid=False)
    return _three(valid=True, colour=colour, at=print_instant(shows.decision.decided_at))


def _three(*, valid: bool, colour: Colour = Colour.UNKNOWN, at: str | None = None) -> Answer:
    return {"valid": valid, "colour": colour.value, "issued_at": at}

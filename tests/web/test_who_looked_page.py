"""The page of who looked; and the gate page at places where no code may be asked for."""

from __future__ import annotations

import pytest

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.looks import Purpose
from mingma.authority.places import PROTECTED, TITLES, PlaceClass
from mingma.flows.acts import HANDLERS
from mingma.web.pages.who_looked import _words
from mingma.web.texts import known
from tests.posts import Posts
from tests.web.site import Site

TRACER = "zz-cdc-investigator"


def test_every_look_and_purpose_has_words() -> None:
    looks = (acts_in(Group.LOOK) & set(HANDLERS)) - {Act.SEE_VISITS}
    assert {Act.CARD_LOOKUP, Act.SEE_REASON, Act.BREAK_GLASS} <= looks
    assert {act for act in looks if not known(f"who_looked.act.{act.value}")} == set()
    assert {one for one in Purpose if not known(f"who_looked.purpose.{one.value}")} == set()
    assert _words("act", "of tomorrow") == "who_looked.act.other"


def test_nobody_looked_and_it_says_so(beside: Site) -> None:
    assert beside.get("/me/looks").status_code == 401
    beside.sign_in("p-red")
    assert "Nobody has looked" in beside.text("/me/looks?lang=en")
    assert 'id="broken"' not in beside.text("/me/looks")
    assert 'id="glass"' not in beside.text("/code")


def test_broken_glass_stands_on_her_page_at_once_and_names_no_officer(
    here: Posts, beside: Site
) -> None:
    here.act(TRACER, Act.BREAK_GLASS, {"subject": "p-red", "reason": "unconscious"})
    beside.sign_in("p-red")
    assert 'id="glass"' in beside.text("/code")
    page = beside.text("/me/looks?lang=en")
    assert 'id="broken"' in page
    assert "city&#39;s CDC" in page
    assert "urgent care" in page
    assert "within a minute" in page
    assert TRACER not in page
    here.stage.instance.keep_duties()
    assert "within a minute" not in beside.text("/me/looks")
    other = beside.another()
    other.sign_in("p-green")
    assert 'id="broken"' not in other.text("/me/looks")


def test_a_place_stands_with_the_look_and_an_order_until_it_is_over(
    here: Posts, beside: Site
) -> None:
    with here.stage.instance.store.read() as unit:
        number = unit.decisions_of("p-red")[-1].number
    body = {"subject": "p-red", "decision": number, "site": "lab-1", "community": "clerk"}
    order = here.act(TRACER, Act.ORDER_ISOLATION, body).answer["order"]
    beside.sign_in("p-red")
    page = beside.text("/me/looks?lang=en")
    assert order[:8] in page
    assert "in force" in page
    here.act(TRACER, Act.END_ORDER, {"order": order})
    assert "over since" in beside.text("/me/looks")


# -- the gate


def at_gate(beside: Site, place: str, text: str = "HC1:NONSENSE") -> str:
    answer = beside.post("/gate", place=place, text=text)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_court_s_door_lets_a_litigant_in_whatever_her_code(beside: Site) -> None:
    red = beside.scene.instance.show("p-red", "en").token
    assert red
    assert 'data-result="OK"' in at_gate(beside, "railway_station", red)
    pages = {at_gate(beside, "court", text) for text in (red, "HC1:NONSENSE", " ")}
    (page,) = pages
    assert 'data-result="NO_CHECK"' in page
    assert "不得因码拒入" in page
    assert "colour--red" not in page


@pytest.mark.parametrize("place", list(PlaceClass))
def test_a_gate_checks_at_the_named_places_only(beside: Site, place: PlaceClass) -> None:
    page = at_gate(beside, place.value)
    assert ('data-result="NO_CHECK"' in page) == (
        not beside.scene.instance.context.places.asks(place)
    )
    if place in PROTECTED:
        assert TITLES[place][0] in page


def test_the_gate_s_form_offers_every_class_and_refuses_another(beside: Site) -> None:
    page = beside.text("/gate")
    assert all(f'<option value="{place.value}"' in page for place in PlaceClass)
    assert beside.post("/gate", place="palace", text="x").status_code == 400

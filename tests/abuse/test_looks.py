"""Looking at people's data: by police, gates, neighbours, callers, suppliers.

Z6, Z15, Z16, Z39, Z43, Z44, Z45, Z46, Z65, Z70, Z73.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mingma.appeals.form import Form
from mingma.authority.acts import Act
from mingma.authority.looks import MOST_AN_HOUR
from mingma.authority.places import PROTECTED, PlaceClass
from mingma.codes.outcome import Checked
from mingma.flows.file_appeal import file_appeal
from mingma.flows.look import OFFICER_LOOK
from mingma.flows.see_record import circumstances
from mingma.kernel.times import HOUR, Instant
from mingma.records import Record
from tests.abuse.case import GRANTED, Cases, answers, held_and_broken, replaced, without_rails
from tests.abuse.scene import Office, Scene
from tests.instances import NOW, contact, sample
from tests.looking import CARD, ann_red_and_a_card, digits, log_of

CASES = Cases()
AGENT, WORKER = "zz-hotline-hotline_agent", "erqi-community-community_worker"
GUARD, TRACER = "zz-gate-gate_guard", "zz-cdc-investigator"
STATION = {"place": "railway_station", "region": "410103"}
POLICE = "zz-police-liaison"


def settled(scene: Scene) -> Office:
    """Everybody in office; Ann is red; the card's holder is green."""
    here = scene.office()
    ann_red_and_a_card(here.stage, sample("t2", "p-bob", result="negative"))
    return here


# -- Z70: police


@CASES.case("Z70", breaks=GRANTED)
def police_and_prosecutors_ask_for_nothing(scene: Scene) -> None:
    here = settled(scene)
    for act in (Act.SEE_VISITS, Act.SEE_RECORD, Act.SEE_REASON, Act.CARD_LOOKUP, Act.BREAK_GLASS):
        body = {"case": "case-7", "subject": "p-ann", "purpose": "case_visits"}
        assert {"F01-granted", "F05-empty-row"} <= here.refused(POLICE, act, body)
    assert log_of(here).total == 0


@CASES.case("Z70", "Z16", breaks=without_rails("F26-laboratory"))
def without_a_confirmed_case_nobody_sees_a_venue_s_guests(scene: Scene) -> None:
    here = settled(scene)
    body = {"case": "case-of-a-bank", "purpose": "case_visits"}
    assert "F26-laboratory" in here.refused(TRACER, Act.SEE_VISITS, body)
    assert log_of(here).total == 0


# -- Z73: places that demand what they may not


@CASES.case("Z73", breaks=replaced("mingma.flows.place_complaint.DAYS", 0))
def a_shop_that_demands_a_screenshot_is_counted_in_public(scene: Scene) -> None:
    made = scene.specimen(sign_in="development")
    made.send(sample("t1", "p-ann", result="negative"), sample("t2", "p-bob", result="negative"))
    client = scene.fresh_client(made)
    said = {"place": "shop", "region": "410103", "demanded": "screenshot"}
    assert client.http.post("/v1/me/place-complaints", json=said).status_code == 401
    statuses = []
    for ref in ("p-ann", "p-ann", "p-bob"):
        client.sign_in(ref)
        statuses.append(client.http.post("/v1/me/place-complaints", json=said).status_code)
    assert statuses == [201, 429, 201]  # one word of each, and nobody drives the count up alone
    counted = client.http.get("/v1/public/place-complaints")
    assert counted.json() == [{**said, "region": "other", "count": 2}]  # too few to name a county
    assert "p-ann" not in counted.text


# -- Z43, Z44, Z73, Z92: gates


def reads_anything(case: Any, purpose: Any, ticket: Any, **more: Any) -> Any:
    """The reader always says that the card was there."""
    return circumstances(case, purpose, ticket, **{**more, "card_read": True})


@CASES.case("Z44", breaks=replaced("mingma.flows.gate_look.circumstances", reads_anything))
def a_number_without_its_card_is_looked_up_by_nobody(scene: Scene) -> None:
    here = settled(scene)
    here.refused(GUARD, Act.CARD_LOOKUP, {"identity": CARD, "card_read": False, **STATION})
    assert log_of(here, here.stage.instance.identify(CARD)).total == 0


@CASES.case("Z44", breaks=without_rails("F32-looks-an-hour"))
def the_six_hundred_and_first_look_of_an_hour_is_refused(scene: Scene) -> None:
    here = settled(scene)
    hour = here.stage.clock() // HOUR
    with here.stage.instance.acting() as unit:
        for n in range(MOST_AN_HOUR):
            id = f"{GUARD}|{hour:010}|{n:06}"
            unit.add_record(Record(OFFICER_LOOK, id, Instant(NOW - 600 + n), b"{}"))
    body = {"identity": CARD, "card_read": True, **STATION}
    assert here.refused(GUARD, Act.CARD_LOOKUP, body) == {"F32-looks-an-hour"}


@CASES.case("Z44", breaks=answers("mingma.flows.gate_look.look", None))
def a_gate_asks_in_its_own_city_and_the_person_sees_that_it_did(scene: Scene) -> None:
    here = settled(scene)
    body = {"identity": CARD, "card_read": True, **STATION}
    here.refused(GUARD, Act.CARD_LOOKUP, {**body, "region": "110105"})
    here.done(GUARD, Act.CARD_LOOKUP, body)
    seen = log_of(here, here.stage.instance.identify(CARD)).used
    said = [(one.looked.body["organ"], one.looked.body["place"]) for one in seen]
    assert said == [("zz-gate", "railway_station")]


@CASES.case("Z39", breaks=answers("mingma.flows.gate_look._is_hers", value=True))
def a_picture_of_another_s_code_passes_no_gate_that_asks(scene: Scene) -> None:
    here = settled(scene)
    holder = here.stage.instance.identify(CARD)
    borrowed = here.stage.instance.show("p-bob", "en").token
    body = {"identity": CARD, "token": borrowed, **STATION}
    assert here.send(GUARD, Act.CHECK_CODE, body).status_code == 403
    assert log_of(here, holder).total == 0
    own = here.stage.instance.show(holder, "en").token
    assert here.done(GUARD, Act.CHECK_CODE, {**body, "token": own})["valid"]


@CASES.case("Z39", breaks=answers("mingma.flows.gate_look.look", None))
def a_code_shown_again_at_another_gate_is_in_its_owner_s_own_log(scene: Scene) -> None:
    here = settled(scene)
    holder = here.stage.instance.identify(CARD)
    body = {"identity": CARD, "token": here.stage.instance.show(holder, "en").token, **STATION}
    for place, guard in (("railway_station", GUARD), ("airport", f"{GUARD}-1")):
        here.done(guard, Act.CHECK_CODE, {**body, "place": place})
        here.stage.clock.forward(61)
    seen = [(one.looked.body["place"], one.looked.at) for one in log_of(here, holder).used]
    now = here.stage.clock()
    assert sorted(seen) == [("airport", now - 61), ("railway_station", now - 122)]


@CASES.case("Z73", "Z6", breaks=answers("mingma.authority.places.PlacePolicy.asks", value=True))
def where_no_code_may_be_asked_for_nobody_is_looked_up(scene: Scene) -> None:
    here = settled(scene)
    body = {"identity": CARD, "card_read": True, "region": "410103"}
    for place in (*PROTECTED, PlaceClass.SHOP, PlaceClass.WORKPLACE):
        answer = here.done(GUARD, Act.CARD_LOOKUP, {**body, "place": place.value})
        assert answer.get("check_required") is False
        assert "nobody is refused" in answer["words"]["en"]
    assert log_of(here, here.stage.instance.identify(CARD)).total == 0


THREE = {"valid", "colour", "issued_at"}


@CASES.case(
    "Z43",
    breaks=replaced(
        "mingma.flows.gate_look._three",
        lambda **said: {"valid": said["valid"], "colour": "green", "rule": "HA-R3"},
    ),
)  # fmt: skip
def a_gate_sees_three_fields_whatever_it_asks(scene: Scene) -> None:
    here = settled(scene)
    body = {"identity": CARD, "card_read": True, **STATION}
    assert here.done(GUARD, Act.CARD_LOOKUP, body).keys() == THREE
    for more in ({"fields": "reason"}, {"expand": "evidence"}, {"lang": "en"}):
        response = here.send(GUARD, Act.CARD_LOOKUP, {**body, **more})
        assert response.status_code == 400
        assert "HA-R" not in response.text


CLAIMS = {
    "issuer", "issued_at", "expires_at", "jurisdiction", "edition", "credential", "name",
    "last_four", "flags", "specimen", "colour", "leaf",
}  # fmt: skip


def with_a_reason(checked: Checked) -> dict[str, object]:
    return {"result": checked.result.value, "colour": "red", "claims": {"rule": "HA-R3"}}


@CASES.case("Z43", breaks=replaced("mingma.codes.outcome.Checked.record", with_a_reason))
def an_offline_check_says_colour_and_bearer_and_no_reason(scene: Scene) -> None:
    made = scene.specimen()
    made.send(contact())
    client = scene.client(made)
    token = made.instance.show("p-ann", "en").token
    for query in ("", "?fields=rule", "?expand=evidence", "?lang=zh"):
        said = {"text": token, "specimen": True}
        response = client.http.post(f"/v1/token/check{query}", json=said)
        assert response.json()["colour"] == "red"
        assert set(response.json()["claims"]) <= CLAIMS
        for word in ("HA-R", "contact_finding", "case-7", "evidence"):
            assert word not in response.text


# -- Z45, Z46: neighbours and callers


@CASES.case("Z45", breaks=without_rails("F33-ticket"))
def a_neighbour_s_record_needs_a_ticket_of_that_very_neighbour(scene: Scene) -> None:
    here = settled(scene)
    body = {"subject": "p-ann", "purpose": "investigation", "ticket": {"case": "case-7"}}
    assert here.refused(TRACER, Act.SEE_RECORD, body) == {"F33-ticket"}
    bobs = digits(here, "p-bob")
    own = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": bobs}}
    assert here.refused(WORKER, Act.SEE_REASON, own) == {"F33-ticket"}
    with here.stage.instance.acting() as unit:
        filed = file_appeal(unit, here.stage.instance.context, "p-ann", Form(), NOW).filed[0]
    number = filed.appeal.number
    other = {"subject": "p-bob", "purpose": "answering_appeal", "ticket": {"appeal": number}}
    assert here.refused("zz-hc-appeal_officer", Act.SEE_RECORD, other) == {"F33-ticket"}
    assert log_of(here).total == 0


@CASES.case("Z45", breaks=replaced("mingma.flows.break_glass.look", lambda *_, **__: LOOKED))
def breaking_the_glass_is_in_her_log_in_the_same_second(scene: Scene) -> None:
    here = settled(scene)
    here.done(TRACER, Act.BREAK_GLASS, {"subject": "p-ann", "reason": "unconscious at the door"})
    said = [(one.looked.at, one.looked.body["purpose"]) for one in log_of(here).used]
    assert said == [(here.stage.clock(), "urgent_care")]
    here.stage.clock.forward(25 * HOUR)
    again = {"subject": "p-ann", "reason": "once more"}
    assert here.refused(TRACER, Act.BREAK_GLASS, again) == {"F34-glass-reviewed"}


class LOOKED:
    """A look of which nothing is on record."""

    id = "0/0"


@CASES.case("Z46", breaks=answers("mingma.flows.tickets.hmac.compare_digest", value=True))
def a_caller_without_the_digits_of_her_own_page_learns_nothing(scene: Scene) -> None:
    here = settled(scene)
    right = digits(here)
    for n in range(1, 6):
        wrong = f"{(int(right) + n) % 10**8:08}"
        body = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": wrong}}
        here.refused(AGENT, Act.SEE_REASON, body)
    assert log_of(here).total == 0
    assert len(here.attempts()) == 5


@CASES.case("Z46", breaks=replaced("mingma.flows.tickets.MOST_WRONG", 10**9))
def digits_are_not_guessed_five_wrong_ones_close_the_ticket(scene: Scene) -> None:
    here = settled(scene)
    right = digits(here)
    guess = {"subject": "p-ann", "purpose": "answering_caller"}
    for n in range(1, 6):
        wrong = {"call": f"{(int(right) + n) % 10**8:08}"}
        here.refused(AGENT, Act.SEE_REASON, {**guess, "ticket": wrong})
    assert here.refused(AGENT, Act.SEE_REASON, {**guess, "ticket": {"call": right}})
    assert log_of(here).total == 0
    here.stage.clock.forward(1)
    here.done(AGENT, Act.SEE_REASON, {**guess, "ticket": {"call": digits(here)}})  # she calls again
    assert log_of(here).total == 1


# -- Z65: another's history


def asked_for(request: Any, act: Act) -> str:
    """The person is whoever the question names."""
    return str(request.query_params.get("subject") or "p-bob")


@CASES.case("Z65", breaks=replaced("mingma.api.me.subject_for", asked_for))
def one_s_own_pages_take_nobody_else_s_name(scene: Scene) -> None:
    made = scene.specimen(sign_in="development")
    made.send(contact(), sample("t2", "p-bob", result="negative"))
    client = scene.client(made)
    for path in ("code", "decisions", "notices", "bundle", "decisions/1/receipt"):
        assert client.get(f"/v1/me/{path}?subject=p-ann").status_code == 401
    client.sign_in("p-bob")
    for query in ("?subject=p-ann", "?ref=p-ann", "?id=p-ann", "?sid=p-ann"):
        assert client.get(f"/v1/me/code{query}").json()["colour"] == "green"
        assert "demo/c1" not in client.get(f"/v1/me/decisions{query}").text
    assert client.get("/v1/me/decisions/2/receipt").status_code == 404  # she has two, he has one


# -- Z15: export by the supplier

CANARY = "410103199003071237"


@CASES.case("Z15", breaks=replaced("mingma.app.person_ref", lambda *of: of[0].number))
def no_byte_that_a_supplier_can_reach_names_the_canary(scene: Scene) -> None:
    made = scene.in_file()
    record = {key: value for key, value in contact().items() if key != "subject"}
    made.send({**record, "identity": {"type": "resident_id", "number": CANARY}})
    client = scene.client(made)
    pages = ["/", "/log", "/packs", "/metrics", "/healthz", "/readyz", "/ledger/checkpoint"]
    pages += ["/v1/public/attempts", "/v1/public/statistics", "/v1/public/alarms"]
    pages += [f"/log/{n}" for n in range(4)]
    for page in pages:
        assert CANARY not in client.get(page).text, page
    refused = client.send(b'{"id": "x", "identity": "' + CANARY.encode() + b'"}\n')
    assert CANARY not in refused.text
    made.instance.close()
    for file in Path(scene.folder).rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file.name
    _, said = scene.run("audit", "--database", scene.database)
    assert CANARY not in said


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)

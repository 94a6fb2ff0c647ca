"""Looks, calls, orders, delegations and places over HTTP; and that nothing else reads a person."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from mingma.authority.acts import Act
from mingma.authority.places import PROTECTED, PlaceClass
from mingma.flows.acts import HANDLERS
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.session import ACTING, COOKIE, sign_session
from mingma.storage.memory.unit import MemoryUnit
from tests.api.asking import Client
from tests.instances import NOW, contact, sample, withdrawal
from tests.paths import ROOT
from tests.posts import Posts, posts

AGENT, TRACER = "zz-hotline-hotline_agent", "zz-cdc-investigator"
CHILD = {"type": "resident_id", "number": "410103201503071233"}  # fourteen on 2029-03-07
MOTHER = {"type": "resident_id", "number": "410103199003071237"}
FOURTEEN = "2029-03-07T00:00:00+08:00"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office; Ann red, Ben green, a child and her mother enrolled."""
    with posts(tmp_path) as made:
        made.stage.send(
            {**contact(), "region": "410103"},
            sample("s1", "p-ben", result="negative"),
            *({**_without(sample(f"s-{n}", result="negative")), "identity": one}
              for n, one in enumerate((CHILD, MOTHER))),
        )  # fmt: skip
        yield made


@pytest.fixture
def client(app: Litestar, here: Posts) -> Iterator[Client]:
    app.state.instance = here.stage.instance
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)


def _without(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "subject"}


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.http.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def post(client: Client, path: str, body: Any = None, status: int = 201) -> Any:
    answer = client.http.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def ref_of(here: Posts, paper: dict[str, str]) -> str:
    return here.stage.instance.identify(paper)


# -- looks


def test_her_call_s_digits_let_an_agent_look_and_she_reads_it_at_once(
    here: Posts, client: Client
) -> None:
    client.sign_in("p-ann")
    assert get(client, "/v1/me/looks")["find_usage"] == []
    digits = post(client, "/v1/me/call")["digits"]
    assert re.fullmatch(r"[0-9]{8}", digits)
    body = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": digits}}
    here.act(AGENT, Act.SEE_REASON, body)
    found = get(client, "/v1/me/looks?lang=en")
    (usage,) = found["find_usage"]
    assert usage["logtime"] == found["heartbeat"] == print_instant(NOW)
    assert (usage["action"], usage["receiver"]) == ("see_reason", "hotline 12345")
    assert (usage["purpose"], usage["broke_glass"], usage["proof"]) == (
        "answering_caller", False, None,
    )  # fmt: skip
    assert found["usage_period"] == {"start": print_instant(NOW), "end": print_instant(NOW)}
    assert [(one["day"], one["count"]) for one in found["days"]] == [("2022-06-14", 1)]
    here.stage.instance.keep_duties()
    (usage,) = get(client, "/v1/me/looks?lang=zh")["find_usage"]
    assert usage["receiver"] == "12345 热线"
    assert usage["proof"]["count"] == 1
    assert AGENT not in str(usage)
    assert get(client, "/v1/me/looks?skip=1")["find_usage"] == []
    get(client, "/v1/me/looks?skip=-1", 400)


def test_a_page_ends_after_a_thousand(here: Posts, client: Client) -> None:
    from mingma.api import looks

    client.sign_in("p-ann")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looks, "PAGE", 1)
        patch.setattr("mingma.flows.own_looks.PAGE", 1)
        for _ in range(2):
            here.act(TRACER, Act.BREAK_GLASS, {"subject": "p-ann", "reason": "unconscious"})
        found = get(client, "/v1/me/looks")
        assert (found["total"], len(found["find_usage"])) == (2, 1)
        assert found["find_usage"][0]["broke_glass"]
        assert found["next"] == "/v1/me/looks?skip=1"
        assert get(client, found["next"])["next"] is None


def test_reading_one_s_own_looks_writes_nothing(here: Posts, client: Client) -> None:
    client.sign_in("p-ann")
    with here.stage.instance.store.read() as unit:
        before = dict(unit.statistics())
    for path in ("/v1/me/looks", "/v1/me/orders", "/v1/me/delegations", "/v1/places"):
        get(client, path)
    with here.stage.instance.store.read() as unit:
        assert dict(unit.statistics()) == before
        assert unit.records("look") == []


# -- orders


def test_a_release_reaches_site_community_and_person_as_soon_as_they_ask(
    here: Posts, client: Client
) -> None:
    with here.stage.instance.store.read() as unit:
        number = unit.decisions_of("p-ann")[-1].number
    body = {"subject": "p-ann", "decision": number, "site": "lab-1", "community": "clerk"}
    id = here.act(TRACER, Act.ORDER_ISOLATION, body).answer["order"]
    stands = {"order": id, "in_force": True, "over_at": None, "why": None}
    client.sign_in("p-ann")
    (own,) = get(client, "/v1/me/orders")
    assert {key: own[key] for key in stands} == stands
    assert (own["organ"], own["decision"], own["site"]) == ("zz-cdc", number, "lab-1")
    for source in ("lab-1", "clerk"):
        assert client.ask("/v1/orders/feed", source).json()["orders"] == [stands]
    here.stage.clock.forward(60)
    here.stage.send(withdrawal("c1"))
    over = {"in_force": False, "over_at": print_instant(Instant(NOW + 60)), "why": "decision"}
    for source in ("lab-1", "clerk"):
        feed = client.ask("/v1/orders/feed", source).json()
        assert feed["orders"] == [{"order": id, **over}]
        assert "p-ann" not in str(feed)
    assert {key: get(client, "/v1/me/orders")[0][key] for key in over} == over


def test_the_feed_is_for_who_signs_the_question_now(here: Posts, client: Client) -> None:
    assert client.http.get("/v1/orders/feed").status_code == 401
    assert client.ask("/v1/orders/feed", "demo").json()["orders"] == []
    here.stage.clock.forward(301)
    stale = client.ask("/v1/orders/feed")
    assert (stale.status_code, stale.json()["slug"]) == (401, "source.stale_question")


# -- delegations


def test_a_guardian_acts_for_a_child_until_the_fourteenth_birthday(
    here: Posts, client: Client
) -> None:
    client.sign_in(ref_of(here, CHILD))
    wanted = {"as": "guardian", "to": MOTHER, "own": CHILD, "ends": FOURTEEN}
    late = {**wanted, "ends": "2029-03-07T00:00:01+08:00"}
    assert post(client, "/v1/me/delegations", late, 400)["slug"] == "own.delegation_malformed"
    for own in (None, MOTHER, {"type": "passport", "number": "E12345678"}):
        slug = post(client, "/v1/me/delegations", {**wanted, "own": own}, 400)["slug"]
        assert slug == "own.not_your_number"
    made = post(client, "/v1/me/delegations", wanted)
    assert (made["as"], made["ends"], made["in_force"]) == ("guardian", FOURTEEN, True)

    client.sign_in(ref_of(here, MOTHER))
    (held,) = get(client, "/v1/me/delegations")["held"]
    assert (held["id"], held["last_four"]) == (made["id"], "1233")
    assert post(client, "/v1/me/acting", {"delegation": made["id"]}, 200) == {"acting": "guardian"}
    assert get(client, "/v1/me/code")["last_four"] == "1233"
    for path in ("decisions", "notices", "looks", "orders", "bundle"):
        get(client, f"/v1/me/{path}")
    post(client, "/v1/me/acting", {"delegation": None}, 200)
    assert get(client, "/v1/me/code")["last_four"] == "1237"


def test_a_family_member_shows_her_code_and_reads_no_more(here: Posts, client: Client) -> None:
    client.sign_in("p-ann")
    ends = print_instant(Instant(NOW + 365 * DAY))
    made = post(client, "/v1/me/delegations", {"as": "family", "to": MOTHER, "ends": ends})
    client.sign_in(ref_of(here, MOTHER))
    post(client, "/v1/me/acting", {"delegation": made["id"]}, 200)
    assert get(client, "/v1/me/code")["colour"] == "red"
    for path in ("decisions", "notices", "looks", "orders", "bundle"):
        assert get(client, f"/v1/me/{path}", 404)["slug"] == "own.not_yours"
    assert post(client, "/v1/me/call", status=404)["slug"] == "own.not_yours"


def test_what_a_delegate_reads_is_in_her_access_log_and_what_she_files_is_help(
    here: Posts, client: Client
) -> None:
    client.sign_in("p-ann")
    ends = print_instant(Instant(NOW + DAY))
    wanted = {"as": "family", "to": MOTHER, "ends": ends, "called": "女儿"}
    made = post(client, "/v1/me/delegations", wanted)
    client.sign_in(ref_of(here, MOTHER))
    (held,) = get(client, "/v1/me/delegations")["held"]
    assert held["called"] is None
    post(client, "/v1/me/acting", {"delegation": made["id"]}, 200)
    get(client, "/v1/me/decisions", 404)  # refused, so nothing was looked at
    get(client, "/v1/me/code")
    post(client, "/v1/me/appeals", {})

    client.sign_in("p-ann")
    for waiting in (True, False):
        (usage,) = get(client, "/v1/me/looks?lang=en")["find_usage"]
        assert usage["action"] == "show_own_code"
        assert usage["receiver"] == f"your family (receipt {made['id'][:8]})"
        assert (usage["purpose"], usage["body"]["organ"]) == ("acting_for_you", "delegates")
        assert (usage["proof"] is None) is waiting
        assert ref_of(here, MOTHER) not in str(usage)
        here.stage.instance.keep_duties()
    (given,) = get(client, "/v1/me/delegations")["given"]
    assert given["called"] == "女儿"
    (filed,) = get(client, "/v1/me/appeals")["appeals"]
    assert filed["helper"] == {"as": "family", "id": made["id"], "organ": None}
    long = post(client, "/v1/me/delegations", {**wanted, "called": "x" * 21}, 400)
    assert long["slug"] == "own.called_too_much"


def test_a_receipt_taken_back_is_over_while_it_is_open(here: Posts, client: Client) -> None:
    client.sign_in("p-ann")
    ends = print_instant(Instant(NOW + DAY))
    made = post(client, "/v1/me/delegations", {"as": "helper", "to": MOTHER, "ends": ends})
    family = post(client, "/v1/me/delegations", {"as": "family", "to": MOTHER, "ends": ends})
    client.sign_in(ref_of(here, MOTHER))
    post(client, "/v1/me/acting", {"delegation": made["id"]}, 200)
    assert get(client, "/v1/me/code", 404)["slug"] == "own.not_yours"  # a helper files, no more
    post(client, "/v1/me/acting", {"delegation": family["id"]}, 200)
    get(client, "/v1/me/code")
    client.sign_in("p-ann")  # what is open in her browser stays there, and is not hers
    assert get(client, "/v1/me/code")["colour"] == "red"
    for _ in range(2):
        ended = client.http.delete(f"/v1/me/delegations/{family['id']}")
        assert (ended.status_code, ended.json()["in_force"]) == (200, False)
    assert {one["in_force"] for one in get(client, "/v1/me/delegations")["given"]} == {False, True}
    client.sign_in(ref_of(here, MOTHER))
    assert get(client, "/v1/me/code", 404)["slug"] == "own.not_yours"
    assert [one["id"] for one in get(client, "/v1/me/delegations")["held"]] == [made["id"]]


def test_nobody_opens_or_ends_another_s_receipt(here: Posts, client: Client) -> None:
    client.sign_in("p-ann")
    ends = print_instant(Instant(NOW + HOUR))
    made = post(client, "/v1/me/delegations", {"as": "family", "to": MOTHER, "ends": ends})
    client.sign_in("p-ben")
    post(client, "/v1/me/acting", {"delegation": made["id"]}, 404)
    assert client.http.delete(f"/v1/me/delegations/{made['id']}").status_code == 404
    # The mother's own open receipt is worth nothing in another's session.
    instance = here.stage.instance
    mother = ref_of(here, MOTHER)
    stolen = sign_session(instance.session_key, f"acting:{mother}:{made['id']}", NOW + HOUR)
    client.http.cookies.set(ACTING, stolen)
    assert get(client, "/v1/me/code")["colour"] == "green"
    forged = sign_session(instance.session_key, f"acting:p-ben:{made['id']}", NOW + HOUR)
    client.http.cookies.set(ACTING, forged)
    assert get(client, "/v1/me/code", 404)["slug"] == "own.not_yours"
    client.http.cookies.delete(ACTING)
    client.http.cookies.set(COOKIE, stolen)
    assert get(client, "/v1/me/code", 404)["slug"] == "person.unknown"


def test_family_files_and_withdraws_an_appeal_and_nobody_else_s_receipt_does(
    here: Posts, client: Client
) -> None:
    client.sign_in("p-ann")
    ends = print_instant(Instant(NOW + 30 * DAY))
    made = post(client, "/v1/me/delegations", {"as": "family", "to": MOTHER, "ends": ends})
    client.sign_in(ref_of(here, MOTHER))
    post(client, "/v1/me/appeals", {}, 409)  # she herself is green: there is nothing to object to
    post(client, "/v1/me/acting", {"delegation": made["id"]}, 200)
    (filed,) = post(client, "/v1/me/appeals", {})["appeals"]
    get(client, "/v1/me/appeals", 404)  # the list is the person's own
    path = f"/v1/me/appeals/{filed['number']}/withdraw"
    assert post(client, path, None, 200)["state"] == "withdrawn"
    client.sign_in("p-ann")
    client.http.cookies.delete(ACTING)
    assert [one["state"] for one in get(client, "/v1/me/appeals")["appeals"]] == ["withdrawn"]
    client.http.delete(f"/v1/me/delegations/{made['id']}")
    client.sign_in(ref_of(here, MOTHER))
    acting = f"acting:{ref_of(here, MOTHER)}:{made['id']}"
    value = sign_session(here.stage.instance.session_key, acting, Instant(NOW + HOUR))
    client.http.cookies.set(ACTING, value)
    post(client, "/v1/me/appeals", {}, 404)  # her receipt is over


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ({"as": "friend"}, "own.unknown_delegate"),
        ({"as": "helper"}, "own.delegation_malformed"),
        ({"ends": "2022-06-14T12:00:00+08:00"}, "own.delegation_malformed"),
        ({"ends": "soon"}, "time.not_an_instant"),
        ({"to": {"type": "resident_id"}}, "identity.not_an_identity"),
        ({"of": "p-ben"}, "http.unreadable"),
    ],
)
def test_what_is_no_receipt_is_refused(client: Client, wrong: dict[str, Any], slug: str) -> None:
    client.sign_in("p-ann")
    ends = print_instant(Instant(NOW + 30 * DAY))
    body = {"as": "family", "to": MOTHER, "ends": ends, **wrong}
    assert post(client, "/v1/me/delegations", body, 400)["slug"] == slug
    assert get(client, "/v1/me/delegations") == {"given": [], "held": []}


# -- places


def test_the_place_policy_is_public(client: Client) -> None:
    found = get(client, "/v1/places")
    assert [one["place"] for one in found["classes"]] == list(PlaceClass)
    assert {one["place"] for one in found["classes"] if one["protected"]} == PROTECTED
    assert not any(one["may_ask"] for one in found["classes"] if one["protected"])
    assert found["coming"] == []


def test_what_was_approved_is_announced_before_it_counts(here: Posts, client: Client) -> None:
    policy = {"v": 1, "title": {"zh": "甲", "en": "a"}, "basis": "law", "may_ask": ["airport"]}
    digest = here.act("ha-hc-rule_author", Act.DRAFT_PLACE_POLICY, {"policy": policy}).answer
    here.act("ha-hq-rule_approver", Act.APPROVE_PLACE_POLICY, digest)
    (coming,) = get(client, "/v1/places")["coming"]
    assert coming == {**digest, "effective": print_instant(Instant(NOW + DAY))}
    here.stage.clock.forward(DAY)
    assert get(client, "/v1/places")["digest"] == digest["digest"]


def gate(client: Client, place: str, text: str, status: int = 200) -> Any:
    body = {"place": place, "text": text, "specimen": True}
    return post(client, "/v1/gate/check", body, status)


def test_a_litigant_with_a_red_code_passes_the_court_s_door(here: Posts, client: Client) -> None:
    red, green = (here.stage.instance.show(ref, "zh").token or "" for ref in ("p-ann", "p-ben"))
    assert red
    assert green
    at_station = gate(client, "railway_station", red)
    assert set(at_station) == {
        "check_required", "valid", "colour", "issued_at", "words", "next",
    }  # fmt: skip
    assert (at_station["valid"], at_station["colour"]) == (True, "red")
    assert gate(client, "railway_station", "nonsense")["valid"] is False
    for place in (*PROTECTED, "shop", "workplace"):
        answers = [gate(client, place, text) for text in (red, green, "nonsense", "")]
        assert answers == answers[:1] * 4
        assert answers[0]["check_required"] is False
        assert (answers[0]["valid"], answers[0]["colour"]) == (None, None)
    assert gate(client, "palace", red, 400)["slug"] == "place.unknown"


# -- nothing else reads a person

# Addresses that answer with something about a person, and the one who asks is no session.
LOOKS_ALONE = {"/v1/acts"}
# What a handler reads of a person begins with one of these.
PERSONAL = re.compile(
    r"people\(|decisions_of|decisions_in_force|facts_of|notices_of|\.show\(|own_\w+\(|show_code\("
    r"|standing_evidence|appeals_of|records_under"
)
HERSELF = re.compile(r"subject_for\(|acting_for\(|signed_in\(")
LINE = re.compile(r"^\| ([A-Z]+) \| `([^`]+)` \| (\w+) \|", re.MULTILINE)
# They read whether somebody is enrolled in order to be her, in a specimen under development.
DEVELOPMENT = {"/v1/session/development", "/sign-in", "/"}


def source_of(handler: Any) -> str:
    """What an address runs: its function, and those of its module that it calls by name."""
    function = handler.fn
    while hasattr(function, "func"):
        function = function.func
    module, text = inspect.getmodule(function), inspect.getsource(function)
    for name in re.findall(r"\b(_\w+)[(,]", text):
        inner = getattr(module, name, None)
        text += inspect.getsource(inner) if inspect.isfunction(inner) else ""
    return text


def test_every_address_that_reads_a_person_is_her_own_session_s(app: Litestar) -> None:
    read = set()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            source = source_of(handler)
            if PERSONAL.search(source) and route.path not in DEVELOPMENT:
                read.add(route.path)
                assert HERSELF.search(source), route.path
    assert {"/v1/me/code", "/v1/me/looks", "/code", "/me/looks"} <= read
    assert LOOKS_ALONE.isdisjoint(read)


def test_no_address_for_everybody_reads_anything_of_a_person(
    here: Posts, client: Client, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("people", "decisions_of", "decisions_in_force", "facts_of", "notices_of"):
        monkeypatch.setattr(MemoryUnit, name, lambda *_, one=name: asked.append(one))
    reached = 0
    for method, path, who in LINE.findall((ROOT / "docs" / "routes.md").read_text("utf-8")):
        if (method, who) == ("GET", "everyone") and path not in DEVELOPMENT:
            answer = client.http.get(re.sub(r"{\w+}", "0", path))
            assert answer.status_code < 500, path
            reached += 1
    for path in ("/v1/token/check", "/v1/gate/check"):
        post(client, path, {"text": "HC1:", **({"place": "school"} if "gate" in path else {})}, 200)
    client.ask("/v1/orders/feed")
    assert asked == []
    assert reached > 10
    assert client.http.get("/v1/me/code").status_code == 401


def test_every_act_that_looks_goes_through_the_one_function() -> None:
    looks = {Act.CHECK_CODE, Act.CARD_LOOKUP, Act.SEE_REASON, Act.SEE_RECORD, Act.BREAK_GLASS}
    for act in looks:
        module = inspect.getmodule(HANDLERS[act])
        assert module is not None
        assert re.search(
            r"^\s+(looked = )?look\(case, person, ", inspect.getsource(module), re.MULTILINE
        )


ME = re.compile(r"^/v1/me(/|$)|^/me/|^/code$")
OTHERS = ("p-ben", "p-ann")


def test_no_address_of_one_s_own_takes_a_person(app: Litestar) -> None:
    own = [route for route in app.routes if ME.match(route.path)]
    assert len(own) > 10
    for route in own:
        names = set(re.findall(r"{(\w+):", route.path))
        # A number of one's own decision or appeal, an id of one's own receipt: looked up under her.
        assert names <= {"number", "id"}, route.path


def test_asking_with_another_s_reference_answers_about_oneself(
    here: Posts, client: Client, app: Litestar
) -> None:
    client.sign_in("p-ben")
    for route in app.routes:
        if not route.path.startswith("/v1/me") or "GET" not in getattr(route, "methods", ()):
            continue
        path = re.sub(r"{\w+:int}", "1", re.sub(r"{\w+:str}", "x", route.path))
        if "{" in path or path.endswith(("/bundle", "/receipt")):
            continue
        plain = client.http.get(path)
        for name in ("subject", "ref", "id", "person", "of"):
            asked = client.http.get(
                path, params={name: "p-ann"}, headers={"Mingma-Subject": "p-ann"}
            )
            assert asked.status_code == plain.status_code, path
            if asked.status_code == 200:
                assert _still(asked.json()) == _still(plain.json()), path


def _still(answer: Any) -> Any:
    """An answer without what chance signs anew."""
    if isinstance(answer, list):
        return [_still(one) for one in answer]
    if isinstance(answer, dict):
        changes = {"token", "signature"}
        return {key: _still(value) for key, value in answer.items() if key not in changes}
    return answer

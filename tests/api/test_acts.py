"""Officers' acts over HTTP, what of refused ones is public, and what the person reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.kernel.canonical import b64url, canonical, from_b64url
from mingma.kernel.times import parse_instant, print_instant
from mingma.ledger.leaf import parse
from tests.api.asking import Client
from tests.appealing import object_to
from tests.instances import contact
from tests.posts import Posts, posts


@pytest.fixture
def here(tmp_path: Path, app: Litestar) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        app.state.instance = made.stage.instance
        yield made


@pytest.fixture
def asks(app: Litestar, here: Posts) -> Iterator[Client]:
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)


def wire(here: Posts, officer: str, act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """The act as it goes over the wire."""
    signed = here.sign(officer, act, body)
    return {
        "act": act.value, "officer": officer, "at": print_instant(signed.at),
        "nonce": signed.nonce, "body": body, "assertion": dict(signed.assertion),
        "session": signed.session,
    }  # fmt: skip


def post(asks: Client, value: object, path: str = "/v1/acts") -> httpx.Response:
    return asks.http.post(path, content=json.dumps(value).encode())


def test_the_whole_path_over_http(here: Posts, asks: Client) -> None:
    body = here.contacts(["p-ann"], here.visits("p-ann"))
    here.stage.clock.forward(1)
    made = post(asks, wire(here, "zz-cdc-investigator", Act.PROPOSE_CONTACTS, body))
    assert made.status_code == 201, made.text
    proposal = made.json()["done"]["proposal"]

    asks.sign_in("p-ann")
    [advice] = asks.http.get("/v1/me/advice").json()
    assert advice["organ"] == "city's CDC"
    assert "void" in advice["words"]
    assert asks.http.get("/v1/me/code").json()["colour"] == "green"

    checker = here.drawn(proposal).officer.id
    turns = post(asks, wire(here, checker, Act.SEE_PROPOSAL, {}), "/v1/acts/turns").json()
    assert turns["proposals"] == [proposal]
    seen = post(asks, wire(here, checker, Act.SEE_PROPOSAL, {"proposal": proposal})).json()
    assert len(seen["done"]["rows"]) == 1
    stands = asks.http.get(f"/v1/acts/proposals/{proposal}").json()
    assert (stands["status"], stands["rows"]) == ("draft", 1)
    assert "p-ann" not in json.dumps(stands)
    done = post(
        asks, wire(here, checker, Act.APPROVE, {"proposal": proposal, "seen": stands["state"]})
    )
    assert done.json()["done"]["approved"] == 1
    assert asks.http.get("/v1/me/code").json()["colour"] == "red"
    assert asks.http.get("/v1/me/advice").json() == []


def test_a_refused_act_is_a_problem_and_a_public_attempt_that_opens_its_leaf(
    here: Posts, asks: Client
) -> None:
    body = {"rows": [{"subject": f"p-{n}"} for n in range(1317)]}
    answer = post(asks, wire(here, "zz-social-liaison", Act.PROPOSE_MARK, body))
    assert (answer.status_code, answer.json()["slug"]) == (403, "authority.not_allowed")
    public = asks.http.get("/v1/public/attempts").json()
    assert public["counts"] == [
        {"organ": "zz-social", "act": "propose_mark", "size": "1000+", "count": 1}
    ]
    [attempt] = public["attempts"]
    with here.stage.instance.store.read() as unit:
        leaf, _ = parse(unit.leaves(attempt["leaf_index"], attempt["leaf_index"] + 1)[0])
    said = {name: attempt[name] for name in ("act", "organ", "policies", "size")}
    said["bin"] = int(parse_instant(attempt["bin"]))
    opened = hashlib.sha256(
        b"mingma/body/1\0" + from_b64url(attempt["nonce"]) + canonical(said)
    ).digest()
    assert leaf.commitment == opened  # as docs/formats/act.md says it is opened


@pytest.mark.parametrize(
    "changed",
    [
        {"act": "colour_red"},
        {"act": "show_own_code"},
        {"officer": "a b"},
        {"nonce": "short"},
        {"at": "yesterday"},
        {"body": []},
        {"body": {"days": 1.5}},
        {"assertion": None},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_no_signed_act_is_malformed_and_leaves_nothing(
    here: Posts, asks: Client, changed: dict[str, Any]
) -> None:
    value = wire(here, "zz-social-liaison", Act.PROPOSE_MARK, {"rows": [1]}) | changed
    assert post(asks, value).status_code == 400
    assert not here.attempts()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"a":1,"a":2}', b"\xff"])
def test_what_is_no_json_object_is_malformed(asks: Client, body: bytes) -> None:
    assert asks.http.post("/v1/acts", content=body).status_code == 400


def test_a_signature_by_nobody_known_is_401(here: Posts, asks: Client) -> None:
    value = wire(here, "zz-social-liaison", Act.PROPOSE_MARK, {"rows": [1]})
    answer = post(asks, value | {"officer": "somebody-else"})
    assert (answer.status_code, answer.json()["slug"]) == (401, "passkey.refused")
    turns = post(asks, value, "/v1/acts/turns")
    assert turns.status_code == 401


def test_the_digest_is_the_one_the_format_says(here: Posts) -> None:
    signed = here.sign("zz-hq-commander", Act.PUT_ROSTER, {"organ": "zz-hq", "shifts": []})
    session = hashlib.sha256(b"mingma/session/1\0" + signed.session.encode()).hexdigest()
    whole = (
        f'{{"act":"put_roster","at":{int(signed.at)},"body":{{"organ":"zz-hq","shifts":[]}},'
        f'"nonce":"{signed.nonce}","officer":"zz-hq-commander","session":"{session}"}}'
    )
    digest = hashlib.sha256(b"mingma/act/2\0" + whole.encode()).digest()
    assert signed.digest() == digest
    client = json.loads(from_b64url(str(signed.assertion["response"]["clientDataJSON"])))
    assert client["challenge"] == b64url(hashlib.sha256(digest).digest())


def test_an_unknown_proposal_is_404(asks: Client) -> None:
    assert asks.http.get(f"/v1/acts/proposals/{'0' * 64}").status_code == 404


def test_attempts_are_read_back_so_many_days(here: Posts, asks: Client) -> None:
    post(asks, wire(here, "zz-social-liaison", Act.PROPOSE_MARK, {"rows": [1]}))
    here.stage.clock.forward(3 * 86_400)
    assert len(asks.http.get("/v1/public/attempts?days=4").json()["attempts"]) == 1
    assert asks.http.get("/v1/public/attempts?days=2").json()["attempts"] == []
    for days in ("0", "91", "x"):
        assert asks.http.get(f"/v1/public/attempts?days={days}").status_code == 400


def test_what_an_emergency_brought_is_public(here: Posts, asks: Client) -> None:
    assert asks.http.get("/v1/public/yields").json() == []
    here.mark_contacts("p-ann")
    here.stage.clock.forward(86_400 * 2)
    here.stage.instance.publish_yield()
    [report] = asks.http.get("/v1/public/yields").json()
    assert report["people"] == 2
    assert report["person_days_each"] is None


def test_who_is_granted_over_http_acts_from_then_on(here: Posts, asks: Client) -> None:
    here.give("zz-cdc-late", "zz-cdc", Post.INVESTIGATOR)
    body = here.contacts(["p-ann"], here.visits("p-ann"))
    here.stage.clock.forward(1)
    assert post(asks, wire(here, "zz-cdc-late", Act.PROPOSE_CONTACTS, body)).status_code == 201


WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"


def test_an_officer_finds_the_appeals_that_ask_his_organ_and_reads_what_is_offered(
    here: Posts, asks: Client
) -> None:
    here.stage.send({**contact(), "organ": "zz-hc", "region": "410105"})
    offered = [{"kind": "travel_record", "says": "train G1, not there"}]
    [filed] = object_to(here.stage, evidence=offered).filed
    officer = f"{filed.appeal.asked_of}-appeal_officer"
    others = {"zz-hq-appeal_officer", "ha-hc-appeal_officer", "zz-hc-appeal_officer"} - {officer}

    def listed(who: str, act: Act = Act.ANSWER_APPEAL) -> Any:
        return post(asks, wire(here, who, act, {}), "/v1/acts/appeals").json()

    [one] = listed(officer)
    assert (one["subject"], one["number"]) == ("p-ann", filed.appeal.number)
    assert one["due"] == print_instant(filed.appeal.due)
    assert [listed(other) for other in sorted(others)] == [[], []]
    for nobody in ("zz-cdc-investigator", "zz-gate-gate_guard"):
        refused = post(asks, wire(here, nobody, Act.ANSWER_APPEAL, {}), "/v1/acts/appeals")
        assert refused.status_code == 401
    ticket = {"ticket": {"appeal": one["number"]}, "purpose": "answering_appeal"}
    seen = post(asks, wire(here, officer, Act.SEE_RECORD, {"subject": "p-ann", **ticket})).json()
    assert seen["done"]["appeal"]["evidence"] == offered
    assert "helper" not in seen["done"]["appeal"]
    words = {"outcome": "rejected", "reason": "evidence_stands", "text": WHY}
    done = post(
        asks,
        wire(here, officer, Act.ANSWER_APPEAL,
             {"subject": "p-ann", "appeal": one["number"], **words}),
    )  # fmt: skip
    assert done.status_code == 201, done.text
    assert listed(officer) == []

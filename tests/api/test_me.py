"""A person's own code, decisions and notices: hers by session, and nobody else's."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from mingma.kernel.times import DAY
from mingma.serving import create_app
from mingma.session import COOKIE, DESK, LIFETIME, read_session, sign_session
from tests.api.asking import Client, problem
from tests.instances import NOW, Stage, contact, sample, stage, withdrawal

OWN = ("/v1/me/code", "/v1/me/decisions", "/v1/me/notices")
KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture
def ann(client: Client, scene: Stage) -> Client:
    """Ann, a close contact, is signed in."""
    scene.send(contact())
    client.sign_in("p-ann")
    return client


def test_the_code_says_everything_a_page_needs(ann: Client) -> None:
    code = ann.get("/v1/me/code").json()
    assert (code["colour"], code["word"], code["rule"]) == ("red", "red", "HA-R3")
    assert code["since"] == "2022-06-13T12:00:00+08:00"
    assert code["until"] == "2022-06-28T00:00:00+08:00"
    assert code["next"] == {"colour": "yellow", "at": "2022-06-28T00:00:00+08:00"}
    assert code["queried_at"] == "2022-06-14T12:00:00+08:00"
    assert code["evidence"] == "investigation finding"
    (reason,) = code["reasons"]
    assert reason["law"]
    for name in ("next_step", "way_out", "objection", "token", "specimen"):
        assert code[name], name
    assert code["decided_by"]["organ"] == "specimen.example/command"
    assert code["decided_by"]["packs"][0]["id"] == "cn-henan-2021-08"
    assert code["channels"] == [
        {"kind": "contact_finding", "word": "investigation finding", "age_seconds": 0,
         "last_received": "2022-06-14T12:00:00+08:00"},
    ]  # fmt: skip
    assert (code["lapsed"], code["leaf_index"]) == (False, 2)


def test_the_code_is_in_the_language_asked_for(ann: Client) -> None:
    assert ann.get("/v1/me/code?lang=zh").json()["word"] == "红码"
    chinese = {"Accept-Language": "fr, zh-CN;q=0.9, en;q=0.5"}
    assert ann.get("/v1/me/code", **chinese).json()["word"] == "红码"
    assert ann.get("/v1/me/code?lang=fr").json()["word"] == "red"


def test_the_token_of_the_code_is_one_that_a_gate_reads(ann: Client) -> None:
    token = ann.get("/v1/me/code").json()["token"]
    checked = ann.http.post("/v1/token/check", json={"text": token}).json()
    assert (checked["result"], checked["colour"]) == ("UNPROVEN", None)
    checked = ann.http.post("/v1/token/check", json={"text": token, "specimen": True}).json()
    assert (checked["result"], checked["colour"]) == ("OK", "red")


def test_a_code_that_ran_out_says_lapsed(ann: Client, scene: Stage) -> None:
    scene.clock.forward(60 * DAY)
    ann.sign_in("p-ann")
    code = ann.get("/v1/me/code").json()
    assert (code["colour"], code["lapsed"], code["token"]) == ("unknown", True, None)
    scene.declare()
    code = ann.http.post("/v1/me/code").json()
    assert (code["colour"], code["lapsed"]) == ("green", False)


def test_decisions_and_notices_are_listed_newest_first(ann: Client, scene: Stage) -> None:
    scene.clock.forward(60)
    scene.send(withdrawal("c1", hours=0))
    decisions = ann.get("/v1/me/decisions").json()
    assert [(d["colour"], d["rule"]) for d in decisions] == [("green", None), ("red", "HA-R3")]
    assert decisions[1]["evidence"] == ["demo/c1"]
    assert all(d["leaf_index"] is not None for d in decisions)
    notices = ann.get("/v1/me/notices?lang=zh").json()
    assert [(n["before"], n["after"]) for n in notices] == [("red", "green"), ("green", "red")]
    assert notices[1]["words"] == "绿码 → 红码"


def test_reading_writes_nothing(ann: Client, scene: Stage) -> None:
    with scene.instance.store.read() as unit:
        before = unit.statistics()
    for path in OWN:
        assert ann.get(path).status_code == 200
    with scene.instance.store.read() as unit:
        assert unit.statistics() == before


# -- whose


@pytest.mark.parametrize("path", OWN)
def test_nobody_who_is_not_signed_in_reads_anything(client: Client, path: str) -> None:
    problem(client.get(path), 401, "session.none")


@pytest.mark.parametrize("path", OWN)
def test_naming_somebody_else_shows_nothing_of_her(ann: Client, scene: Stage, path: str) -> None:
    scene.send(sample("b", subject="p-bob", result="negative"))
    own = ann.get(path).json()
    for more in ("?subject=p-bob", "?ref=p-bob", "?id=p-bob"):
        found = ann.get(path + more, Subject="p-bob").json()
        if isinstance(found, dict):
            own.pop("token", None), found.pop("token", None)  # fresh at each look
        assert found == own
    problem(ann.get(f"{path}/p-bob"), 404, "http.not_found")


@pytest.mark.parametrize("path", OWN)
def test_a_forged_or_old_cookie_signs_nobody_in(client: Client, scene: Stage, path: str) -> None:
    scene.send(contact())
    key = scene.instance.session_key
    good = sign_session(key, "p-ann", NOW + 10)
    for cookie in (
        sign_session(OTHER, "p-ann", NOW + 10),
        sign_session(key, "p-ann", NOW),
        good[:-1],
        good.replace(".", "..", 1),
        sign_session(key, "p-bob", NOW + 10).split(".")[0] + good[good.index(".") :],
        "x" * 5000,
        "cC1hbm4",
    ):
        client.http.cookies.set(COOKIE, cookie)
        problem(client.get(path), 401, "session.none")
    client.http.cookies.set(COOKIE, good)
    assert client.get(path).status_code == 200


def test_a_session_of_somebody_who_is_not_enrolled_shows_nothing(
    client: Client, scene: Stage
) -> None:
    cookie = sign_session(scene.instance.session_key, "p-stranger", NOW + 10)
    client.http.cookies.set(COOKIE, cookie)
    for path in OWN:
        problem(client.get(path), 404, "person.unknown")


@pytest.mark.parametrize("path", OWN)
def test_the_demo_s_desk_is_nobody_who_is_signed_in(
    client: Client, scene: Stage, path: str
) -> None:
    cookie = sign_session(scene.instance.session_key, DESK, NOW + 10)
    client.http.cookies.set(COOKIE, cookie)
    problem(client.get(path), 401, "session.none")


# -- signing in and out


def test_the_development_sign_in_warns_that_it_is_one(client: Client, scene: Stage) -> None:
    scene.send(contact())
    response = client.http.post("/v1/session/development", json={"subject": "p-ann"})
    assert "anybody can be anybody" in response.headers["mingma-warning"]
    assert "anybody can be anybody" in response.json()["warning"]
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert f"Max-Age={LIFETIME}" in cookie


def test_nobody_signs_in_as_somebody_who_is_not_enrolled(client: Client) -> None:
    response = client.http.post("/v1/session/development", json={"subject": "p-nobody"})
    problem(response, 404, "person.unknown")


def test_a_sign_in_is_over_after_its_time_and_after_signing_out(ann: Client, scene: Stage) -> None:
    scene.clock.forward(LIFETIME - 1)
    assert ann.get("/v1/me/code").status_code == 200
    scene.clock.forward(1)
    problem(ann.get("/v1/me/code"), 401, "session.none")
    ann.sign_in("p-ann")
    ann.http.delete("/v1/session")
    problem(ann.get("/v1/me/code"), 401, "session.none")


def test_without_the_setting_there_is_no_development_sign_in(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with (
        stage(tmp_path_factory.mktemp("off"), sign_in="off") as made,
        TestClient(create_app(made.instance)) as http,
    ):
        made.send(contact())
        response = http.post("/v1/session/development", json={"subject": "p-ann"})
        problem(response, 404, "http.not_found")


# -- the cookie itself


def test_a_cookie_reads_back_until_its_end() -> None:
    cookie = sign_session(KEY, "p-安", 100)
    assert read_session(KEY, cookie, 99) == "p-安"
    assert read_session(KEY, cookie, 100) is None
    assert read_session(OTHER, cookie, 99) is None
    assert read_session(KEY, None, 99) is None


def test_a_session_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sign_session(b"short", "p", 1)

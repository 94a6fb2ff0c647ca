"""One's own appeals and reports over HTTP: the session says whose, the form asks for evidence."""

from __future__ import annotations

import pytest

from mingma.appeals.terms import ANSWER, TERMS
from mingma.ledger.note import parse_note, verify
from tests.api.asking import Client, problem
from tests.instances import Stage, contact, sample


@pytest.fixture
def ann(client: Client, scene: Stage) -> Client:
    """Ann is red, and signed in."""
    scene.send(sample("t0", result="negative"), contact())
    client.sign_in("p-ann")
    return client


def test_an_appeal_is_acknowledged_at_once_and_falls_by_itself(ann: Client, scene: Stage) -> None:
    body = {"asked": "object", "evidence": [{"kind": "stay_record", "says": "hotel in Xi'an"}]}
    answer = ann.http.post("/v1/me/appeals", json=body)
    assert answer.status_code == 201, answer.text
    [made] = answer.json()["appeals"]
    assert (made["state"], made["due"]) == ("open", "2022-06-14T20:00:00+08:00")
    again = ann.http.post("/v1/me/appeals", json={})
    assert (again.status_code, again.json()["fresh"]) == (200, False)
    assert again.json()["appeals"] == [made]
    scene.clock.forward(ANSWER.seconds)
    ann.sign_in("p-ann")
    assert ann.get("/v1/me/code").json()["colour"] == "green"
    [shown] = ann.get("/v1/me/appeals").json()["appeals"]
    assert (shown["state"], shown["ended_at"]) == ("lapsed", made["due"])


@pytest.mark.parametrize(
    ("body", "slug", "field"),
    [
        ({"depositor": False}, "appeal.asks_too_much", "depositor"),
        ({"subject": "p-bob"}, "appeal.asks_too_much", "subject"),
        (
            {"evidence": [{"kind": "document", "says": "x", "bank": "y"}]},
            "appeal.asks_too_much",
            "bank",
        ),
        ({"asked": "favour"}, "appeal.form_wrong", "asked"),
        ({"asked": "urgent"}, "appeal.form_wrong", "ground"),
        ({"ground": "exam"}, "appeal.form_wrong", "ground"),
        ({"asked": "urgent", "ground": "shopping"}, "appeal.form_wrong", "ground"),
        ({"evidence": "much"}, "appeal.form_wrong", "evidence"),
        ({"evidence": [1]}, "appeal.form_wrong", "evidence"),
        ({"evidence": [{"kind": "oath", "says": "x"}]}, "appeal.form_wrong", "kind"),
        ({"evidence": [{"kind": "document", "says": " "}]}, "appeal.form_wrong", "says"),
        ({"evidence": [{"kind": "document", "says": "x" * 501}]}, "appeal.form_wrong", "says"),
        ({"evidence": [{"kind": "document", "says": "a\x00"}]}, "appeal.form_wrong", "says"),
        ({"evidence": [{"kind": "document", "says": "x"}] * 21}, "appeal.form_wrong", "evidence"),
    ],
)  # fmt: skip
def test_a_question_outside_the_form_is_422(
    ann: Client, body: dict[str, object], slug: str, field: str
) -> None:
    found = problem(ann.http.post("/v1/me/appeals", json=body), 422, slug)
    assert found["field"] == field
    assert ann.get("/v1/me/appeals").json()["appeals"] == []


def test_an_urgent_matter_gives_a_note_the_log_stands_under(ann: Client, scene: Stage) -> None:
    body = {"asked": "urgent", "ground": "childbirth"}
    [made] = ann.http.post("/v1/me/appeals", json=body).json()["appeals"]
    assert made["due"] == "2022-06-14T12:10:00+08:00"
    [note] = ann.get("/v1/me/appeals").json()["pass_notes"]
    text = parse_note(note.encode()).text
    verify(parse_note(note.encode()), list(scene.instance.log.keys[:1]))
    assert text.startswith("mingma-pass-note v1\nholder 0000 *\nground childbirth\n")
    assert "p-ann" not in note


def test_an_appeal_is_taken_back(ann: Client) -> None:
    [made] = ann.http.post("/v1/me/appeals", json={}).json()["appeals"]
    path = f"/v1/me/appeals/{made['number']}/withdraw"
    assert ann.http.post(path).json()["state"] == "withdrawn"
    problem(ann.http.post(path), 409, "appeal.over")
    problem(ann.http.post("/v1/me/appeals/77/withdraw"), 404, "appeal.unknown")


def test_nobody_reads_or_takes_back_another_s(ann: Client, scene: Stage) -> None:
    [made] = ann.http.post("/v1/me/appeals", json={}).json()["appeals"]
    scene.send(contact("c2", "p-bob"))
    ann.sign_in("p-bob")
    assert ann.get("/v1/me/appeals").json()["appeals"] == []
    path = f"/v1/me/appeals/{made['number']}/withdraw"
    problem(ann.http.post(path), 404, "appeal.unknown")


def test_a_green_code_leaves_nothing_to_object_to_but_a_human_can_be_asked(
    client: Client, scene: Stage
) -> None:
    scene.send(sample("t0", result="negative"))
    client.sign_in("p-ann")
    problem(client.http.post("/v1/me/appeals", json={}), 409, "appeal.nothing_to_object")
    assert client.http.post("/v1/me/appeals", json={"asked": "ask_human"}).status_code == 201


def test_everybody_reads_the_terms(client: Client) -> None:
    rows = client.get("/v1/appeals/terms").json()
    assert [row["id"] for row in rows] == [one.id for one in TERMS]
    assert rows[0]["term"] == "8 hours"


def test_a_report_is_one_s_own_and_is_corrected_by_oneself(ann: Client) -> None:
    first = ann.http.post("/v1/me/reports", json={"symptoms": ["cough"]})
    assert first.status_code == 201, first.text
    body = {"symptoms": [], "corrects": first.json()["id"]}
    assert ann.http.post("/v1/me/reports", json=body).status_code == 201
    problem(ann.http.post("/v1/me/reports", json=body), 409, "report.not_yours")
    found = problem(
        ann.http.post("/v1/me/reports", json={"symptoms": [], "subject": "p-bob"}),
        400, "record.unknown_field",
    )  # fmt: skip
    assert found["field"] == "subject"

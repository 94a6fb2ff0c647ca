"""Over HTTP: one's own receipts, the landmarks, and a gate's question with a receipt."""

from __future__ import annotations

import pytest

from mingma.codes.receipt_frame import read_frame
from mingma.ledger.landmarks import parse_landmarks
from mingma.ledger.leaf import parse
from mingma.ledger.proof import parse_extra, parse_receipt
from tests.api.asking import Client
from tests.cosigned import Proving, proving
from tests.instances import Stage, contact


@pytest.fixture
def proven(client: Client, scene: Stage) -> Proving:
    """Ann is red, signed in, and under a policy; nothing is cosigned yet."""
    scene.send(contact())
    client.sign_in("p-ann")
    return proving(scene)


def test_a_person_takes_her_receipt_home(client: Client, proven: Proving) -> None:
    waiting = client.http.get("/v1/me/decisions/1/receipt")
    assert (waiting.status_code, waiting.json()["slug"]) == (503, "receipt.not_cosigned")
    proven.cosign()
    answer = client.http.get("/v1/me/decisions/1/receipt")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="decision-1.tlog-proof"'
    assert answer.headers["cache-control"] == "no-store"
    receipt = parse_receipt(answer.content)
    extra = parse_extra(receipt.extra or b"")
    receipt.verify(extra.entry, proven.policy)
    assert b'"subject":"p-ann"' in (extra.opened(parse(extra.entry)[0]) or b"")


def test_nobody_gets_anothers_receipt_or_one_that_is_not_there(
    client: Client, proven: Proving
) -> None:
    proven.cosign()
    missing = client.http.get("/v1/me/decisions/2/receipt")
    assert (missing.status_code, missing.json()["slug"]) == (404, "decision.unknown")
    assert client.http.get("/v1/me/decisions/x/receipt").status_code == 404
    client.http.cookies.clear()
    assert client.http.get("/v1/me/decisions/1/receipt").status_code == 401


def test_reading_a_receipt_writes_nothing(client: Client, proven: Proving) -> None:
    proven.cosign()
    with proven.stage.instance.store.read() as unit:
        before = unit.statistics()
    assert client.http.get("/v1/me/decisions/1/receipt").status_code == 200
    assert client.http.get("/ledger/landmarks").status_code == 200
    with proven.stage.instance.store.read() as unit:
        assert unit.statistics() == before


def test_landmarks_are_for_everybody(client: Client, proven: Proving) -> None:
    client.http.cookies.clear()
    answer = client.http.get("/ledger/landmarks")
    assert (answer.status_code, answer.content) == (200, b"mingma/landmarks/1\n")
    size = proven.cosign()
    answer = client.http.get("/ledger/landmarks")
    assert answer.headers["content-type"].startswith("text/plain")
    assert list(parse_landmarks(answer.content).verify(proven.policy)) == [size]


def test_a_gate_asks_with_both_frames(client: Client, proven: Proving) -> None:
    proven.cosign()
    code = client.http.get("/v1/me/code").json()
    assert read_frame(code["receipt"])
    asked = {"text": code["token"], "receipt": code["receipt"]}
    checked = client.http.post("/v1/token/check", json=asked).json()
    assert (checked["result"], checked["colour"]) == ("OK", "red")
    del asked["receipt"]
    checked = client.http.post("/v1/token/check", json=asked).json()
    assert (checked["result"], checked["reasons"]) == ("UNPROVEN", ["receipt.missing"])

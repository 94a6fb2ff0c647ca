"""The machine dies in the middle of an import; the same import again brings every record once."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from mingma.flows.seal import Log
from mingma.keys import log_keys
from mingma.ledger.leaf import Kind, parse
from mingma.settings import Settings
from mingma.storage import open_store
from tests.api.asking import NDJSON
from tests.instances import ndjson, sample, signature, stage
from tests.servers import server

PEOPLE = 400
RECORDS = 2000
ANSWER_WITHIN = 120  # seconds


def send(address: str, body: bytes) -> dict[str, Any]:
    headers = {
        "Mingma-Source": "lab-1",
        "Mingma-Signature": signature(body),
        "Content-Type": NDJSON,
    }
    response = httpx.post(
        f"{address}/v1/evidence", content=body, headers=headers, timeout=ANSWER_WITHIN
    )
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def bodies(batches: int) -> list[bytes]:
    """The import: test results of a few hundred people, in so many batches."""
    records = [
        sample(f"t{n}", subject=f"p-{n % PEOPLE:03}", hours=-2 - n / 100,
               result="positive" if n % 7 == 0 else "negative")
        for n in range(RECORDS)
    ]  # fmt: skip
    size = RECORDS // batches
    return [ndjson(records[start : start + size]) for start in range(0, RECORDS, size)]


def killed_after(folder: Path, parts: list[bytes], seconds: float) -> int:
    """Begin the import and kill the server; gives how many batches were answered before."""
    answered = 0
    with server(folder) as (address, process):
        death = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
        death.start()
        try:
            for body in parts:
                send(address, body)
                answered += 1
        except httpx.TransportError:
            pass  # the server is dead, as it was to be
        finally:
            death.cancel()
            death.join()
    return answered


@pytest.mark.slow
@pytest.mark.parametrize("batches", [1, 40])
def test_every_record_is_there_once_after_a_kill_and_the_same_import_again(
    tmp_path: Path, batches: int
) -> None:
    database = f"sqlite:///{tmp_path}/mingma.db"
    with stage(tmp_path, database):
        pass  # sources and an emergency
    parts = bodies(batches)

    # (1) Killed a few times on the way, once at least in the middle.
    answered = [killed_after(tmp_path, parts, seconds) for seconds in (0.05, 0.4)]
    assert min(answered) < batches

    # (2) The same import again, whole.
    with server(tmp_path) as (address, _):
        answers = [send(address, body) for body in parts]
    assert sum(answer["received"] for answer in answers) == RECORDS
    assert all(answer["refused"] == 0 for answer in answers)

    # (3) Every record once, everybody enrolled and decided, every leaf sealed once.
    store = open_store(database)
    try:
        # It refuses leaves that do not add up to the head.
        log = Log(store, *log_keys(tmp_path / "keys", Settings().origin))
        with store.read() as unit:
            people = [f"p-{n:03}" for n in range(PEOPLE)]
            facts = unit.facts_of(people)
            decisions = {ref: unit.decisions_of(ref) for ref in people}
            leaves = [parse(entry)[0].kind for entry in unit.leaves(0, log.tree.size)]
            statistics = unit.statistics()
            turned = [one for answer in answers for one in unit.turned("lab-1", answer["batch"])]
    finally:
        store.close()
    ids = [fact.id for found in facts.values() for fact in found]
    assert sorted(ids) == sorted(f"lab-1/t{n}" for n in range(RECORDS))
    assert turned == []
    assert (statistics["people"], statistics["facts"], statistics["waiting"]) == (
        PEOPLE, RECORDS, 0,
    )  # fmt: skip
    for found in decisions.values():
        assert [decision.number for decision in found] == list(range(1, len(found) + 1))
    assert leaves.count(Kind.ENROL) == PEOPLE
    made = sum(len(found) for found in decisions.values())
    assert leaves.count(Kind.DECISION) + leaves.count(Kind.FALL) == made
    assert leaves.count(Kind.EMERGENCY_DECLARE) == 1

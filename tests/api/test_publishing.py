"""A real server seals and publishes by itself, and goes on after it was killed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import httpx
import pytest

from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.files import check_log
from mingma.ledger.note import parse_note
from tests.api.asking import NDJSON
from tests.instances import ndjson, sample, signature, stage
from tests.servers import server

PUBLISHED_WITHIN = 60  # seconds


def published(folder: Path) -> Checkpoint:
    """The published checkpoint, whose files must prove it whatever is written meanwhile."""
    head = parse_checkpoint(parse_note((folder / "checkpoint").read_bytes()).text)

    def read(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.is_file() else None

    assert check_log(read, head) is None
    return head


def send(address: str, number: int) -> None:
    body = ndjson([sample(f"t{number}", subject=f"p-{number}")])
    headers = {
        "Mingma-Source": "lab-1",
        "Mingma-Signature": signature(body),
        "Content-Type": NDJSON,
    }
    answer = httpx.post(f"{address}/v1/evidence", content=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
def test_what_is_sealed_is_published_soon_and_after_a_kill_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINGMA_PUBLISH", str(tmp_path / "public"))
    with stage(tmp_path, f"sqlite:///{tmp_path}/mingma.db"):
        pass  # sources and an emergency
    size = 0
    for turn in range(2):
        with server(tmp_path) as (address, process):
            for number in range(5):
                send(address, 5 * turn + number)
            served = parse_note(httpx.get(f"{address}/ledger/checkpoint").content).text
            wanted = parse_checkpoint(served).size
            give_up_at = time.monotonic() + PUBLISHED_WITHIN
            while published(tmp_path / "public").size < wanted:
                assert time.monotonic() < give_up_at
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        assert wanted >= size + 10  # an enrolment and a decision each
        size = wanted

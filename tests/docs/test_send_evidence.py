"""The guide's examples run as they are written, against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mingma.kernel.times import print_instant
from mingma.storage import open_store
from tests.lacking import lacking
from tests.paths import ROOT
from tests.servers import server

GUIDE = (ROOT / "docs" / "guides" / "send-evidence.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(GUIDE) if found == kind]


def run(script: str, folder: Path, address: str) -> str:
    """Run a block of shell in a folder; gives what it prints."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MINGMA_DATABASE": f"sqlite:///{folder}/mingma.db",
        "SERVER": address,
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_guides_examples_run(tmp_path: Path) -> None:
    for program in ("openssl", "curl", "base64"):
        if shutil.which(program) is None:
            lacking(f"{program} is not installed here; run scripts/debian_packages guides")
    make, register, send = blocks("sh")
    (python,) = blocks("python")
    with server(tmp_path, clock="") as (address, _):
        # (1) The shell, in order.
        run(make, tmp_path, address)
        assert run(register, tmp_path, address).startswith("lab-1: Henan CDC")
        answer = json.loads(run(send, tmp_path, address))
        (shown,) = (json.loads(text) for text in blocks("json"))
        blank = "<the SHA-256 of the body>"
        assert json.loads(json.dumps(answer).replace(answer["batch"], blank)) == shown

        # (2) Python: the same batch again, then what was refused.
        names: dict[str, Any] = {}
        exec(python.replace('open("lab.pem"', f'open("{tmp_path}/lab.pem"'), names)
        lines = (tmp_path / "batch.ndjson").read_text().splitlines()
        records = [json.loads(line) for line in lines]
        assert names["send"](records, address) == answer
        again = names["send"](records[::-1], address)
        assert (again["received"], again["admitted"], again["repeated"]) == (2, 1, 1)
        date = print_instant(int(time.time()))
        refused = names["ask"](answer["refused_url"], address, date)
        assert [record["line"] for record in refused["records"]] == [2]
        assert "E12345678" not in json.dumps(refused)

    store = open_store(f"sqlite:///{tmp_path}/mingma.db")
    with store.read() as unit:
        assert unit.statistics()["facts"] == 1
    store.close()

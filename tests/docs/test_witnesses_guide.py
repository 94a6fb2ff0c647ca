"""The guide to three logs by hand: its commands make keys and policies that instances take."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mingma.opening import open_instance
from mingma.settings import read_settings
from tests.paths import ROOT
from tests.stories.three_logs.good import Silent

GUIDE = (ROOT / "docs" / "guides" / "witnesses.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
BEFORE_THE_START = 4  # blocks: settings, keys, exchange, policies


@pytest.mark.slow
def test_the_guide_s_commands_make_three_logs_that_witness_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program = tmp_path / ".venv" / "bin" / "mingma"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mingma "$@"\n')
    program.chmod(0o755)
    script = "\n".join(BLOCK.findall(GUIDE)[:BEFORE_THE_START])
    subprocess.run(["/bin/bash", "-eu", "-c", script], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    for name in ("henan", "hebei", "hubei"):
        instance = open_instance(
            read_settings({"MINGMA_FILE": f"{name}/mingma.toml"}), witness_client=Silent()
        )
        try:
            assert instance.context.policy is not None
            assert instance.witness is not None
            assert instance.log.origin == f"ledger.{name}.example/codes/2026"
            witnesses = instance.context.policy.witnesses
            assert {one.url for one in witnesses if one.url} <= {
                f"http://127.0.0.1:{port}/witness" for port in (8001, 8002, 8003)
            }
            assert len(witnesses) == 4
        finally:
            instance.close()

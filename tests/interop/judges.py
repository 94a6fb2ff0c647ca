"""Others' software that must accept our logs and refuse changed ones, each in a process of its own.

`make test` installs it (scripts/judges). It shares no line with the product.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mingma.ledger.proof import Receipt
from tests.lacking import lacking
from tests.paths import ROOT

PLACE = ROOT / ".judges"
HERE = Path(__file__).parent
ANSWER_WITHIN = 300  # seconds, for all cases together
Case = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a judge accepts a case, and what it says if it does not."""

    accepted: bool
    why: str

    @property
    def kind(self) -> str:
        """The name of the refusal."""
        return self.why.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge: its program here, its packages, and how it refuses.

    Only what is in `refusals` is one: anything else is a program that broke.
    """

    name: str
    program: str
    packages: str
    refusals: frozenset[str]
    witnesses: bool = False  # it knows witnesses, and names before signatures

    def hear(self, cases: Iterable[Case]) -> list[Verdict]:
        """Its verdict on each case, in order."""
        told = "".join(json.dumps(case) + "\n" for case in cases)
        done = subprocess.run(
            [*self._command(), str(HERE / self.program), str(PLACE / self.packages)],
            input=told,
            capture_output=True,
            text=True,
            timeout=ANSWER_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        verdicts = [Verdict(*json.loads(line)) for line in done.stdout.splitlines()]
        assert len(verdicts) == told.count("\n")
        broken = [one for one in verdicts if not one.accepted and one.kind not in self.refusals]
        assert broken == []
        return verdicts

    def _command(self) -> list[str]:
        if not (PLACE / self.packages).is_dir():
            lacking("the judges are not installed; run scripts/judges")
        if self.program.endswith(".py"):
            return [sys.executable, "-I", "-S"]  # nothing of this environment
        node = shutil.which("node")
        if node is None:
            lacking("node is not installed, and a judge needs it; run scripts/debian_packages node")
        return [str(node)]


AICS = Judge(
    "aics-tlog",
    "judge_aics.py",
    "python",
    frozenset(["DoesNotHold", "ValueError", "TileVerificationError", "TileMissingError"]),
    witnesses=True,
)
SIGSTORE = Judge(
    "sigstore",
    "judge_sigstore.py",
    "python",
    frozenset(["VerificationError", "UnicodeDecodeError", "ValidationError", "Error"]),
)
SIGSTORE_JS = Judge(
    "@sigstore/verify",
    "judge_sigstore.js",
    "node/node_modules",
    frozenset(["Error", "VerificationError", "SyntaxError"]),
)
OF_RECEIPTS = [AICS, SIGSTORE, SIGSTORE_JS]


def in_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def receipt_case(
    keys: Mapping[str, Any], receipt: Receipt, entry: bytes, **changed: Any
) -> dict[str, Any]:
    """A receipt in the parts that every judge takes; some of them changed."""
    return {
        "do": "receipt",
        **keys,
        "index": receipt.index,
        "leaf": in_text(entry),
        "hashes": [in_text(one) for one in receipt.hashes],
        "checkpoint": in_text(bytes(receipt.note)),
        **changed,
    }

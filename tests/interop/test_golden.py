"""The judges themselves work: the published golden log is accepted, the forged one refused."""

from __future__ import annotations

from typing import Any

import pytest

from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.files import check_log
from mingma.ledger.note import parse_note
from mingma.ledger.policy import parse_policy
from mingma.ledger.proof import parse_receipt
from tests.interop.judges import AICS, OF_RECEIPTS, Judge, receipt_case
from tests.unit.ledger.published import VECTORS, golden, golden_log

FORGED = VECTORS / "forged-tile"
POLICY = parse_policy(golden("policy"))
WITNESSES = [str(one.key) for one in POLICY.witnesses if one.key.type == 4]


def keys(quorum: int) -> dict[str, Any]:
    return {"log": str(POLICY.logs[0].key), "witnesses": WITNESSES, "quorum": quorum}


@pytest.mark.parametrize("judge", OF_RECEIPTS, ids=lambda one: one.name)
def test_the_golden_receipt_is_accepted_for_its_leaf_and_no_other(judge: Judge) -> None:
    receipt = parse_receipt(golden("receipt-300.tlog-proof"))
    leaves = [golden("leaf-300"), golden("leaf-300") + b" "]
    verdicts = judge.hear(receipt_case(keys(2), receipt, leaf) for leaf in leaves)
    assert [one.accepted for one in verdicts] == [True, False]


def test_the_golden_log_is_accepted_and_the_forged_tile_refused() -> None:
    log = {"do": "audit", "folder": str(VECTORS / "golden" / "log"), **keys(0), "flip": None}
    right, forged = AICS.hear([log, {**log, "over": str(FORGED)}])
    assert right.accepted
    assert (forged.accepted, forged.kind) == (False, "TileVerificationError")


def test_we_refuse_the_forged_tile_from_its_first_leaf_on() -> None:
    files = golden_log()
    head = parse_checkpoint(parse_note(files["checkpoint"]).text)
    assert check_log(files.get, head) is None
    forged = {
        path: (FORGED / path).read_bytes() if (FORGED / path).exists() else data
        for path, data in files.items()
    }
    assert forged != files
    fault = check_log(forged.get, head)
    assert fault is not None
    assert fault.index == 0

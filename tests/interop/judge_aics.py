"""What aics-tlog says: run by `judges`, with nothing but the judges' packages on its path.

A case a line comes in, a verdict a line goes out; both are JSON. Nothing of ours is used here.
"""

import base64
import json
import sys

sys.path.insert(0, sys.argv[1])

from aics_tlog.checkpoint import parse_checkpoint, verify_checkpoint
from aics_tlog.note import parse_note, parse_vkey
from aics_tlog.tiles import FileSystemTileReader
from aics_tlog.tree import verify_consistency, verify_leaf_inclusion
from aics_tlog.verified import audit_tiles


class DoesNotHold(Exception):
    """The judge answered with False."""


class Folder(FileSystemTileReader):
    """The files of a folder over another, one bit of one of them changed."""

    def __init__(self, case):
        super().__init__(case["folder"])
        self.over = FileSystemTileReader(case["over"]) if "over" in case else None
        self.flipped = case.get("flip")

    def _read(self, path):
        data = (self.over and self.over._read(path)) or super()._read(path)
        if self.flipped and self.flipped[0] == path:
            bent = bytearray(data)
            bent[self.flipped[1] // 8] ^= 1 << self.flipped[1] % 8
            data = bytes(bent)
        return data


def believed(data, case):
    """The checkpoint that the log's key and all the named witnesses signed."""
    note = parse_note(data)
    found = verify_checkpoint(
        note,
        parse_vkey(case["log"]),
        [parse_vkey(one) for one in case["witnesses"]],
        case["quorum"],
        expected_origin=case["log"].split("+")[0],
    )
    if not found.ok:
        raise DoesNotHold(found.error)
    return parse_checkpoint(note.text)


def audit(case):
    files = Folder(case)
    head = believed(files._read("checkpoint"), case)
    audit_tiles(files, head.size, head.root)


def receipt(case):
    head = believed(base64.b64decode(case["checkpoint"]), case)
    leaf, *hashes = [base64.b64decode(one) for one in [case["leaf"], *case["hashes"]]]
    if not verify_leaf_inclusion(leaf, case["index"], head.size, hashes, head.root):
        raise DoesNotHold("inclusion")


def consistency(case):
    old, new, *proof = [base64.b64decode(one) for one in [*case["roots"], *case["proof"]]]
    if not verify_consistency(*case["sizes"], old, new, proof):
        raise DoesNotHold("consistency")


for line in sys.stdin:
    asked = json.loads(line)
    try:
        {"audit": audit, "receipt": receipt, "consistency": consistency}[asked["do"]](asked)
    except Exception as refusal:
        print(json.dumps([False, f"{type(refusal).__name__}: {refusal}"]))
    else:
        print(json.dumps([True, ""]))

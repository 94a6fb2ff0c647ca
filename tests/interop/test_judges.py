"""Judges that share no line with us accept our logs and receipts, and refuse changed ones."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from mingma.kernel.errors import Problem
from mingma.ledger.files import Fault, LogFiles, check_log
from mingma.ledger.note import Note, Signature, parse_note
from mingma.ledger.proof import Receipt, parse_receipt
from mingma.ledger.tiles import ENTRIES, growth, parse_path
from mingma.ledger.tree import ProofDoesNotHold
from tests.flows.logs import KEY
from tests.interop.judges import AICS, OF_RECEIPTS, Judge, in_text, receipt_case
from tests.interop.logs import (
    SIZES,
    SMALL,
    Exported,
    Flip,
    bent,
    judged_bits,
    keys,
    policy,
    some,
)

RECEIPT_FLIPS = 1000  # of one receipt, by each judge and by ourselves
FILE_FLIPS = 260  # of the files of each small log: over 1,000 together
LARGE_FLIPS = 12  # of the large one, which takes half a second to read


def name(judge: Judge) -> str:
    return judge.name


def audit_case(log: Exported, flip: Flip | None = None, **more: Any) -> dict[str, Any]:
    return {"do": "audit", "folder": str(log.folder), **keys(), "flip": flip, **more}


def check(log: Exported, flip: Flip | None = None) -> Fault | Problem | None:
    """What we ourselves find in the files: a refused checkpoint, the first bad leaf, or nothing."""
    try:
        head, _ = policy().verify(parse_note(log.flipped(flip, "checkpoint") or b""))
    except Problem as refusal:
        return refusal
    return check_log(lambda path: log.flipped(flip, path), head)


# -- accepted


def test_the_logs_of_every_size_are_accepted(logs: dict[int, Exported]) -> None:
    verdicts = AICS.hear(audit_case(log) for log in logs.values())
    assert [one for one in verdicts if not one.accepted] == []
    assert [check(log) for log in logs.values()] == [None] * len(SIZES)


@pytest.mark.parametrize("judge", OF_RECEIPTS, ids=name)
def test_receipts_of_leaves_at_every_edge_are_accepted(
    judge: Judge, logs: dict[int, Exported]
) -> None:
    cases = [
        receipt_case(keys(), receipt, entry)
        for log in logs.values()
        for receipt, entry in log.receipts.values()
    ]
    assert [one for one in judge.hear(cases) if not one.accepted] == []


def test_every_size_is_proven_to_continue_the_smaller_ones(logs: dict[int, Exported]) -> None:
    pairs = list(itertools.combinations(logs.values(), 2))
    cases = []
    for old, new in pairs:
        proof = LogFiles(new.read, new.head).consistency_proof(old.size)
        cases.append(consistency_case(old, new, proof))
    for (old, _), right in zip(pairs, list(cases), strict=True):
        cases.append({**right, "roots": [in_text(bent(old.head.root, 5)), right["roots"][1]]})
        cases.append({**right, "proof": right["proof"][:-1]})
    verdicts = [one.accepted for one in AICS.hear(cases)]
    assert verdicts == [True] * len(pairs) + [False] * 2 * len(pairs)


def consistency_case(old: Exported, new: Exported, proof: list[bytes]) -> dict[str, Any]:
    return {
        "do": "consistency",
        "sizes": [old.size, new.size],
        "roots": [in_text(old.head.root), in_text(new.head.root)],
        "proof": [in_text(one) for one in proof],
    }


# -- refused


def file_flips(log: Exported, count: int) -> list[Flip]:
    """Bits over all files of a log, every file among them."""
    chance = random.Random(log.size)
    paths = [tile.path for tile in growth(0, log.size)]
    sizes = {path: 8 * (log.folder / path).stat().st_size for path in paths}
    chosen = [("checkpoint", bit) for bit in some(judged_bits(log.note), count // 4, chance)]
    chosen += [(path, chance.randrange(sizes[path])) for path in paths[: count // 4]]
    for path in chance.choices(paths, k=count - len(chosen)):
        chosen.append((path, chance.randrange(sizes[path])))
    return chosen


def must_be_found(log: Exported, flip: Flip, found: Fault | Problem | None) -> None:
    """Assert that what was found is the changed place, by the index of its first leaf."""
    path, bit = flip
    if path == "checkpoint":
        assert isinstance(found, Problem), flip
        return
    assert isinstance(found, Fault), flip
    assert found.path == path, flip
    tile, byte = parse_path(path), bit // 8
    if tile.level != ENTRIES:
        assert found.index == (tile.index * 256 + byte // 32) << 8 * tile.level, flip
        return
    entries, at = log.read(path) or b"", 0
    for leaf in range(tile.start, tile.start + tile.width):
        length = int.from_bytes(entries[at : at + 2], "big")
        if byte < at + 2:  # a length: the rest of the bundle cannot be cut into entries
            assert (found.index, found.why) == (tile.start, "unreadable"), flip
            return
        at += 2 + length
        if byte < at:
            assert (found.index, found.why) == (leaf, "entry"), flip
            return
    pytest.fail(f"no such byte: {flip}")


@pytest.mark.parametrize("size", SMALL)
def test_a_changed_bit_in_any_file_is_refused_and_its_leaf_named(
    small: dict[int, Exported], size: int
) -> None:
    refuse(small[size], file_flips(small[size], FILE_FLIPS))


def test_a_changed_bit_in_a_large_log_is_refused_and_its_leaf_named(
    logs: dict[int, Exported],
) -> None:
    log = logs[SIZES[-1]]
    tiles = ["tile/2/000.p/1", "tile/1/000", "tile/1/001.p/17", "tile/0/272", "tile/entries/100"]
    chance = random.Random(7)
    flips = [(path, chance.randrange(8 * 32)) for path in tiles]
    refuse(log, flips + file_flips(log, LARGE_FLIPS - len(flips)))


def refuse(log: Exported, flips: list[Flip]) -> None:
    verdicts = AICS.hear(audit_case(log, flip) for flip in flips)
    assert [flip for flip, one in zip(flips, verdicts, strict=True) if one.accepted] == []
    for flip in flips:
        must_be_found(log, flip, check(log, flip))


def receipt_flips(judge: Judge, receipt: Receipt, entry: bytes) -> list[dict[str, Any]]:
    """Parts of a receipt with one bit changed, of every part that the judge looks at."""
    chance = random.Random(judge.name)
    share = RECEIPT_FLIPS // 4
    hashes = [in_text(one) for one in receipt.hashes]
    changed: list[dict[str, Any]] = [
        {"index": receipt.index ^ 1 << bit} for bit in range(2 * len(hashes))
    ]
    bits = some(list(range(8 * len(entry))), share, chance)
    changed += [{"leaf": in_text(bent(entry, bit))} for bit in bits]
    for bit in some(list(range(256 * len(hashes))), share, chance):
        at, inside = divmod(bit, 256)
        wrong = in_text(bent(receipt.hashes[at], inside))
        changed.append({"hashes": [*hashes[:at], wrong, *hashes[at + 1 :]]})
    rest = RECEIPT_FLIPS - len(changed)
    if judge.witnesses:
        bits = some(judged_bits(receipt.note), rest, chance)
        notes = [bent(bytes(receipt.note), bit) for bit in bits]
    else:
        notes = log_flips(receipt.note, rest, chance)
    return changed + [{"checkpoint": in_text(note)} for note in notes]


def log_flips(note: Note, count: int, chance: random.Random) -> list[bytes]:
    """Changes of the text, and of the bytes in the log's own line: what sigstore looks at."""
    text, rest = note.text.encode(), bytes(note)[len(note.text.encode()) :]
    flips = [bent(text, bit) + rest for bit in some(list(range(8 * len(text))), count // 2, chance)]
    place = next(n for n, one in enumerate(note.signatures) if one.is_by(KEY.key))
    line = note.signatures[place]
    whole = line.key_id + line.signature
    for bit in some(list(range(8 * len(whole))), count - len(flips), chance):
        wrong = bent(whole, bit)
        lines = list(note.signatures)
        lines[place] = Signature(line.name, wrong[:4], wrong[4:])
        flips.append(bytes(Note(note.text, tuple(lines))))
    return flips


@pytest.mark.parametrize("judge", OF_RECEIPTS, ids=name)
def test_a_receipt_with_a_changed_bit_is_refused(judge: Judge, small: dict[int, Exported]) -> None:
    receipt, entry = small[257].receipts[200]
    flips = receipt_flips(judge, receipt, entry)
    assert len(flips) >= RECEIPT_FLIPS
    verdicts = judge.hear(receipt_case(keys(), receipt, entry, **flip) for flip in flips)
    assert [flip for flip, one in zip(flips, verdicts, strict=True) if one.accepted] == []


def test_we_refuse_a_receipt_with_a_changed_bit(small: dict[int, Exported]) -> None:
    receipt, entry = small[257].receipts[200]
    assert policy().verify(receipt.note)[0] == small[257].head
    whole = bytes(receipt)
    before = 8 * (len(whole) - len(bytes(receipt.note)))
    bits = [*range(before), *(before + bit for bit in judged_bits(receipt.note))]
    accepted = []
    for bit in some(bits, RECEIPT_FLIPS, random.Random(3)):
        try:
            parse_receipt(bent(whole, bit)).verify(entry, policy())
            accepted.append(bit)
        except Problem:
            pass  # refused, as it must be
    assert accepted == []


@pytest.mark.parametrize("judge", OF_RECEIPTS, ids=name)
def test_a_receipt_proves_no_other_leaf(judge: Judge, small: dict[int, Exported]) -> None:
    receipt, _ = small[257].receipts[200]
    others = [small[257].receipts[index][1] for index in (0, 199, 201, 256)]
    verdicts = judge.hear(receipt_case(keys(), receipt, other) for other in others)
    assert [one.accepted for one in verdicts] == [False] * len(others)
    for other in others:
        with pytest.raises(ProofDoesNotHold):
            receipt.verify(other, policy())


def test_a_receipt_one_cosignature_short_is_refused(small: dict[int, Exported]) -> None:
    receipt, entry = small[257].receipts[200]
    lines = receipt.note.signatures
    for left_out in (-1, -2, -3):
        kept = tuple(one for one in lines if one is not lines[left_out])
        short = Receipt(receipt.index, receipt.hashes, Note(receipt.note.text, kept))
        cases = [receipt_case(keys(quorum), short, entry) for quorum in (2, 3)]
        assert [one.accepted for one in AICS.hear(cases)] == [True, False]
        short.verify(entry, policy(2))
        with pytest.raises(Problem, match="witnesses"):
            short.verify(entry, policy(3))

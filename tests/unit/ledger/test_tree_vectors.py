"""Every published vector of the tree, and the one exception that is documented."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mingma.ledger.tree import (
    EMPTY_ROOT,
    ProofDoesNotHold,
    Tree,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from tests.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "ledger"
# Its "roots" have 12 bytes and it wants them accepted; a hash here has 32.
EXCEPTION = "subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def b(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


PUBLISHED: dict[str, dict[str, Any]] = read("transparency-dev-merkle.json")


def verify(name: str, case: dict[str, Any]) -> None:
    proof = [b(one) for one in case["proof"] or []]
    match name.split("/", maxsplit=1)[0]:
        case "inclusion":
            verify_inclusion(
                b(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, b(case["root"])
            )
        case "consistency":
            verify_consistency(
                case["size1"], b(case["root1"]), case["size2"], b(case["root2"]), proof
            )
        case "subtreeinclusion":
            verify_subtree_inclusion(
                b(case["leafHash"]),
                case["leafIdx"],
                case["start"],
                case["end"],
                proof,
                b(case["root"]),
            )
        case "subtreeconsistency":
            verify_subtree_consistency(
                case["start"], case["end"], b(case["root1"]), case["size"], b(case["root2"]), proof
            )
        case other:
            raise AssertionError(other)


def test_all_published_vectors_are_here() -> None:
    assert len(PUBLISHED) == 259
    assert EXCEPTION in PUBLISHED


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_published_vector_is_judged_as_it_says(name: str) -> None:
    case = PUBLISHED[name]
    if case["wantErr"] or name == EXCEPTION:
        with pytest.raises(ProofDoesNotHold):
            verify(name, case)
    else:
        verify(name, case)


def test_the_tree_of_rfc_6962_has_its_published_roots() -> None:
    vectors = read("rfc6962.json")
    leaves = [bytes.fromhex(text) for text in vectors["leaves_hex"]]
    tree = Tree()
    for size, root in enumerate(vectors["roots_hex"], start=1):
        tree.append(leaves[size - 1])
        assert tree.root().hex() == root
        assert root_of([leaf_hash(one) for one in leaves[:size]]).hex() == root
    assert Tree().root().hex() == vectors["empty_root_hex"] == EMPTY_ROOT.hex()
    assert leaf_hash(b"L123456").hex() == vectors["leaf_L123456"]
    assert node_hash(b"N123", b"N456").hex() == vectors["node_N123_N456"]
    assert leaf_hash(b"").hex() == vectors["empty_leaf"]


def test_a_real_log_of_another_make_has_our_roots_at_every_size() -> None:
    vectors = read("tessera.json")
    tree = Tree(leaf_hash(entry.encode()) for entry in vectors["entries"])
    assert {str(size): tree.root(size) for size in range(16)} == {
        size: b(root) for size, root in vectors["roots"].items()
    }


def test_the_golden_log_has_its_roots_and_proofs() -> None:
    golden = read("golden.json")
    tree = Tree(leaf_hash(b(entry)) for entry in golden["entries"])
    assert tree.size == 775
    for size, root in golden["roots"].items():
        assert tree.root(int(size)) == b(root)
    assert len(golden["consistency"]) == 7
    for case in golden["consistency"]:
        proof = [b(one) for one in case["proof"]]
        old, new = case["old"], case["new"]
        assert tree.consistency_proof(old, new) == proof
        verify_consistency(old, tree.root(old), new, tree.root(new), proof)
    receipt = golden["inclusion"]
    proof = [b(one) for one in receipt["proof"]]
    assert tree.inclusion_proof(receipt["index"]) == proof
    verify_inclusion(
        leaf_hash(b(receipt["leaf"])), receipt["index"], receipt["size"], proof, tree.root()
    )

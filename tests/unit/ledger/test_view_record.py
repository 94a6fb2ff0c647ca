"""A look opens under its leaf for whoever has the key, as the vectors say, and for nobody else."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.tree import ProofDoesNotHold
from mingma.ledger.view_record import (
    LookProof,
    NotThatLeaf,
    look_commitment,
    look_nonce,
    looks_leaf,
    prove_look,
    verify_look,
)
from tests.paths import ROOT

VECTORS: dict[str, Any] = json.loads((ROOT / "tests/vectors/looks/looks.json").read_text("utf-8"))
LEAF = parse(VECTORS["entry"].encode())[0]


def proof_of(look: dict[str, Any]) -> LookProof:
    hashes = tuple(base64.urlsafe_b64decode(one + "=") for one in look["hashes"])
    return LookProof(look["id"], look["body"], look["place"], look["count"], hashes)


@pytest.mark.parametrize("look", VECTORS["looks"], ids=lambda one: str(one["place"]))
def test_the_vectors_hold(look: dict[str, Any]) -> None:
    key = bytes.fromhex(look["key"])
    # Made here once more from the words of the document alone.
    nonce = hmac.digest(key, b"mingma/look/1|" + look["id"].encode(), "sha256")
    body = json.dumps(look["body"], sort_keys=True, separators=(",", ":")).encode()
    assert nonce.hex() == look["nonce"] == look_nonce(key, look["id"]).hex()
    assert sha256(b"mingma/body/1\0" + nonce + body).hexdigest() == look["commitment"]
    verify_look(key, proof_of(look), LEAF)


@pytest.mark.parametrize("look", VECTORS["looks"], ids=lambda one: str(one["place"]))
def test_another_body_key_place_or_leaf_does_not_hold(look: dict[str, Any]) -> None:
    key, proof = bytes.fromhex(look["key"]), proof_of(look)
    place = (proof.place + 1) % proof.count
    for wrong in (
        replace(proof, body={**proof.body, "at": 1}),
        replace(proof, id="0" * 19 + "/0000"),
        replace(proof, place=place),
        replace(proof, hashes=proof.hashes[:-1]),
    ):
        with pytest.raises(ProofDoesNotHold):
            verify_look(key, wrong, LEAF)
    with pytest.raises(ProofDoesNotHold):
        verify_look(b"\0" * 32, proof, LEAF)
    with pytest.raises(NotThatLeaf):
        verify_look(key, replace(proof, count=6), LEAF)
    with pytest.raises(NotThatLeaf):
        verify_look(key, proof, Leaf(kind=Kind.ERASE_BATCH, count=5, organ="o", rule="r"))


@given(st.integers(1, 40), st.data())
def test_every_look_of_any_number_is_provable(count: int, data: st.DataObject) -> None:
    key = b"k" * 32
    made = [look_commitment(key, f"{n}", {"at": n}) for n in range(count)]
    place = data.draw(st.integers(0, count - 1))
    leaf = looks_leaf("organ", made)
    proof = LookProof(f"{place}", {"at": place}, place, count, prove_look(made, place))
    verify_look(key, proof, leaf)
    with pytest.raises(ProofDoesNotHold):
        verify_look(key, replace(proof, body={"at": count}), leaf)


def test_a_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        look_nonce(b"short", "1")

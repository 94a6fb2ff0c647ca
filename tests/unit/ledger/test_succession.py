"""A log's last leaf hands it on to the next, and to no other."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.note import KeyType, VerifierKey
from mingma.ledger.succession import (
    SuccessionBroken,
    beginning,
    begins_a_log,
    ends_a_log,
    handed_to,
    verify_beginning,
    verify_line,
    verify_succession,
    vkey_digest,
)

DAY = 19357  # 2022-12-31


def origin(year: int) -> str:
    return f"ledger.henan.example/codes/{year}"


def vkey(year: int, seed: bytes = b"k", name: str = "") -> str:
    key = Ed25519PrivateKey.from_private_bytes(seed * 32).public_key().public_bytes_raw()
    return f"{VerifierKey(name or origin(year), KeyType.ED25519, key)}\n"


def last(year: int, keys: str) -> bytes:
    return Leaf(
        kind=Kind.KEY_ROTATE, organ="410000-hc", what="log",
        origin=origin(year), digest=vkey_digest(keys),
    ).sealed(DAY)  # fmt: skip


def test_the_last_leaf_hands_on_to_the_keys_it_names() -> None:
    two = vkey(2023) + vkey(2023, b"m")
    for keys in (vkey(2023), two):
        assert verify_succession(last(2023, keys), 99, 100, keys) == origin(2023)


@pytest.mark.parametrize(
    ("entry", "index", "keys", "why"),
    [
        (last(2023, vkey(2023)), 98, vkey(2023), "last"),
        (last(2023, vkey(2023)), 99, vkey(2023, b"x"), "digest"),
        (last(2023, vkey(2023)), 99, vkey(2023) + vkey(2023, b"x"), "digest"),
        (last(2023, vkey(2023)), 99, vkey(2024), "origin"),
        (last(2023, vkey(2023)), 99, vkey(2023) + vkey(2024), "origin"),
        (last(2023, vkey(2023)), 99, vkey(2023).strip(), "keys"),
        (last(2023, ""), 99, "", "keys"),
        (last(2023, "x\n"), 99, "x\n", "keys"),
        (Leaf(kind=Kind.KEY_ROTATE, organ="o", what="issuer", digest=b"h" * 32).sealed(DAY),
         99, vkey(2023), "kind"),
        (Leaf(kind=Kind.ERASE_BATCH, organ="o", rule="r", count=1).sealed(DAY),
         99, vkey(2023), "kind"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(entry: bytes, index: int, keys: str, why: str) -> None:
    with pytest.raises(SuccessionBroken) as refused:
        verify_succession(entry, index, 100, keys)
    assert refused.value.details["why"] == why


def test_a_line_of_logs_is_unbroken_from_the_first_to_the_last() -> None:
    steps = [(last(year, vkey(year)), 9, 10, vkey(year)) for year in (2023, 2024, 2025)]
    assert verify_line(steps, origin(2022)) == [origin(year) for year in range(2022, 2026)]
    with pytest.raises(SuccessionBroken, match="origin"):
        verify_line([*steps, steps[0]], origin(2022))  # no log comes back


# -- the first leaf of the next log

FINAL = Checkpoint(origin(2022), 99, b"r" * 32)


def first(final: Checkpoint = FINAL) -> bytes:
    return beginning("410000-hc", final).sealed(DAY)


def test_the_first_leaf_names_the_log_before_it_and_its_last_checkpoint() -> None:
    verify_beginning(first(), 99, FINAL)
    assert begins_a_log(first())
    assert not ends_a_log(first())
    assert handed_to(first()) is None
    assert ends_a_log(last(2023, vkey(2023)))
    assert not begins_a_log(last(2023, vkey(2023)))
    assert handed_to(last(2023, vkey(2023))) == origin(2023)


@pytest.mark.parametrize(
    ("entry", "index", "why"),
    [
        (first(), 98, "first"),
        (first(), 100, "first"),
        (first(Checkpoint(origin(2021), 99, b"r" * 32)), 99, "origin"),
        (first(Checkpoint(origin(2022), 98, b"r" * 32)), 99, "digest"),
        (first(Checkpoint(origin(2022), 99, b"x" * 32)), 99, "digest"),
        (last(2023, vkey(2023)), 99, "kind"),
        (Leaf(kind=Kind.KEY_ROTATE, organ="o", what="issuer", digest=b"h" * 32).sealed(DAY),
         99, "kind"),
        (b"{}", 99, "kind"),
    ],
)  # fmt: skip
def test_a_first_leaf_of_another_log_or_place_is_refused(
    entry: bytes, index: int, why: str
) -> None:
    with pytest.raises(SuccessionBroken) as refused:
        verify_beginning(entry, index, FINAL)
    assert refused.value.details["why"] == why

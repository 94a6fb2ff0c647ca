"""Whether a quorum needs several hierarchies, told from the policy's file alone."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.ledger.independence import Lack, _Tree, house, lacks
from mingma.ledger.note import KeyType
from mingma.ledger.policy import parse_policy
from tests.unit.ledger.hierarchies import ONE_EACH, policy


def lacking(text: bytes) -> set[Lack]:
    return set(lacks(parse_policy(text)))


def test_four_of_five_hierarchies_lack_nothing() -> None:
    assert lacking(policy(ONE_EACH, "4")) == set()


def test_two_of_three_hierarchies_of_two_each_lack_nothing() -> None:
    three = {name: (domain, f"b.{domain}") for name, (domain,) in list(ONE_EACH.items())[:3]}
    assert lacking(policy(three, "2", needs="all")) == set()
    assert lacking(policy(three, "2")) == {Lack.QUORUM}  # one of each is enough: two signatures


def test_what_is_too_few_is_named() -> None:
    four = dict(list(ONE_EACH.items())[:4])
    assert lacking(policy(four, "4")) == {Lack.WITNESSES}
    assert lacking(policy(ONE_EACH, "3")) == {Lack.QUORUM}
    two = {"a": ("a.example",) * 4, "b": ("b.example",)}
    assert lacking(policy(two, "2", needs="all")) == {Lack.HIERARCHIES}
    assert lacking(policy(two, "any", needs="all")) >= {Lack.ALONE}


def test_five_witnesses_of_one_organ_are_none_however_they_are_grouped() -> None:
    own = {f"g{n}": (f"w{n}.hebei.gov.cn",) for n in range(5)}
    assert lacking(policy(own, "4")) == {Lack.ONE_HOUSE}
    logs_own = {**ONE_EACH, "press": ("w.henan.example",)}
    assert lacking(policy(logs_own, "4")) == {Lack.OWN_HOUSE}


def test_a_witness_in_no_hierarchy_is_named() -> None:
    text = policy(ONE_EACH, "4").decode().replace("group press any press-0\n", "")
    assert lacking(text.replace(" press ", " press-0 ").encode()) == {Lack.UNGROUPED}
    head = "\n".join(one for one in text.split("\n") if one.startswith(("log ", "witness ")))
    assert Lack.UNGROUPED in lacking(f"{head}\nquorum audit-0\n".encode())
    assert lacking(f"{head}\nquorum none\n".encode()) >= {Lack.WITNESSES, Lack.QUORUM}


def test_a_witness_s_two_keys_are_one_witness() -> None:
    text = policy(dict(list(ONE_EACH.items())[:3]), "3").decode()
    for name in ("hebei", "hubei", "audit"):
        text = text.replace(f"any {name}-0\n", f"all {name}-0 {name}-0pq\n")
    assert lacking(text.encode()) == {Lack.WITNESSES, Lack.QUORUM}


@pytest.mark.parametrize(
    ("name", "seat"),
    [
        ("witness.command.hebei.example/w1", "hebei.example"),
        ("hebei.gov.cn/x", "hebei.gov.cn"),
        ("a.b.hebei.gov.cn/x", "hebei.gov.cn"),
        ("WITNESS.Press.Example./w", "press.example"),
        ("gov.cn", "gov.cn"),
        ("w1", "w1"),
    ],
)
def test_a_house_is_the_registered_domain(name: str, seat: str) -> None:
    assert house(name) == seat


@given(st.data())
def test_no_quorum_is_smaller_than_what_is_reckoned(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 2), min_size=1, max_size=4))
    groups = {f"g{n}": (f"g{n}.example",) * size for n, size in enumerate(sizes)}
    needs = data.draw(st.sampled_from(["any", "all"]))
    found = parse_policy(policy(groups, str(data.draw(st.integers(1, len(sizes)))), needs=needs))
    keys = [one.key for one in found.witnesses if one.key.type is KeyType.ED25519_COSIGNATURE]
    least = next(
        size
        for size in range(len(keys) + 1)
        if any(found.is_met_by(some) for some in itertools.combinations(keys, size))
    )
    assert _Tree(found).least(found.quorum, set()) == least

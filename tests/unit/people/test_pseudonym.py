"""A pseudonym says nothing without its key, and nothing past `people` sees a number."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import hmac
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.evidence.channels import CHANNELS
from mingma.evidence.model import Fact
from mingma.kernel.canonical import b64url
from mingma.people.identity import Identity, IdentityType
from mingma.people.mask import last_four
from mingma.people.provisional import MergeRecord, SplitRecord, provisional_ref, read_provisional
from mingma.people.pseudonym import REF_LENGTH, WrongKey, keyed_hash, person_ref
from tests.paths import SOURCE

KEY = bytes(range(32))
PASSPORT = Identity(IdentityType.PASSPORT, "E12345678")


def test_equal_papers_have_equal_names_and_another_type_another() -> None:
    same = Identity(IdentityType.PASSPORT, "E12345678")
    other = Identity(IdentityType.TAIWAN_PERMIT, "E12345678")
    assert person_ref(PASSPORT, KEY) == person_ref(same, KEY)
    assert person_ref(PASSPORT, KEY) != person_ref(other, KEY)


def test_another_key_gives_another_name() -> None:
    assert person_ref(PASSPORT, KEY) != person_ref(PASSPORT, bytes(32))


def test_the_name_is_an_hmac_over_label_type_and_number() -> None:
    parts = [b"mingma/person/v1", b"passport", b"E12345678"]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    expected = "p" + b64url(hmac.new(KEY, message, hashlib.sha256).digest())
    assert person_ref(PASSPORT, KEY) == expected


@given(st.sampled_from(list(IdentityType)), st.text(max_size=40))
def test_every_name_has_one_length_and_safe_characters(type_: IdentityType, number: str) -> None:
    ref = person_ref(Identity(type_, number), KEY)
    assert re.fullmatch(rf"p[A-Za-z0-9_-]{{{REF_LENGTH - 1}}}", ref)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_no_two_lists_of_parts_read_alike(one: list[str], other: list[str]) -> None:
    assert (keyed_hash(KEY, b"x", *one) == keyed_hash(KEY, b"x", *other)) == (one == other)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_our_fault_and_names_nobody(key: bytes) -> None:
    with pytest.raises(WrongKey):
        person_ref(PASSPORT, key)


def test_a_person_and_a_provisional_identity_never_share_a_name() -> None:
    known = read_provisional("张三丰", "13912345678")
    ref = provisional_ref(known, KEY)
    assert ref[0] == "v"
    assert len(ref) == REF_LENGTH
    # Without the letter in front the labels still keep them apart.
    assert ref[1:] != keyed_hash(KEY, b"mingma/person/v1", known.name, known.reach)


def test_the_last_four_are_all_a_gate_sees() -> None:
    assert last_four(Identity(IdentityType.RESIDENT_ID, "11010519491231002X")) == "002X"


def test_a_fact_has_no_place_for_an_identity() -> None:
    names = {"identity", "id_number", "number", "name", "phone", "reach", "mobile", "passport"}
    assert not names & set(Fact.__struct_fields__)
    # A trip's `number` is the train's or the flight's.
    found = {c.kind: names & {f.name for f in msgspec.structs.fields(c)} for c in CHANNELS}
    assert {kind: named for kind, named in found.items() if named} == {"trip": {"number"}}


def test_merges_and_splits_have_no_place_for_an_identity() -> None:
    fields = {f.name for record in (MergeRecord, SplitRecord) for f in dataclasses.fields(record)}
    assert not fields & {"identity", "number", "name", "phone", "reach"}


# Who may handle a paper's number: people, and the edges where it comes in. Everybody else knows
# pseudonyms only.
PAPERS = {"mingma.people.identity", "mingma.people.reach", "mingma.people.names"}
BLIND = """
kernel authority ledger areas tracing rules codes appeals exchange oversight storage
""".split()


def test_nothing_past_people_reads_a_number() -> None:
    files = [file for part in BLIND for file in sorted((SOURCE / part).rglob("*.py"))]
    files += sorted((SOURCE / "evidence").glob("*.py"))
    for folder in ("areas", "channels"):
        files += sorted((SOURCE / "evidence" / folder).glob("*.py"))
    strangers = [
        f"{file.relative_to(SOURCE)} imports {node.module}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in PAPERS
    ]
    assert len(files) > 20
    assert strangers == []

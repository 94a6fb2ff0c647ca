"""Leaves that say the same of other events are judged alike, and nothing else passes for one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Final
from unittest import mock

import pytest

from mingma.ledger.alike import words_of
from mingma.ledger.audit_emergencies import ONE_SEAL
from mingma.ledger.leaf import Kind
from mingma.ledger.skim import skim
from tests.unit.ledger.written import GOOD, U1, Made, found

WORDED: Final = [entry for entry in GOOD if words_of(entry)[0]]
RULE: Final = "cn-x/HA-R3"


def test_leaves_of_other_events_have_the_same_words_and_each_its_tag(log: Made) -> None:
    red, other, green = (log.entries[log.decision(after=to)] for to in ("red", "red", "green"))
    assert words_of(red)[0] == words_of(other)[0] != words_of(green)[0]
    assert words_of(other)[1] == skim(other)[1]["s"] != words_of(red)[1]
    assert {Kind.DECISION, Kind.ENROL, Kind.VIEW_RECORD} < {skim(one)[0] for one in WORDED}


def test_a_leaf_that_refers_to_another_has_no_words(log: Made) -> None:
    for index in (log.emergency(), log.mark(RULE), log.decision(answers=0)):
        assert words_of(log.entries[index]) == ((), None)


@pytest.mark.parametrize("entry", WORDED)
def test_what_has_the_words_of_a_leaf_is_a_leaf_and_says_the_same(entry: bytes) -> None:
    (_, before), (words, _) = skim(entry), words_of(entry)
    digits = 0
    for at, put in product(
        range(len(entry)), (b"", b"A", b"B", b"w", b"_", b"+", b'"', b"\n", b"AA")
    ):
        changed = entry[:at] + put + entry[at + 1 :]
        if changed == entry or words_of(changed)[0] != words:
            continue
        _, fields = skim(changed)
        assert words_of(changed) == (words, fields.get("s"))
        assert fields | {"c": b"", "s": b""} == before | {"c": b"", "s": b""}
        digits += 1
    assert digits > 100  # of a commitment, and of a tag, any may be another


Step = Callable[[Made], object]
JUDGED: Final[tuple[Step, ...]] = (
    lambda log: log.add(Kind.ENROL),
    lambda log: log.add(Kind.FALL, before="red", after="green"),
    lambda log: log.add(Kind.VIEW_RECORD, commitment=b"c" * 32, count=3),
    lambda log: log.decision("red", "green"),
    lambda log: log.decision(rule=None),
    lambda log: log.decision(rule=0),
    lambda log: log.decision(rule=RULE),
    lambda log: log.decision(officer=U1),
    lambda log: log.decision(answers=2),
)
CHANGES: Final[dict[str, Step]] = {
    "nothing": lambda _: None,
    "tomorrow": lambda log: setattr(log, "day", log.day + 1),
    "yesterday": lambda log: setattr(log, "day", log.day - 1),
    "published": lambda log: log.rule(RULE),
    "withdrawn": lambda log: log.add(Kind.RULE_WITHDRAW, answers=0, rule=RULE),
    "declared": lambda log: log.emergency(),
    "ended": lambda log: log.add(Kind.EMERGENCY_END, answers=1),
    "marked": lambda log: log.mark(RULE),
    "appealed": lambda log: log.add(Kind.APPEAL_OPEN, answers=2),
    "the log ends": lambda log: log.add(
        Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="ledger.x/2"
    ),
    "unreadable": lambda log: log.entries.append(b'{"c":"' + b"!" * 43 + log.entries[-1][49:]),
    "the same tags": lambda log: log.entries.extend(log.entries[-9:]),
    "a whole seal": lambda log: log.entries.extend(log.entries[-1:] * ONE_SEAL),
}


@pytest.mark.parametrize("first", CHANGES)
def test_an_audit_that_knows_words_finds_what_one_finds_that_does_not(first: str) -> None:
    for second in CHANGES:
        log = Made()
        log.rule(RULE)
        log.emergency()
        for change in ("nothing", first, second):
            CHANGES[change](log)
            for judged in JUDGED * 2:
                judged(log)
        with mock.patch("mingma.ledger.audit.words_of", return_value=((), None)):
            slowly = found(log.entries)
        assert found(log.entries) == slowly, second


def test_leaves_of_known_words_are_not_read_again(
    log: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def reading(entry: bytes) -> object:
        read.append(entry)
        return skim(entry)

    monkeypatch.setattr("mingma.ledger.audit.skim", reading)
    for _ in range(99):
        log.add(Kind.ENROL)
        log.decision()
        log.mark("cn-x/other")
    assert log.findings() == []
    assert len(read) - 198 < 10  # a mark's two leaves refer to others, or hang on a power

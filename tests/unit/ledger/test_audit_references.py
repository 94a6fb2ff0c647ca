"""A leaf refers to an earlier one that it can answer, and nobody decides alone."""

from __future__ import annotations

from typing import Any

import pytest

from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import U1, Made, words


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.DECISION, {"answers": 5, "before": "red", "after": "green"}),
        (Kind.DECISION, {"batch": 5, "before": "red", "after": "green"}),
        (Kind.DECISION, {"rule": 5, "before": "red", "after": "green"}),
        (Kind.RULE_WITHDRAW, {"answers": 4, "rule": "x"}),
        (Kind.APPEAL_OPEN, {"answers": 6}),
    ],
)
def test_an_index_that_points_forward_or_at_itself_is_found(
    log: Made, kind: Kind, fields: dict[str, Any]
) -> None:
    for _ in range(3):
        log.add(Kind.ENROL)
    log.add(kind, **fields)
    [one] = log.findings()
    about = next(value for name, value in fields.items() if name in {"answers", "batch", "rule"}
                 and isinstance(value, int))  # fmt: skip
    assert one == Finding(4, Wrong.POINTS_FORWARD, about)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.MARK_APPROVE, {"rule": "x", "grant": "checker", "officer": U1}),
        (Kind.MARK_REVOKE, {}),
        (Kind.MARK_EXPIRE, {}),
        (Kind.RULE_WITHDRAW, {"rule": "x"}),
        (Kind.APPEAL_OPEN, {}),
        (Kind.APPEAL_LAPSE, {}),
        (Kind.APPEAL_DECIDE, {"grant": "appeal_officer", "officer": U1}),
        (Kind.EMERGENCY_END, {}),
    ],
)
def test_an_index_of_a_leaf_of_another_kind_is_found(
    log: Made, kind: Kind, fields: dict[str, Any]
) -> None:
    enrolled = log.add(Kind.ENROL)
    if "grant" in fields:
        fields = {**fields, "grant": log.power(fields["grant"])}
    index = log.add(kind, answers=enrolled, **fields)
    assert log.findings() == [Finding(index, Wrong.WRONG_KIND, enrolled, "enrol")]


def test_a_power_and_a_batch_that_are_none_are_found(log: Made) -> None:
    grant = log.power()
    said: dict[str, Any] = {"rule": "x", "officer": U1}
    opened = log.add(Kind.BATCH_OPEN, commitment=b"c" * 32, grant=grant, count=100, **said)
    good = log.add(Kind.MARK_PROPOSE, grant=grant, batch=opened, **said)
    bad = log.add(Kind.MARK_PROPOSE, grant=0, batch=grant, **said)
    assert (good, words(log)) == (bad - 1, [(bad, Wrong.WRONG_KIND), (bad, Wrong.WRONG_KIND)])


def test_an_index_of_a_leaf_that_nobody_can_read_is_one_of_the_wrong_kind(log: Made) -> None:
    log.entries.append(b"?")
    log.add(Kind.APPEAL_OPEN, answers=1)
    assert words(log) == [(1, Wrong.UNREADABLE), (2, Wrong.WRONG_KIND)]


def test_an_officer_who_decides_without_an_approved_act_is_found(log: Made) -> None:
    rule = log.rule()
    approved = log.mark(rule)
    log.decision(rule=rule, officer=U1, answers=approved)
    alone = log.decision(rule=rule, officer=U1)
    proposed = log.decision(rule=rule, grant=log.power("checker"), answers=approved - 1)
    assert words(log) == [(alone, Wrong.OFFICER_ALONE), (proposed, Wrong.OFFICER_ALONE)]

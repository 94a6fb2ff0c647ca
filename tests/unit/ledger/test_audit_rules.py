"""Rules are named, published before they are used, and not used after their withdrawal."""

from __future__ import annotations

from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import Made, words


def test_a_rule_used_after_its_withdrawal_is_found(log: Made) -> None:
    rule = log.rule()
    log.decision(rule=rule)
    log.add(Kind.RULE_WITHDRAW, answers=rule, rule=rule)
    late, named = log.decision(rule=rule), log.decision(rule="cn-x/HA-R3")
    assert log.findings() == [
        Finding(late, Wrong.RULE_WITHDRAWN, rule),
        Finding(named, Wrong.RULE_WITHDRAWN, rule),
    ]
    log.rule()  # published again
    log.decision(rule="cn-x/HA-R3")
    assert len(log.findings()) == 2


def test_a_rule_used_before_it_was_published_is_found(log: Made) -> None:
    used = log.decision(rule="cn-x/HA-R3")
    log.decision(rule="cn-x/HA-R3")
    log.decision(rule="cn-x/HA-R9")
    rule = log.rule("cn-x/HA-R3")
    assert log.findings() == [Finding(used, Wrong.RULE_TOO_LATE, rule, "cn-x/HA-R3")]


def test_a_worse_colour_without_a_rule_is_found(log: Made) -> None:
    index = log.decision(rule=None)
    assert words(log) == [(index, Wrong.RULE_MISSING)]

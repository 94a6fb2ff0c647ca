"""Marks are approved by another organ and officer, under the rule they were proposed under."""

from __future__ import annotations

from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind
from tests.unit.ledger.written import ORGAN, OTHER, U1, U2, U3, Made, words


def test_an_approver_of_the_proposer_s_organ_or_with_his_pseudonym_is_found(log: Made) -> None:
    rule = log.rule()
    log.mark(rule)
    assert log.findings() == []
    own = log.mark(rule, organ=ORGAN)
    self_made = log.mark(rule, U3, U3)
    assert words(log) == [(own, Wrong.SAME_ORGAN), (self_made, Wrong.SAME_OFFICER)]


def test_an_approval_under_another_rule_than_its_proposal_s_is_found(log: Made) -> None:
    one, other = log.rule(), log.rule("cn-x/HA-R4")
    proposed = log.add(Kind.MARK_PROPOSE, rule=one, grant=log.power(), officer=U1)
    grant, said = log.power("checker", OTHER), {"answers": proposed, "organ": OTHER}
    approved = log.add(Kind.MARK_APPROVE, rule=other, grant=grant, officer=U2, **said)
    assert log.findings() == [Finding(approved, Wrong.OTHER_PROPOSAL, proposed)]

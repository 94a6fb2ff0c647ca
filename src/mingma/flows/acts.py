"""Which file does which act: the one table behind the door.

An act that is not here is not done; one that nobody has (`never`) is refused by the policies.
"""

from __future__ import annotations

from typing import Final

from mingma.authority.acts import Act
from mingma.flows import (
    activate_rule,
    agree_key,
    answer_appeal,
    approve_act,
    break_glass,
    declare_emergency_act,
    draft_rule,
    draw_sample,
    file_for,
    gate_look,
    give_grant,
    name_guardian,
    objection,
    open_case,
    order_isolation,
    place_policy,
    propose_act,
    propose_area,
    publish_rule,
    put_roster,
    replace_passkey,
    report_observation,
    see_proposal,
    see_record,
    unseal,
)
from mingma.flows.act_case import Prepare

HANDLERS: Final[dict[Act, Prepare]] = {
    Act.GIVE_GRANT: give_grant.prepare,
    Act.END_GRANT: give_grant.prepare_end,
    Act.REPLACE_PASSKEY: replace_passkey.prepare,
    Act.PUT_ROSTER: put_roster.prepare,
    Act.PROPOSE_CONTACTS: propose_act.prepare,
    Act.PROPOSE_NOTICE: propose_act.prepare,
    Act.PROPOSE_MARK: propose_act.prepare,
    Act.PROPOSE_RELEASE: propose_act.prepare,
    Act.APPROVE: approve_act.prepare,
    Act.APPROVE_SECOND: approve_act.prepare,
    Act.APPROVE_RELEASE: approve_act.prepare_release,
    Act.SEE_PROPOSAL: see_proposal.prepare,
    Act.OBJECT: objection.prepare,
    Act.DECLARE_EMERGENCY: declare_emergency_act.prepare_declaration,
    Act.RENEW_EMERGENCY: declare_emergency_act.prepare_renewal,
    Act.END_EMERGENCY: declare_emergency_act.prepare_end,
    Act.DRAW_SAMPLE: draw_sample.prepare,
    Act.READ_AUDIT: unseal.prepare_consent,
    Act.UNSEAL: unseal.prepare,
    Act.FILE_FOR: file_for.prepare,
    Act.NAME_GUARDIAN: name_guardian.prepare,
    Act.ANSWER_APPEAL: answer_appeal.prepare,
    Act.REVIEW_INFECTION: answer_appeal.prepare,
    Act.CHECK_CODE: gate_look.prepare_code,
    Act.CARD_LOOKUP: gate_look.prepare_card,
    Act.REPORT_OBSERVATION: report_observation.prepare,
    Act.SEE_REASON: see_record.prepare_reason,
    Act.SEE_RECORD: see_record.prepare_record,
    Act.SEE_VISITS: see_record.prepare_visits,
    Act.BREAK_GLASS: break_glass.prepare,
    Act.REVIEW_LOOK: break_glass.prepare_review,
    Act.ORDER_ISOLATION: order_isolation.prepare,
    Act.END_ORDER: order_isolation.prepare_end,
    Act.PROPOSE_AREA: propose_area.prepare,
    Act.APPROVE_AREA: propose_area.prepare_approval,
    Act.OPEN_CASE: open_case.prepare,
    Act.DRAFT_RULE: draft_rule.prepare_draft,
    Act.APPROVE_RULE: publish_rule.prepare_approval,
    Act.ACTIVATE_RULE: activate_rule.prepare,
    Act.WITHDRAW_RULE: publish_rule.prepare_withdrawal,
    Act.ROTATE_KEY: agree_key.prepare,
    Act.DRAFT_PLACE_POLICY: place_policy.prepare_draft,
    Act.APPROVE_PLACE_POLICY: place_policy.prepare_approval,
}

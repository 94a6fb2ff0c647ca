"""Everything that can be done to, for or with somebody's code by anyone: a closed list of acts.

Acts stand in groups, and the rails that no later permit may undo hang on the groups, never on a
list of acts (ACCOUNTABILITY section 8, trap 2): a new act joins its group and every rail holds for
it at once. Authority knows an act by its name and the digest of what is done; colours and rules
reach it only as facts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """A group of acts, as the policies name it."""

    STAFF = "staff"  # done by an officer under a grant
    SIGNED = "signed"  # and signed with a passkey, freshly
    LOCAL = "local"  # and only within the organ's region
    COLOUR = "colour"  # colour power: can end in somebody's worse code
    APPROVAL = "approval"
    BY_LOT = "by_lot"  # by whom the lot fell on
    LOOK = "look"
    APPEAL = "appeal"
    RELEASE = "release"
    RULE = "rule"
    GRANT = "grant"
    EMERGENCY = "emergency"
    ORDER = "order"
    PLACE = "place"
    AUDIT = "audit"
    OPERATIONS = "operations"
    OWN = "own"  # a citizen's own
    PUBLIC = "public"
    NEVER = "never"  # nobody has these


class Act(StrEnum):
    """One act."""

    PROPOSE_MARK = "propose_mark"
    PROPOSE_CONTACTS = "propose_contacts"
    PROPOSE_NOTICE = "propose_notice"
    PROPOSE_AREA = "propose_area"
    OPEN_CASE = "open_case"
    APPROVE = "approve"
    APPROVE_SECOND = "approve_second"
    APPROVE_AREA = "approve_area"
    EXECUTE = "execute"
    RECOGNISE = "recognise"
    BRING_IN = "bring_in"
    REPORT_OBSERVATION = "report_observation"
    PROPOSE_RELEASE = "propose_release"
    APPROVE_RELEASE = "approve_release"
    FILE_FOR = "file_for"
    NAME_GUARDIAN = "name_guardian"
    ANSWER_APPEAL = "answer_appeal"
    REVIEW_INFECTION = "review_infection"
    CHECK_CODE = "check_code"
    CARD_LOOKUP = "card_lookup"
    SEE_REASON = "see_reason"
    SEE_RECORD = "see_record"
    SEE_VISITS = "see_visits"
    BREAK_GLASS = "break_glass"
    REVIEW_LOOK = "review_look"
    DRAFT_RULE = "draft_rule"
    APPROVE_RULE = "approve_rule"
    ACTIVATE_RULE = "activate_rule"
    WITHDRAW_RULE = "withdraw_rule"
    DRAFT_PLACE_POLICY = "draft_place_policy"
    APPROVE_PLACE_POLICY = "approve_place_policy"
    HOLD_CEREMONY = "hold_ceremony"
    GIVE_GRANT = "give_grant"
    END_GRANT = "end_grant"
    REPLACE_PASSKEY = "replace_passkey"
    PUT_ROSTER = "put_roster"
    SEE_PROPOSAL = "see_proposal"
    OBJECT = "object"
    DECLARE_EMERGENCY = "declare_emergency"
    RENEW_EMERGENCY = "renew_emergency"
    END_EMERGENCY = "end_emergency"
    ORDER_ISOLATION = "order_isolation"
    END_ORDER = "end_order"
    READ_AUDIT = "read_audit"
    DRAW_SAMPLE = "draw_sample"
    UNSEAL = "unseal"
    ROTATE_KEY = "rotate_key"
    RESTORE_BACKUP = "restore_backup"
    SHOW_OWN_CODE = "show_own_code"
    READ_OWN_HISTORY = "read_own_history"
    READ_OWN_LOOKS = "read_own_looks"
    READ_OWN_CHECK_INS = "read_own_check_ins"
    DISOWN_CHECK_IN = "disown_check_in"
    FILE_APPEAL = "file_appeal"
    WITHDRAW_APPEAL = "withdraw_appeal"
    READ_PUBLIC_LOG = "read_public_log"
    SET_COLOUR = "set_colour"
    IMPORT_IDENTITY_LIST = "import_identity_list"
    EXPORT_PEOPLE = "export_people"
    RUN_SQL = "run_sql"
    DELETE_LOG = "delete_log"


# Groups that lie in other groups: what is signed is done by staff, and so on.
WITHIN: Final[dict[Group, tuple[Group, ...]]] = {
    Group.SIGNED: (Group.STAFF,),
    Group.LOCAL: (Group.STAFF,),
    Group.COLOUR: (Group.SIGNED, Group.LOCAL),
    Group.BY_LOT: (Group.APPROVAL,),
    Group.LOOK: (Group.STAFF,),
    Group.APPEAL: (Group.SIGNED,),
    Group.RELEASE: (Group.SIGNED,),
    Group.RULE: (Group.SIGNED, Group.LOCAL),
    Group.GRANT: (Group.SIGNED, Group.LOCAL),
    Group.EMERGENCY: (Group.SIGNED, Group.LOCAL),
    Group.ORDER: (Group.SIGNED, Group.LOCAL),
    Group.PLACE: (Group.SIGNED, Group.LOCAL),
    Group.AUDIT: (Group.SIGNED,),
    Group.OPERATIONS: (Group.SIGNED,),
}

_A, _G = Act, Group
DIRECT: Final[dict[Act, tuple[Group, ...]]] = {
    _A.PROPOSE_MARK: (_G.COLOUR,),
    _A.PROPOSE_CONTACTS: (_G.COLOUR,),
    _A.PROPOSE_NOTICE: (_G.COLOUR,),
    _A.PROPOSE_AREA: (_G.COLOUR,),
    _A.OPEN_CASE: (_G.COLOUR,),
    _A.APPROVE: (_G.COLOUR, _G.BY_LOT),
    _A.APPROVE_SECOND: (_G.COLOUR, _G.BY_LOT),
    _A.APPROVE_AREA: (_G.COLOUR, _G.BY_LOT),
    _A.EXECUTE: (_G.COLOUR,),
    _A.RECOGNISE: (_G.COLOUR,),
    _A.BRING_IN: (),
    _A.REPORT_OBSERVATION: (_G.STAFF,),
    _A.PROPOSE_RELEASE: (_G.RELEASE,),
    _A.APPROVE_RELEASE: (_G.RELEASE, _G.APPROVAL, _G.LOCAL),
    _A.FILE_FOR: (_G.APPEAL,),
    _A.NAME_GUARDIAN: (_G.SIGNED,),
    _A.ANSWER_APPEAL: (_G.APPEAL,),
    _A.REVIEW_INFECTION: (_G.APPEAL,),
    _A.CHECK_CODE: (_G.LOOK,),
    _A.CARD_LOOKUP: (_G.LOOK,),
    _A.SEE_REASON: (_G.LOOK, _G.SIGNED),
    _A.SEE_RECORD: (_G.LOOK, _G.SIGNED, _G.LOCAL),
    _A.SEE_VISITS: (_G.LOOK, _G.SIGNED, _G.LOCAL),
    _A.BREAK_GLASS: (_G.LOOK, _G.SIGNED),
    _A.REVIEW_LOOK: (_G.AUDIT,),
    _A.DRAFT_RULE: (_G.RULE,),
    _A.APPROVE_RULE: (_G.RULE, _G.APPROVAL),
    _A.ACTIVATE_RULE: (_G.RULE,),
    _A.WITHDRAW_RULE: (_G.RULE,),
    _A.DRAFT_PLACE_POLICY: (_G.PLACE,),
    _A.APPROVE_PLACE_POLICY: (_G.PLACE, _G.APPROVAL),
    _A.HOLD_CEREMONY: (),
    _A.GIVE_GRANT: (_G.GRANT,),
    _A.END_GRANT: (_G.GRANT,),
    _A.REPLACE_PASSKEY: (_G.GRANT,),
    _A.PUT_ROSTER: (_G.SIGNED, _G.LOCAL),
    _A.SEE_PROPOSAL: (_G.SIGNED, _G.LOCAL),
    _A.OBJECT: (_G.SIGNED, _G.LOCAL),
    _A.DECLARE_EMERGENCY: (_G.EMERGENCY,),
    _A.RENEW_EMERGENCY: (_G.EMERGENCY,),
    _A.END_EMERGENCY: (_G.EMERGENCY,),
    _A.ORDER_ISOLATION: (_G.ORDER,),
    _A.END_ORDER: (_G.ORDER,),
    _A.READ_AUDIT: (_G.AUDIT,),
    _A.DRAW_SAMPLE: (_G.AUDIT,),
    _A.UNSEAL: (_G.AUDIT,),
    _A.ROTATE_KEY: (_G.OPERATIONS,),
    _A.RESTORE_BACKUP: (_G.OPERATIONS,),
    _A.SHOW_OWN_CODE: (_G.OWN,),
    _A.READ_OWN_HISTORY: (_G.OWN,),
    _A.READ_OWN_LOOKS: (_G.OWN,),
    _A.READ_OWN_CHECK_INS: (_G.OWN,),
    _A.DISOWN_CHECK_IN: (_G.OWN,),
    _A.FILE_APPEAL: (_G.OWN,),
    _A.WITHDRAW_APPEAL: (_G.OWN,),
    _A.READ_PUBLIC_LOG: (_G.PUBLIC,),
    _A.SET_COLOUR: (_G.NEVER,),
    _A.IMPORT_IDENTITY_LIST: (_G.NEVER,),
    _A.EXPORT_PEOPLE: (_G.NEVER,),
    _A.RUN_SQL: (_G.NEVER,),
    _A.DELETE_LOG: (_G.NEVER,),
}


def groups_of(act: Act) -> frozenset[Group]:
    """Every group an act lies in, directly or through another group."""
    found: set[Group] = set()
    ahead = list(DIRECT[act])
    while ahead:
        group = ahead.pop()
        if group not in found:
            found.add(group)
            ahead += WITHIN.get(group, ())
    return frozenset(found)


def acts_in(group: Group) -> frozenset[Act]:
    """Every act of a group."""
    return frozenset(act for act in Act if group in groups_of(act))

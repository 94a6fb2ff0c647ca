"""The table of powers: who may do what, and under which conditions.

The policies decide (policies/mingma.cedar); this is the same table in words, a row for each permit
under its id, from which docs/powers.md is made; `rails` has the rows of what no permit can undo.
Tests hold the two equal: the ids, and post by act what the engine allows. Follows PIPL 33 to 37 (an
organ acts within its statutory powers) and ACCOUNTABILITY sections 1, 4 and 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.organs import Level
from mingma.authority.posts import Post


@dataclass(frozen=True, slots=True)
class Power:
    """One permit: the posts that have the acts, at which levels, and what they must show besides.

    `by` names a holder that is no officer.
    """

    policy: str
    posts: tuple[Post, ...]
    acts: tuple[Act, ...]
    levels: tuple[Level, ...] = ()
    needs: str = ""
    by: str = ""


_HIGH: Final = (Level.PROVINCE, Level.NATIONAL)
_OWN_DRAFT: Final = "the officer is its maker; it is a draft"
_P, _A = Post, Act
POWERS: Final = (
    Power(
        "P01-propose",
        (_P.INVESTIGATOR,),
        (_A.PROPOSE_MARK, _A.PROPOSE_CONTACTS, _A.PROPOSE_NOTICE),
        needs=_OWN_DRAFT,
    ),
    Power("P02-open-case", (_P.INVESTIGATOR,), (_A.OPEN_CASE,)),
    Power("P03-propose-area", (_P.INVESTIGATOR,), (_A.PROPOSE_AREA,), needs=_OWN_DRAFT),
    Power("P04-approve", (_P.CHECKER,), (_A.APPROVE,), needs="it is a draft"),
    Power(
        "P05-approve-second",
        (_P.CHECKER,),
        (_A.APPROVE_SECOND,),
        needs="the first approval is there; one of the two is of province or national level",
    ),
    Power(
        "P06-approve-area",
        (_P.CHECKER,),
        (_A.APPROVE_AREA,),
        needs="of province or national level while it is a draft; or such a one approved before",
    ),
    Power("P07-execute", (_P.EXECUTOR,), (_A.EXECUTE,)),
    Power("P08-execute-service", (), (_A.EXECUTE,), by="service `executor`"),
    Power("P09-recognise", (), (_A.RECOGNISE,), by="service `recognition`"),
    Power(
        "P10-bring-in",
        (),
        (_A.BRING_IN,),
        by="source of a laboratory, hospital, health commission, CDC, carrier or border post",
    ),
    Power(
        "P11-observation",
        (_P.OBSERVER, _P.GATE_GUARD, _P.COMMUNITY_WORKER),
        (_A.REPORT_OBSERVATION,),
        needs="an observation gives no colour by itself",
    ),
    Power(
        "P12-propose-release",
        (_P.INVESTIGATOR, _P.COMMUNITY_WORKER, _P.HOTLINE_AGENT),
        (_A.PROPOSE_RELEASE,),
        needs=_OWN_DRAFT,
    ),
    Power(
        "P13-approve-release", (_P.APPEAL_OFFICER,), (_A.APPROVE_RELEASE,), needs="it is a draft"
    ),
    Power(
        "P14-file-for",
        (_P.COMMUNITY_WORKER, _P.HOTLINE_AGENT),
        (_A.FILE_FOR,),
        needs="the person asked for it",
    ),
    Power(
        "P15-answer-appeal",
        (_P.APPEAL_OFFICER,),
        (_A.ANSWER_APPEAL,),
        needs="no laboratory-confirmed infection is in question",
    ),
    Power(
        "P16-review-infection",
        (_P.APPEAL_OFFICER,),
        (_A.REVIEW_INFECTION,),
        needs="of a health organ; a laboratory-confirmed infection is in question",
    ),
    Power("P17-check-code", (_P.GATE_GUARD,), (_A.CHECK_CODE,), needs="a token was shown"),
    Power("P18-card-lookup", (_P.GATE_GUARD,), (_A.CARD_LOOKUP,), needs="the reader read a card"),
    Power(
        "P19-see-reason",
        (_P.HOTLINE_AGENT, _P.COMMUNITY_WORKER),
        (_A.SEE_REASON,),
        needs="the caller is known to be the person",
    ),
    Power("P20-see-record", (_P.INVESTIGATOR, _P.APPEAL_OFFICER), (_A.SEE_RECORD,)),
    Power(
        "P21-see-visits",
        (_P.INVESTIGATOR,),
        (_A.SEE_VISITS,),
        needs="the venue meets the window of the case",
    ),
    Power("P22-break-glass", (_P.INVESTIGATOR,), (_A.BREAK_GLASS,), needs="a reason is given"),
    Power("P23-review-look", (_P.AUDITOR,), (_A.REVIEW_LOOK,)),
    Power("P24-draft-rule", (_P.RULE_AUTHOR,), (_A.DRAFT_RULE,), _HIGH, _OWN_DRAFT),
    Power("P25-approve-rule", (_P.RULE_APPROVER,), (_A.APPROVE_RULE,), _HIGH, "it is a draft"),
    Power("P26-activate-rule", (_P.EXECUTOR,), (_A.ACTIVATE_RULE,)),
    Power("P27-withdraw-rule", (_P.RULE_APPROVER,), (_A.WITHDRAW_RULE,), _HIGH),
    Power("P28-draft-place-policy", (_P.RULE_AUTHOR,), (_A.DRAFT_PLACE_POLICY,), _HIGH, _OWN_DRAFT),
    Power(
        "P29-approve-place-policy",
        (_P.RULE_APPROVER,),
        (_A.APPROVE_PLACE_POLICY,),
        _HIGH,
        "it is a draft",
    ),
    Power("P30-ceremony", (_P.REGISTRAR,), (_A.HOLD_CEREMONY,), needs="signed with a passkey"),
    Power("P31-grant", (_P.REGISTRAR,), (_A.GIVE_GRANT, _A.END_GRANT)),
    Power("P32-replace-passkey", (_P.REGISTRAR,), (_A.REPLACE_PASSKEY,)),
    Power(
        "P33-emergency",
        (_P.COMMANDER,),
        (_A.DECLARE_EMERGENCY, _A.RENEW_EMERGENCY, _A.END_EMERGENCY),
        _HIGH,
    ),
    Power("P34-order-isolation", (_P.INVESTIGATOR,), (_A.ORDER_ISOLATION,)),
    Power(
        "P35-end-order",
        (_P.INVESTIGATOR, _P.APPEAL_OFFICER, _P.COMMUNITY_WORKER),
        (_A.END_ORDER,),
    ),
    Power("P36-audit", (_P.AUDITOR,), (_A.READ_AUDIT, _A.DRAW_SAMPLE)),
    Power("P37-unseal", (_P.AUDITOR,), (_A.UNSEAL,)),
    Power(
        "P38-operate",
        (_P.EXECUTOR,),
        (_A.ROTATE_KEY, _A.RESTORE_BACKUP),
        needs="of the data bureau",
    ),
    Power("P39-public-log", tuple(Post), (_A.READ_PUBLIC_LOG,), by="everybody"),
    Power(
        "P40-own",
        (),
        tuple(act for act in Act if act in acts_in(Group.OWN)),
        by="the person herself",
    ),
    Power(
        "P41-guardian",
        (),
        tuple(act for act in Act if act in acts_in(Group.OWN)),
        by="her guardian, while she is under fourteen",
    ),
    Power(
        "P42-family",
        (),
        (_A.SHOW_OWN_CODE, _A.FILE_APPEAL, _A.WITHDRAW_APPEAL),
        by="a family member with her dated receipt",
    ),
    Power("P43-helper", (), (_A.FILE_APPEAL,), by="a helper with her receipt of that day"),
    Power("P44-roster", (_P.REGISTRAR, _P.COMMANDER), (_A.PUT_ROSTER,)),
    Power("P45-see-proposal", (_P.CHECKER, _P.APPEAL_OFFICER), (_A.SEE_PROPOSAL,)),
    Power(
        "P46-object",
        (_P.INVESTIGATOR, _P.CHECKER),
        (_A.OBJECT,),
        needs="a grant of any act of colour is enough: no registrar withholds it",
    ),
    Power(
        "P47-name-guardian",
        (_P.COMMUNITY_WORKER,),
        (_A.NAME_GUARDIAN,),
        needs="both papers are shown; the child is under fourteen",
    ),
)


@dataclass(frozen=True, slots=True)
class Closed:
    """What is written and has no door: the file in `flows`, and why nobody may do it yet."""

    flow: str
    zh: str
    en: str


CLOSED: Final = (
    Closed(
        "link_identities",
        "把只知姓名电话的身份并入某人,会把并非本人名下的事实带给她:须同赋码一样提出、抽签复核、留叶、告知本人;在此之前任何人、任何服务都不得办理",
        "merging an identity known by name and telephone into a person brings her facts that were "
        "never about her paper: it owes proposal, lot, leaf and notice as a mark does, and until "
        "it is such an act no officer and no service does it",
    ),
)


def acts_of(post: Post) -> frozenset[Act]:
    """Every act that some policy permits to a post: what can be granted to it."""
    return frozenset(act for power in POWERS if post in power.posts for act in power.acts)


def powers_over(act: Act) -> Sequence[Power]:
    """The permits of an act."""
    return [power for power in POWERS if act in power.acts]

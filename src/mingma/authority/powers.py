"""The table of powers: who may do what, under which conditions, and what is refused and why.

The policies decide (policies/mingma.cedar); this is the same table in words, a row for each policy
under its id, from which docs/powers.md is made and refusals get their reasons. Tests hold the two
equal: the ids, and post by act what the engine allows. Follows PIPL 33 to 37 (an organ acts within
its statutory powers) and ACCOUNTABILITY sections 1, 4 and 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.organs import Level
from mingma.authority.posts import Post
from mingma.authority.request import Answer, PolicyEngine, Request
from mingma.kernel.errors import Refused


class NotAllowed(Refused):
    """An act refused by the policies of powers; `policies` are the rails that refused it."""

    slug = "authority.not_allowed"
    zh = "不得为此({act}):{why_zh}"
    en = "this may not be done (`{act}`): {why_en}"
    remedy_zh = "权限见 docs/powers.md;被拒绝的尝试已公开留痕,不涉及个人"
    remedy_en = "docs/powers.md lists who may; the refused attempt is in the public log, unnamed"

    @property
    def policies(self) -> tuple[str, ...]:
        """The ids that the attempt's leaf names."""
        return tuple(str(self.details["policies"]).split())


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


@dataclass(frozen=True, slots=True)
class Rail:
    """One forbid, and its reason."""

    policy: str
    over: str
    zh: str
    en: str


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
    Power("P06-approve-area", (_P.CHECKER,), (_A.APPROVE_AREA,), _HIGH, "it is a draft"),
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
)

RAILS: Final = (
    Rail(
        "F01-granted",
        "staff",
        "没有涵盖此行为与地区的有效授权",
        "no grant in force covers this act in this region",
    ),
    Rail("F02-on-duty", "staff", "不在岗", "the officer is not on duty"),
    Rail(
        "F03-passkey",
        "signed",
        "未用硬件通行密钥就此行为当场签名",
        "the act was not signed freshly with a hardware passkey",
    ),
    Rail(
        "F04-own-region",
        "local",
        "超出本机关管辖地区",
        "it lies outside the organ's region",
    ),
    Rail(
        "F05-empty-row",
        "staff",
        "此类机关在健康码上没有任何权限,理由见机关表",
        "this kind of organ has no power over codes; the list of organs says why",
    ),
    Rail("F06-never", "never", "任何人都没有此项权限", "nobody has this power"),
    Rail(
        "F07-colour-power",
        "colour",
        "只有卫生健康机关提出、指挥部复核才可能影响码色",
        "only health organs propose and only headquarters check what can worsen a code",
    ),
    Rail(
        "F08-emergency",
        "colour",
        "没有依法宣布且在有效期内的应急状态(P14)",
        "no declared emergency is in force (P14)",
    ),
    Rail(
        "F09-ground",
        "colour, proposals",
        "须逐人具备条款认可的本人依据,并写明条款",
        "each person needs evidence of her own that the named clause admits",
    ),
    Rail(
        "F10-end-by-rule",
        "colour, proposals",
        "截止时间由规则算出,不得填写",
        "the end is what the rule computes; it is never typed",
    ),
    Rail(
        "F11-shield",
        "colour, proposals",
        "有人申诉成立未满 14 天,且依据不新于该决定(P8)",
        "somebody's appeal was upheld within 14 days and the evidence is not newer (P8)",
    ),
    Rail(
        "F12-own-proposal",
        "approval",
        "不得复核本人或本机关提出的事项(P5)",
        "nobody approves his own or his organ's proposal (P5)",
    ),
    Rail(
        "F13-own-line",
        "approval, but releases",
        "不得复核同一条线机关提出的事项(P5)",
        "an organ of the maker's own line does not approve (P5)",
    ),
    Rail(
        "F14-digest",
        "approval",
        "签的不是这份提案的摘要",
        "the digest signed is not this proposal's",
    ),
    Rail("F15-lot", "by_lot", "复核人不是抽签抽中的", "the lot did not fall on this checker"),
    Rail(
        "F16-second-is-another",
        "approve_second",
        "第二次复核须另一层级、另一机关的另一人",
        "the second approval is another person's, of another organ of another level",
    ),
    Rail(
        "F17-hundred",
        "execute",
        "24 小时内累计满 100 人,或涉及近期申诉人,须有省级指挥部第二次复核",
        "from the 100th person in 24 hours on, or for somebody who objected lately, the province's"
        " headquarters approves too",
    ),
    Rail(
        "F18-execute-approved",
        "execute",
        "只执行已批准且摘要一致的提案",
        "only an approved proposal with this very digest is run",
    ),
    Rail(
        "F19-log-first",
        "execute",
        "未经见证的日志和本人回执在先,不得生效(P1、P6)",
        "the cosigned log and the person's receipt come first (P1, P6)",
    ),
    Rail(
        "F20-executors-run-only",
        "staff",
        "数据部门只执行,不提出、不复核、不查看",
        "data organs run what was approved; they propose, approve and read nothing",
    ),
    Rail("F21-only-executors-run", "execute", "只有数据部门执行", "only data organs run it"),
    Rail(
        "F22-services",
        "colour",
        "系统服务只做自己的一件事",
        "a service does its own one thing",
    ),
    Rail(
        "F23-foreign",
        "recognise",
        "外省陈述须有签名、证据、日志证明,合乎本地规则且未超限额",
        "another province's statement needs signature, evidence, proof, our own rule, and budget",
    ),
    Rail(
        "F24-source-signature",
        "bring_in",
        "须由来源密钥签名,且只含其登记的种类",
        "the source's own key signs it, for the kinds registered to it",
    ),
    Rail(
        "F25-sources",
        "bring_in",
        "只有检测、医疗、卫健、疾控、客运和口岸是数据来源;名单不是渠道",
        "laboratories, hospitals, health organs, carriers and borders are sources; no list is",
    ),
    Rail(
        "F26-laboratory",
        "open_case, see_visits",
        "病例须有实验室确认",
        "a case needs a laboratory's confirmation",
    ),
    Rail(
        "F27-area",
        "colour, areas",
        "风险区须有病例、不少于 500 居民、不超过 14 天",
        "an area holds a case and at least 500 residents, for at most 14 days",
    ),
    Rail(
        "F28-release-frees",
        "release",
        "解除须有依据,且不得使任何人变差",
        "a release has a ground and makes nobody worse off",
    ),
    Rail(
        "F29-no-judge-of-own",
        "answer_appeal, review_infection",
        "参与过该决定的机关和人员不得办理",
        "who took part in the decision does not answer the appeal",
    ),
    Rail(
        "F30-reasons",
        "answer_appeal, review_infection",
        "答复须说明理由",
        "an answer gives reasons",
    ),
    Rail(
        "F31-purpose",
        "look",
        "目的不在清单内或不合岗位",
        "the purpose is not on the closed list, or not this post's",
    ),
    Rail(
        "F32-looks-an-hour",
        "look",
        "一小时内查看已满 600 次",
        "600 looks in an hour were reached",
    ),
    Rail(
        "F33-ticket",
        "see_reason, see_record",
        "没有该人未结的工单",
        "there is no open ticket of this person",
    ),
    Rail(
        "F34-glass-reviewed",
        "break_glass",
        "此前的紧急查看逾期未复查",
        "an earlier breaking of the glass is overdue for review",
    ),
    Rail(
        "F35-own-look",
        "review_look",
        "不得复查本人或本机关的查看",
        "nobody reviews his own or his organ's look",
    ),
    Rail(
        "F36-no-identity",
        "rule",
        "规则含身份词汇(P10)",
        "the rules name identities (P10)",
    ),
    Rail(
        "F37-five-hundred",
        "rule",
        "条款所及范围不足 500 人",
        "a clause or area reaches fewer than 500 residents",
    ),
    Rail(
        "F38-impact",
        "approve_rule, activate_rule",
        "影响评估未公布",
        "the impact replay is not published",
    ),
    Rail(
        "F39-published-first",
        "activate_rule",
        "公布未满 24 小时(紧急途径 1 小时)",
        "it was not public for 24 hours, or for 1 by the emergency path",
    ),
    Rail(
        "F40-activate-approved",
        "activate_rule",
        "只启用已批准、摘要一致、已见证的版本",
        "only an approved edition with this very digest, cosigned, is activated",
    ),
    Rail(
        "F41-protected-places",
        "place",
        "法院、医院、信访和银行柜台不得因码拒入(P17)",
        "courts, hospitals, petition and bank counters never refuse for a code (P17)",
    ),
    Rail(
        "F42-no-self-grant",
        "grant",
        "不得给本人或本机关授权",
        "nobody grants himself or his own organ anything",
    ),
    Rail(
        "F43-grant-a-year",
        "give_grant, hold_ceremony",
        "授权最长一年",
        "a grant lasts a year at most",
    ),
    Rail(
        "F44-no-grant-to-an-empty-row",
        "give_grant, hold_ceremony",
        "此类机关不得获授权",
        "this kind of organ can be granted nothing",
    ),
    Rail(
        "F45-two-organs",
        "hold_ceremony, replace_passkey",
        "须两个机关共同办理",
        "two organs do this together",
    ),
    Rail(
        "F46-ceremony-once",
        "hold_ceremony",
        "已有授权,首次授权仪式不得重来",
        "grants exist already; the ceremony is held once",
    ),
    Rail(
        "F47-ceremony-another-organ",
        "hold_ceremony",
        "首次授权也不得授给本人或本机关",
        "in the ceremony too each organ grants the other's officers",
    ),
    Rail(
        "F48-ninety-days",
        "declare_emergency, renew_emergency",
        "应急状态须有法律依据,不超过 90 天",
        "an emergency has a legal basis and lasts at most 90 days",
    ),
    Rail(
        "F49-renewed-by-another",
        "renew_emergency",
        "须由另一机关附公开的成效报告延长(P14)",
        "another organ renews it, with a published yield report (P14)",
    ),
    Rail(
        "F50-order-cites-a-decision",
        "order_isolation",
        "隔离令须援引可证明的决定",
        "an order cites a proven decision",
    ),
    Rail("F51-auditors-never-act", "staff", "审计机构只审计", "auditors audit and never act"),
    Rail("F52-audit-is-the-auditors", "audit", "只有审计机构审计", "only auditors audit"),
    Rail(
        "F53-two-auditors",
        "unseal",
        "解封身份须两家审计机构各一人,且为公开抽中的样本",
        "two auditors of two bodies unseal, and only what public chance drew",
    ),
    Rail(
        "F54-two-and-an-auditor",
        "operations",
        "须两人操作并有审计员在场",
        "two persons do this, an auditor present",
    ),
    Rail("F55-own-only", "own", "不是本人或其代办人", "not the person, nor a delegate of hers"),
    Rail(
        "F56-own-roster",
        "put_roster",
        "值班名册只由指挥部为本机关的复核员编排",
        "each headquarters puts its own checkers on duty, and nobody else's",
    ),
    Rail(
        "F57-whose-turn",
        "see_proposal",
        "提案只给此刻轮到复核的人看",
        "a proposal is shown only to whose turn it is to check it",
    ),
)

REASONS: Final = {rail.policy: rail for rail in RAILS}
NO_POWER: Final = ("任何策略都没有赋予此项权限", "no policy gives this power")
UNREADABLE: Final = (
    "请求的事实不合格式,按拒绝处理",
    "the facts of the request do not fit, so it is refused",
)


def acts_of(post: Post) -> frozenset[Act]:
    """Every act that some policy permits to a post: what can be granted to it."""
    return frozenset(act for power in POWERS if post in power.posts for act in power.acts)


def require(engine: PolicyEngine, request: Request) -> Answer:
    """The answer, if it allows; raises NotAllowed with every reason otherwise."""
    answer = engine.decide(request)
    if not answer.allowed:
        raise refusal(request.act, answer)
    return answer


def refusal(act: Act, answer: Answer) -> NotAllowed:
    """A refused answer in words."""
    why = list(reasons(answer))
    return NotAllowed(
        act=act.value,
        why_zh=";".join(zh for zh, _ in why),
        why_en="; ".join(en for _, en in why),
        policies=" ".join(answer.policies),
    )


def reasons(answer: Answer) -> Iterable[tuple[str, str]]:
    """Why, in Chinese and English: each rail that refused, or that nobody gave the power."""
    if answer.errors:
        yield UNREADABLE
    for policy in answer.policies:
        if policy in REASONS:
            yield REASONS[policy].zh, REASONS[policy].en
    if not answer.errors and not answer.policies:
        yield NO_POWER


def powers_over(act: Act) -> Sequence[Power]:
    """The permits of an act."""
    return [power for power in POWERS if act in power.acts]

"""The rails: what is refused whoever was permitted it, and why, in the words of the refusal.

A row for each forbid of policies/mingma.cedar under its id. A test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rail:
    """One forbid, and its reason."""

    policy: str
    over: str
    zh: str
    en: str


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
        "approve_second, approve_area",
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
        "病例须有实验室确认,且在其所在区划",
        "a case needs a laboratory's confirmation, of its own region",
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
    Rail(
        "F58-objection",
        "object",
        "只有使人变差且尚未批准的提案可以异议暂停;解除与申诉不受影响",
        "only an open proposal that makes somebody worse off is paused; no release, no appeal",
    ),
)

REASONS: Final = {rail.policy: rail for rail in RAILS}

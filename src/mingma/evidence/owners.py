"""Who may own which channel, what it is for, and by which way it comes in: a closed table.

A source is registered only for kinds that its organ's kind may own. Police, prosecutors, courts,
social control, stability offices, the registers of the headquarters and the technology supplier own
none: no row names them, and none may be added (Interim Measures of 2021: no wider use; Z8). What
an officer asserts about somebody has no source at all: it takes the act path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mingma.authority.organs import OrganKind
from mingma.evidence.channels import KINDS, Intake

_HEALTH: Final = (OrganKind.HEALTH_COMMISSION, OrganKind.CDC)


@dataclass(frozen=True, slots=True)
class Channel:
    """The kinds of organ whose key may bring a kind of record in, and the one purpose it serves."""

    owners: tuple[OrganKind, ...]
    purpose_zh: str
    purpose_en: str


OWNERS: Final[dict[str, Channel]] = {
    "infection": Channel(
        (OrganKind.HOSPITAL, OrganKind.LABORATORY, *_HEALTH),
        "发现与管理感染者", "find and treat who is infected",
    ),
    "contact_finding": Channel((), "流行病学调查", "investigation of contacts"),
    "companion_match": Channel(
        _HEALTH, "为流调提供线索;只生成提示", "leads for an investigation; a notice at most"
    ),
    "area_stay": Channel(_HEALTH, "判断是否到过风险区", "who was in a listed area"),
    "entry": Channel((OrganKind.BORDER,), "入境人员健康管理", "health of arriving travellers"),
    "test": Channel(
        (OrganKind.LABORATORY, OrganKind.HOSPITAL, OrganKind.CDC),
        "检测结果", "results of samples",
    ),
    "daily_report": Channel(_HEALTH, "本人健康申报", "what a person reports of her own health"),
    "clinic_visit": Channel((OrganKind.HOSPITAL,), "发热监测", "fever surveillance"),
    "cold_chain_contact": Channel((), "阳性物品暴露", "contact with goods that tested positive"),
    "assistance_request": Channel((), "外地协查", "requests of another place's investigators"),
    "risk_notice": Channel((), "风险提示", "a notice that somebody may be at risk"),
    "trip": Channel(
        (OrganKind.CARRIER,), "同乘暴露的调查", "investigation of exposure on a journey"
    ),
    "check_in": Channel(
        _HEALTH, "场所暴露的调查;扫码不生成码色", "exposure at a venue; a scan gives no colour"
    ),
    "vaccination": Channel((OrganKind.HOSPITAL, *_HEALTH), "接种记录", "doses that were given"),
    "foreign_statement": Channel((), "外省认定的复核", "another province's statement, to check"),
    "closed_loop_end": Channel(
        (OrganKind.BORDER, OrganKind.CARRIER, *_HEALTH),
        "闭环作业的起止", "the end of closed-loop work",
    ),
    "interview": Channel(
        _HEALTH, "流调询问笔录;单独不足以判红", "what somebody said to an investigator"
    ),
    "mark": Channel((), "管理员标记", "an approved mark"),
    "release": Channel((), "解除", "an approved release"),
    "withdrawal": Channel((), "撤回错误记录", "taking back a wrong record"),
}  # fmt: skip


def may_own(organ: OrganKind, kind: str) -> bool:
    """Whether a source of such an organ may be registered for a kind of record."""
    return KINDS[kind].intake is Intake.SOURCE and organ in OWNERS[kind].owners


def owned_by(organ: OrganKind) -> tuple[str, ...]:
    """The kinds of record that a source of such an organ may be registered for."""
    return tuple(kind for kind in OWNERS if may_own(organ, kind))

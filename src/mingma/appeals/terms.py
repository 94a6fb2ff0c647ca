"""The table of terms: how long who has for what. One table, shown on the code page.

Policy values, each with its reason; a filed appeal keeps the due instant it was given, so that a
later table moves nothing. docs/guides/appeals.md prints the same table, and a test keeps page,
guide and table equal (ARCHITECTURE P8; SYSTEMS A16, S12).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.kernel.times import DAY, HOUR

MINUTE: Final = 60


class Asked(StrEnum):
    """What a person asks for."""

    OBJECT = "object"  # 申诉: the decision should not stand
    ASK_HUMAN = "ask_human"  # 人工复核: somebody is to look at what rules decided (PIPL 24)
    URGENT = "urgent"  # 急事通道: let me in meanwhile


class Ground(StrEnum):
    """Why something cannot wait. Closed."""

    MEDICAL_CARE = "medical_care"
    CHILDBIRTH = "childbirth"
    FUNERAL = "funeral"
    EXAM = "exam"
    COURT_HEARING = "court_hearing"
    PETITION = "petition"


class Channel(StrEnum):
    """How an appeal came in. All have the same terms."""

    ONLINE = "online"
    HOTLINE = "hotline"
    COUNTER = "counter"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Term:
    """One row: what, how long in seconds, and what happens when the time is over."""

    id: str
    seconds: int
    zh: str
    en: str
    then_zh: str
    then_en: str


_FALLS_ZH: Final = "无人答复即撤销,按本人有利处理"
_FALLS_EN: Final = "unanswered, what was objected to falls"
_IN_ZH: Final = "办结前保证进入;无人答复视为同意"
_IN_EN: Final = "entry is guaranteed meanwhile; unanswered, it is granted"

ANSWER: Final = Term("answer", 8 * HOUR, "申诉答复", "answer to an objection", _FALLS_ZH, _FALLS_EN)
OTHER_PROVINCE: Final = Term(
    "other_province", 24 * HOUR,
    "涉及外省的申诉答复", "answer where another province is involved", _FALLS_ZH, _FALLS_EN,
)  # fmt: skip
HUMAN: Final = Term(
    "ask_human", 24 * HOUR, "人工复核", "review by a human", _FALLS_ZH, _FALLS_EN
)  # fmt: skip
REVIEW: Final = Term(
    "review", 2 * HOUR,
    "实验室确诊的独立复核", "independent review of a laboratory's finding",
    "每满 2 小时转下一机关并公开计数;不延长原定期限",
    "every 2 hours it passes to the next organ, counted in public; the colour's own end stays",
)  # fmt: skip
URGENT: Final[dict[Ground, Term]] = {
    Ground.MEDICAL_CARE: Term(
        "urgent.medical_care", 10 * MINUTE, "急事:就医", "urgent: medical care", _IN_ZH, _IN_EN
    ),
    Ground.CHILDBIRTH: Term(
        "urgent.childbirth", 10 * MINUTE, "急事:分娩", "urgent: childbirth", _IN_ZH, _IN_EN
    ),
    Ground.FUNERAL: Term(
        "urgent.funeral", 30 * MINUTE, "急事:奔丧", "urgent: a funeral", _IN_ZH, _IN_EN
    ),
    Ground.EXAM: Term("urgent.exam", 15 * MINUTE, "急事:考试", "urgent: an exam", _IN_ZH, _IN_EN),
    Ground.COURT_HEARING: Term(
        "urgent.court_hearing", 30 * MINUTE, "急事:出庭", "urgent: a court hearing", _IN_ZH, _IN_EN
    ),
    Ground.PETITION: Term(
        "urgent.petition", 30 * MINUTE, "急事:信访", "urgent: a petition", _IN_ZH, _IN_EN
    ),
}
PASS: Final = Term(
    "pass", 24 * HOUR, "急事通行说明", "pass note of an urgent matter",
    "自申请起计,被驳回即止", "from the request on; it ends when the request is rejected",
)  # fmt: skip
CORRECTION: Final = Term(
    "correction", 24 * HOUR, "本人打卡自行更正", "correcting one's own daily report",
    "当即生效,无须批准", "counts at once, without anybody's leave",
)  # fmt: skip
SHIELD: Final = Term(
    "shield", 14 * DAY, "申诉成立后的保护期", "shield after a won appeal",
    "期内再作认定须有更新的证据;被否定的证据永不再用",
    "a new finding needs newer evidence; rejected evidence is dead for good",
)  # fmt: skip
APPELLANT: Final = Term(
    "appellant", 30 * DAY, "申诉人保护期", "protection of appellants",
    "期内对其作出认定须经省级批准", "a finding about her needs the province's approval",
)  # fmt: skip

TERMS: Final = (
    ANSWER, OTHER_PROVINCE, HUMAN, REVIEW, *URGENT.values(), PASS, CORRECTION, SHIELD, APPELLANT,
)  # fmt: skip


def term_of(asked: Asked, ground: Ground | None, *, laboratory: bool, elsewhere: bool) -> Term:
    """Which term an appeal has; `elsewhere` where another province is involved."""
    if asked is Asked.URGENT and ground is not None:
        return URGENT[ground]
    if laboratory:
        return REVIEW
    if asked is Asked.ASK_HUMAN:
        return HUMAN
    return OTHER_PROVINCE if elsewhere else ANSWER


def span_of(seconds: int, lang: str) -> str:
    """A length of time in its largest whole unit."""
    for unit, zh, en in ((DAY, "天", "day"), (HOUR, "小时", "hour"), (MINUTE, "分钟", "minute")):
        # A day is written in hours up to two: people count an answer in hours.
        if seconds % unit == 0 and (unit is not DAY or seconds > 2 * DAY):
            count = seconds // unit
            return f"{count} {zh}" if lang == "zh" else f"{count} {en}{'' if count == 1 else 's'}"
    return f"{seconds} 秒" if lang == "zh" else f"{seconds} seconds"

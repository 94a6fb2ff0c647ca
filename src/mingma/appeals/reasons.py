"""Why an appeal was upheld or rejected: a closed list of reasons, and words of one's own beside.

An answer without a reason, with one that does not fit its outcome, or with words too short to say
anything is refused (penalty law 41 and 44 by analogy): it stops no clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from mingma.kernel.errors import Malformed, Place

SHORTEST: Final = 15  # characters that say something, in Chinese as in English
LONGEST: Final = 2000  # characters
MOST_ALIKE: Final = 5  # different characters a text has at least: `……` repeated is no reason


class Outcome(StrEnum):
    """How an appeal was answered."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why. Closed."""

    NOT_THIS_PERSON = "not_this_person"
    EVIDENCE_WRONG = "evidence_wrong"
    CLAUSE_NOT_MET = "clause_not_met"
    ALREADY_OVER = "already_over"
    PROCEDURE_BROKEN = "procedure_broken"
    HARDSHIP = "hardship"
    EVIDENCE_STANDS = "evidence_stands"
    OFFERED_DOES_NOT_BEAR = "offered_does_not_bear"
    RETESTED_POSITIVE = "retested_positive"
    NOT_URGENT = "not_urgent"


WORDS: Final[dict[Reason, tuple[Outcome, str, str]]] = {
    Reason.NOT_THIS_PERSON: (Outcome.UPHELD, "不是本人", "it was not this person"),
    Reason.EVIDENCE_WRONG: (Outcome.UPHELD, "证据有误", "the evidence is wrong"),
    Reason.CLAUSE_NOT_MET: (Outcome.UPHELD, "不符合条款", "the clause is not met"),
    Reason.ALREADY_OVER: (Outcome.UPHELD, "期限已过", "its time was over"),
    Reason.PROCEDURE_BROKEN: (Outcome.UPHELD, "程序不合规定", "the procedure was not kept"),
    Reason.HARDSHIP: (Outcome.UPHELD, "急需,予以放行", "the need is urgent"),
    Reason.EVIDENCE_STANDS: (Outcome.REJECTED, "证据经核实成立", "the evidence stands"),
    Reason.OFFERED_DOES_NOT_BEAR: (
        Outcome.REJECTED, "所提证据与此无关", "what was offered does not bear on it",
    ),
    Reason.RETESTED_POSITIVE: (Outcome.REJECTED, "复检仍为阳性", "tested again, positive again"),
    Reason.NOT_URGENT: (Outcome.REJECTED, "不属所列急事", "it is none of the urgent matters"),
}  # fmt: skip


class ReasonTooShort(Malformed):
    """An answer whose words say nothing."""

    slug = "appeal.reason_too_short"
    status = 422
    zh = "答复理由不足 {least} 字,或只是重复同样的字"
    en = "the reason has fewer than {least} characters, or repeats the same few"
    remedy_zh = "写明核对了什么证据、适用哪一条款;期限照常计算"
    remedy_en = "say which evidence was checked and which clause applies; the clock runs on"


class ReasonDoesNotFit(Malformed):
    """A reason that is not on the list, or not one for this outcome."""

    slug = "appeal.reason_does_not_fit"
    status = 422
    zh = "`{reason}` 不是此种答复可用的理由"
    en = "`{reason}` is no reason for this outcome"
    remedy_zh = "可用:{fitting}"
    remedy_en = "it may be: {fitting}"


def check_reason(outcome: Outcome, reason: str, text: str) -> Reason:
    """The reason of an answer; raises ReasonDoesNotFit or ReasonTooShort."""
    fitting = [one for one, (fits, _, _) in WORDS.items() if fits is outcome]
    if reason not in fitting:
        raise ReasonDoesNotFit(
            Place(field="reason"), reason=reason[:40], fitting=", ".join(fitting)
        )
    said = "".join(text.split())
    if len(said) < SHORTEST or len(set(said)) < MOST_ALIKE or len(text) > LONGEST:
        raise ReasonTooShort(Place(field="text"), least=SHORTEST)
    return Reason(reason)

"""A source asks what became of a batch it sent: the counts, and the refused records.

Only the source that sent a batch learns of it; whoever asks for another's is told there is none.
Its own records are no look at a person: the source wrote them (P9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mingma.flows.receive_evidence import signed_by
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.kernel.times import Instant, parse_instant
from mingma.ports import Unit
from mingma.records import Batch, Turned

SIGNED_WITHIN: Final = 300  # seconds between the date that is signed and our clock
DATE: Final = "Mingma-Date"


class NotTheDate(Refused):
    """A signed question that is old or from ahead: it may be somebody else's copy."""

    slug = "source.stale_question"
    status = 401
    zh = "签名日期 `{date}` 与本机时钟相差超过 {seconds} 秒"
    en = "the signed date `{date}` is more than {seconds} s from our clock"
    remedy_zh = "以当前时刻重新签名"
    remedy_en = "sign again with the present instant"


class UnknownBatch(Malformed):
    """No batch of this name came from this source."""

    slug = "batch.unknown"
    status = 404
    zh = "来源 `{source}` 没有报送过批次 `{batch}`"
    en = "the source `{source}` has sent no batch `{batch}`"
    remedy_zh = "批次名是请求体的 SHA-256,十六进制小写"
    remedy_en = "a batch's name is the SHA-256 of its body, in lower-case hexadecimal"


@dataclass(frozen=True, slots=True)
class Question:
    """A signed request without a body: who asks, for what, when it was signed, the signature."""

    source: str
    target: str  # path and query as sent
    date: str
    signature: bytes

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return f"GET {self.target}\n{self.date}".encode()


def sent_batch(unit: Unit, question: Question, batch: str, now: Instant) -> Batch:
    """The counts of a batch; raises Refused or UnknownBatch."""
    source = signed_by(
        unit.sources().get(question.source),
        question.source,
        question.message,
        question.signature,
    )
    if abs(parse_instant(question.date, DATE) - now) > SIGNED_WITHIN:
        raise NotTheDate(Place(field=DATE), date=question.date, seconds=SIGNED_WITHIN)
    found = unit.batch(source.id, batch)
    if found is None:
        raise UnknownBatch(Place(field="batch"), source=source.id, batch=batch[:64])
    return found


def refused_records(
    unit: Unit, question: Question, batch: str, now: Instant
) -> tuple[Batch, Sequence[Turned]]:
    """A batch and its refused records in order of line; raises as `sent_batch`."""
    found = sent_batch(unit, question, batch, now)
    return found, unit.turned(found.source, found.id)

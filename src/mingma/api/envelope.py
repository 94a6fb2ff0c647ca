"""What is around the records: who sends, the signature, the form of the body.

An envelope is read only so far as its headers go before the signature is checked; its records are
read one by one after that.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from litestar.di import Provide
from litestar.params import HeaderParameter

from mingma.api.problems import Asked
from mingma.engines.fact_files import FileUnreadable, lines, parquet_rows
from mingma.evidence.lines import read_line
from mingma.flows.sent_batch import DATE, Question
from mingma.kernel.errors import Malformed, Place, Refused

MAX_RECORDS: Final = 50_000  # of one envelope: it holds the turn to write for some ten seconds
SOURCE: Final = "Mingma-Source"
SIGNATURE: Final = "Mingma-Signature"
SIGNATURE_SIZE: Final = 64  # bytes of Ed25519

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
PARQUET: Final = "application/vnd.apache.parquet"
FORMS: Final = (JSON, NDJSON, PARQUET)

SourceHeader = Annotated[str | None, HeaderParameter(name=SOURCE, description="The source's id.")]
SignatureHeader = Annotated[
    str | None, HeaderParameter(name=SIGNATURE, description="base64 of the Ed25519 signature.")
]
DateHeader = Annotated[
    str | None, HeaderParameter(name=DATE, description="The instant that is signed too.")
]


class Unsigned(Refused):
    """A header that says who sends, or the signature, is missing or unreadable."""

    slug = "source.unsigned"
    status = 401
    zh = "缺少请求头 `{header}` 或其内容无法读取"
    en = "the header `{header}` is missing or unreadable"
    remedy_zh = "Mingma-Source 写来源编号;Mingma-Signature 写Ed25519 签名的 base64"
    remedy_en = (
        "Mingma-Source names the source, Mingma-Signature is base64 of Ed25519 over the body"
    )


class WrongMediaType(Malformed):
    """A body of a type that is not taken here."""

    slug = "envelope.media_type"
    status = 415
    zh = "不接受 `{value}` 类型的请求体"
    en = "a body of type `{value}` is not taken here"
    remedy_zh = "可用:{known}"
    remedy_en = "it takes: {known}"


class Encoded(Malformed):
    """A body that is compressed or otherwise encoded: the signature is over what is sent."""

    slug = "envelope.encoded"
    status = 415
    zh = "请求体不得使用内容编码 `{value}`"
    en = "the body may not be content-encoded as `{value}`"
    remedy_zh = "请不压缩发送;大批量可用 Parquet"
    remedy_en = "send it as it is; use Parquet for large batches"


class TooManyRecords(Malformed):
    """An envelope of more records than one transaction should hold."""

    slug = "envelope.too_many_records"
    status = 413
    zh = "一批至多 {limit} 条记录"
    en = "a batch has at most {limit} records"
    remedy_zh = "请拆分成多批"
    remedy_en = "split it into several batches"


@dataclass(frozen=True, slots=True)
class Records:
    """Numbered records of a body; read only after its signature was found good."""

    media: str
    body: bytes

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        """From the first; raises Malformed where the body is no such form."""
        for count, record in enumerate(_forms(self.media, self.body), start=1):
            if count > MAX_RECORDS:
                raise TooManyRecords(limit=MAX_RECORDS)
            yield record


def _forms(media: str, body: bytes) -> Iterator[tuple[int, Any]]:
    if media == JSON:
        try:
            yield 1, read_line(body)
        except Malformed as refusal:
            raise refusal.at(line=1) from None
    elif media == NDJSON:
        _check_utf8(body)
        yield from lines(io.BytesIO(body))
    else:
        yield from parquet_rows(io.BytesIO(body))


def _check_utf8(body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise FileUnreadable(Place(line=line), why="the text is not UTF-8") from None


def media_type(request: Asked) -> str:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise Encoded(Place(field="Content-Encoding"), value=encoding[:64])
    value = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if value not in FORMS:
        raise WrongMediaType(Place(field="Content-Type"), value=value[:64], known=", ".join(FORMS))
    return value


def named(value: str | None, header: str) -> str:
    if not value:
        raise Unsigned(Place(field=header), header=header)
    return value


def signature_of(value: str | None) -> bytes:
    try:
        signature = base64.b64decode(named(value, SIGNATURE), validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if len(signature) != SIGNATURE_SIZE:
        raise Unsigned(Place(field=SIGNATURE), header=SIGNATURE)
    return signature


def question(
    request: Asked,
    source: SourceHeader = None,
    signature: SignatureHeader = None,
    date: DateHeader = None,
) -> Question:
    """The signed request; what is signed is the target exactly as it was sent."""
    raw: bytes = request.scope["raw_path"].partition(b"?")[0]  # some clients leave the query on
    query: bytes = request.scope["query_string"]
    target = raw + b"?" + query if query else raw
    return Question(
        source=named(source, SOURCE),
        target=target.decode("latin-1"),
        date=named(date, DATE),
        signature=signature_of(signature),
    )


# What a handler names that answers signed questions: `asked: NamedDependency[Question]`.
ASKED: Final = {"asked": Provide(question, sync_to_thread=False)}

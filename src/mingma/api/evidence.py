"""Evidence comes in: one record or a batch, signed by a registered source; and what became of it.

An envelope that is unsigned or unreadable is refused whole and nothing is kept. In a well-formed
one each record is admitted or refused on its own. docs/guides/send-evidence.md shows how to send.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, QueryParameter

from mingma.api.envelope import (
    ASKED,
    JSON,
    NDJSON,
    PARQUET,
    SOURCE,
    Records,
    SignatureHeader,
    SourceHeader,
    media_type,
    named,
    signature_of,
)
from mingma.api.problems import Asked, no
from mingma.app import Instance
from mingma.flows.receive_evidence import Envelope
from mingma.flows.sent_batch import Question, refused_records, sent_batch
from mingma.kernel.times import print_instant
from mingma.records import Batch, Turned

MAX_BODY: Final = 64 << 20  # bytes of an envelope
NAMED: Final = 20  # refusals in the answer; the others are at `refused_url`
PAGE: Final = 1_000  # refused records in one answer


class Refusal(msgspec.Struct):
    """One refused record: where, by which rule, in which words."""

    line: int
    slug: str
    message: str


class Answer(msgspec.Struct):
    """What became of a batch: received = admitted + refused."""

    source: str
    batch: str
    received: int
    admitted: int
    repeated: int
    refused: int
    refusals: list[Refusal]
    refused_url: str


class Counts(msgspec.Struct):
    """A batch that was received before."""

    source: str
    batch: str
    received_at: str
    received: int
    admitted: int
    repeated: int
    refused: int
    refused_url: str


class RefusedRecord(msgspec.Struct):
    """A refused record as it is kept; numbers of papers are never in it."""

    line: int
    slug: str
    message: str
    record: str


class RefusedRecords(msgspec.Struct):
    """A page of refused records in order of line; `next` is where the following ones are."""

    source: str
    batch: str
    refused: int
    records: list[RefusedRecord]
    next: str | None


Skip = Annotated[int, QueryParameter(ge=0, le=1 << 31, description="How many to pass over.")]


@dataclass
class _SignedBody(Operation):
    """The OpenAPI description of a signed envelope."""

    def __post_init__(self) -> None:
        """Name the three forms of a body."""
        text = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            required=True,
            description="One record, one record a line, or the same fields as text columns.",
            content={
                JSON: OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT)),
                NDJSON: OpenAPIMediaType(schema=text),
                PARQUET: OpenAPIMediaType(schema=text),
            },
        )


@post(
    "/v1/evidence",
    status_code=200,
    request_max_body_size=MAX_BODY,
    operation_class=_SignedBody,
    responses=no(400, 401, 413, 415, 503),
    tags=["evidence"],
    summary="Send evidence",
)
async def send_evidence(
    request: Asked,
    state: State,
    source: SourceHeader = None,
    signature: SignatureHeader = None,
) -> Answer:
    """Each record is admitted or refused with its slug; the same batch again answers as before."""
    sender, signed, media = named(source, SOURCE), signature_of(signature), media_type(request)
    body = await request.body()
    envelope = Envelope(sender, body, signed, Records(media, body))
    return await sync_to_thread(_receive, state.instance, envelope)


@get(
    "/v1/evidence/batches/{batch:str}",
    sync_to_thread=True,
    dependencies=ASKED,
    tags=["evidence"],
    summary="What became of a batch",
    responses=no(400, 401, 404),
)
def batch(state: State, batch: FromPath[str], asked: NamedDependency[Question]) -> Counts:
    """The counts of a batch, for the source that sent it."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        found = sent_batch(unit, asked, batch, instance.clock())
    return Counts(
        source=found.source,
        batch=found.id,
        received_at=print_instant(found.received_at),
        received=found.received,
        admitted=found.admitted,
        repeated=found.repeated,
        refused=found.refused,
        refused_url=_refused_url(found),
    )


@get(
    "/v1/evidence/batches/{batch:str}/refused",
    sync_to_thread=True,
    dependencies=ASKED,
    tags=["evidence"],
    summary="The refused records of a batch",
    responses=no(400, 401, 404),
)
def refused(
    state: State,
    batch: FromPath[str],
    asked: NamedDependency[Question],
    skip: Skip = 0,
) -> RefusedRecords:
    """A thousand at a time, for the source that sent them."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        found, turned = refused_records(unit, asked, batch, instance.clock())
    more = skip + PAGE < len(turned)
    return RefusedRecords(
        source=found.source,
        batch=found.id,
        refused=found.refused,
        records=[
            RefusedRecord(one.line, one.slug, one.message, one.record)
            for one in turned[skip : skip + PAGE]
        ],
        next=f"{_refused_url(found)}?skip={skip + PAGE}" if more else None,
    )


def _receive(instance: Instance, envelope: Envelope) -> Answer:
    """Receive in the thread pool: the store blocks."""
    received = instance.receive(envelope)
    turned: Sequence[Turned] = ()
    if received.refused:
        with instance.store.read() as unit:
            turned = unit.turned(received.source, received.id)[:NAMED]
    return Answer(
        source=received.source,
        batch=received.id,
        received=received.received,
        admitted=received.admitted,
        repeated=received.repeated,
        refused=received.refused,
        refusals=[Refusal(one.line, one.slug, one.message) for one in turned],
        refused_url=_refused_url(received),
    )


def _refused_url(batch: Batch) -> str:
    return f"/v1/evidence/batches/{batch.id}/refused"

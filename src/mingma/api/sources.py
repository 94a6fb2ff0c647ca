"""Daily counts that sources sign, and what is public of each source's day.

A source signs the body like any batch. Whoever watches sees arrived and signed side by side, and
what was refused with its slugs; counts under ten are not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

from mingma.api.envelope import (
    JSON,
    SOURCE,
    SignatureHeader,
    SourceHeader,
    named,
    signature_of,
)
from mingma.api.problems import Asked, no
from mingma.app import Instance
from mingma.evidence.owners import OWNERS
from mingma.flows.source_count import public_day, receive_counts

MAX_COUNTS: Final = 1 << 16  # bytes of a body of counts
BRIEFLY: Final = {"Cache-Control": "public, max-age=60"}


class Kept(msgspec.Struct):
    """How many counts were kept, or were there already."""

    source: str
    counts: int


@dataclass
class _Counts(Operation):
    """The OpenAPI description of signed counts."""

    def __post_init__(self) -> None:
        """Name the form of the body."""
        self.request_body = RequestBody(
            required=True,
            description="One object, or a list of them: day, kind, total, positives.",
            content={JSON: OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT))},
        )


@post(
    "/v1/sources/counts",
    status_code=200,
    request_max_body_size=MAX_COUNTS,
    operation_class=_Counts,
    responses=no(400, 401, 413, 503),
    tags=["evidence"],
    summary="Sign for a day",
)
async def send_counts(
    request: Asked,
    state: State,
    source: SourceHeader = None,
    signature: SignatureHeader = None,
) -> Kept:
    """How many records of a kind the source stands for on a local day, and how many positives."""
    sender, signed = named(source, SOURCE), signature_of(signature)
    body = await request.body()
    return await sync_to_thread(_keep, state.instance, sender, body, signed)


@get(
    "/v1/public/sources/{day:str}",
    sync_to_thread=True,
    tags=["public"],
    summary="Each source's day: arrived, signed for, refused",
    responses=no(400),
)
def sources_day(state: State, day: FromPath[str]) -> Response[dict[str, Any]]:
    """By source and kind; null stands for fewer than ten; `excess` is an incident."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        return Response(public_day(unit, day), headers=BRIEFLY)


@get("/v1/public/channels", sync_to_thread=False, tags=["public"], summary="Every channel")
def channels() -> dict[str, Any]:
    """The closed list of channels: who may own each, what it is for."""
    return {
        kind: {
            "owners": [owner.value for owner in one.owners],
            "purpose": {"zh": one.purpose_zh, "en": one.purpose_en},
        }
        for kind, one in OWNERS.items()
    }


def _keep(instance: Instance, source: str, body: bytes, signature: bytes) -> Kept:
    with instance.acting() as unit:
        counts = receive_counts(
            unit, source, body, signature, instance.clock(), specimen=instance.context.specimen
        )
    return Kept(source, len(counts))

"""Witnessing for other logs: `add-checkpoint`, and the last cosigned checkpoint of each log.

Statuses and the body of a 409 are C2SP's; other refusals are problem details, as everywhere.
There is no authentication but the log's signature in the checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from litestar import MediaType, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

from mingma.api.problems import Asked, no
from mingma.app import Instance
from mingma.flows.witness import add_checkpoint, last_cosigned
from mingma.kernel.errors import Refused
from mingma.ledger.witnessing import NotTheLatest, UnknownLog

SIZE: Final = "text/x.tlog.size"
TEXT: Final = "text/plain; charset=utf-8"


class NothingCosigned(Refused):
    """A log of which no checkpoint was cosigned here, or none that is known here."""

    slug = "witness.nothing_cosigned"
    status = 404
    zh = "本见证方没有见证过此日志"
    en = "this witness has cosigned nothing of that log"
    remedy_zh = "地址中写日志来源的 SHA-256,十六进制小写"
    remedy_en = "name the log by the SHA-256 of its origin, in lower-case hexadecimal"


@dataclass
class _SubmittedText(Operation):
    """The OpenAPI description of a submission."""

    def __post_init__(self) -> None:
        """Say that it is text."""
        self.request_body = RequestBody(
            required=True,
            description="Old size, consistency proof, empty line, checkpoint (tlog-witness).",
            content={"text/plain": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))},
        )


@post(
    "/witness/add-checkpoint",
    status_code=200,
    media_type=MediaType.TEXT,
    operation_class=_SubmittedText,
    responses={
        **no(400, 403, 404, 413, 422, 503),
        409: ResponseSpec(
            str, description="The last cosigned size.", media_type=SIZE, generate_examples=False
        ),
    },
    tags=["witness"],
    summary="Ask for a cosignature",
)
async def submit_checkpoint(request: Asked, state: State) -> Response[str]:
    """The witness's signature line under the checkpoint, which is kept before it is answered."""
    body = await request.body()
    return await sync_to_thread(_submit, state.instance, body)


@get(
    "/witness/{origin_hash:str}/checkpoint",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    responses=no(404, 503),
    tags=["witness"],
    summary="The last cosigned checkpoint of a log",
)
def cosigned_checkpoint(state: State, origin_hash: FromPath[str]) -> Response[str]:
    """With the log's signatures and the witness's, as it was answered."""
    instance: Instance = state.instance
    found = None
    if instance.witness is not None:
        with instance.store.read() as unit:
            found = last_cosigned(unit, origin_hash)
    if found is None:
        raise NothingCosigned
    return Response(found.decode(), headers={"Content-Type": TEXT})


def _submit(instance: Instance, body: bytes) -> Response[str]:
    """Check and sign in the thread pool: the store blocks."""
    if instance.witness is None:
        raise UnknownLog
    try:
        line = add_checkpoint(instance.store, instance.witness, body, instance.clock())
    except NotTheLatest as refusal:
        size = f"{refusal.details['size']}\n"
        return Response(size, status_code=409, headers={"Content-Type": SIZE})
    return Response(str(line), headers={"Content-Type": TEXT})

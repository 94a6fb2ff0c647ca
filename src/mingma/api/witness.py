"""Witnessing for other logs: `add-checkpoint`, and the last cosigned checkpoint of each log.

Statuses and the body of a 409 are C2SP's; other refusals are problem details, as everywhere.
There is no authentication but the log's signature in the checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from litestar import MediaType, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

from mingma.api.problems import Asked, no
from mingma.clock import Clock
from mingma.flows.witness import Witness, add_checkpoint, forks, last_cosigned
from mingma.kernel.errors import Refused
from mingma.kernel.times import print_instant
from mingma.ledger.witnessing import NotTheLatest, UnknownLog
from mingma.ports import Store

SIZE: Final = "text/x.tlog.size"
TEXT: Final = "text/plain; charset=utf-8"


class Desk(Protocol):
    """What these handlers need of an instance: a witness alone has no more."""

    @property
    def store(self) -> Store:
        """Where its memory is."""

    @property
    def clock(self) -> Clock:
        """What time it is."""

    @property
    def witness(self) -> Witness | None:
        """Its keys and the logs it watches; None where it watches none."""


class Fork(msgspec.Struct):
    """What speaks against a log. Both notes are as the log signed them; verify them yourself."""

    why: str
    at: str
    cosigned: str
    submitted: str


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
    """The witness's signature lines under the checkpoint, which is kept before it is answered."""
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
    instance: Desk = state.instance
    found = None
    if instance.witness is not None:
        with instance.store.read() as unit:
            found = last_cosigned(unit, origin_hash)
    if found is None:
        raise NothingCosigned
    return Response(found.decode(), headers={"Content-Type": TEXT})


@get(
    "/witness/{origin_hash:str}/forks",
    sync_to_thread=True,
    responses=no(503),
    tags=["witness"],
    summary="What speaks against a log",
)
def fork_evidence(state: State, origin_hash: FromPath[str]) -> list[Fork]:
    """Pairs of notes that contradict each other, oldest first; empty where there is nothing."""
    instance: Desk = state.instance
    with instance.store.read() as unit:
        found = forks(unit, origin_hash)
    return [Fork(one.why, print_instant(one.at), one.cosigned, one.submitted) for one in found]


def _submit(instance: Desk, body: bytes) -> Response[str]:
    """Check and sign in the thread pool: the store blocks."""
    if instance.witness is None:
        raise UnknownLog
    try:
        lines = add_checkpoint(instance.store, instance.witness, body, instance.clock())
    except NotTheLatest as refusal:
        size = f"{refusal.details['size']}\n"
        return Response(size, status_code=409, headers={"Content-Type": SIZE})
    return Response("".join(map(str, lines)), headers={"Content-Type": TEXT})

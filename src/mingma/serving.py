"""One app of everything an instance serves: the interface for programs, the pages for people.

Says no in the form of whoever asks: problem details under /v1 and for programs, a page for a
browser. Every answer carries the headers that keep it out of frames, caches and other sites.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Litestar, Response
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import Message, Scope

from mingma import __version__
from mingma.api import api_handlers, problem_answer
from mingma.api.health import Requests, healthz
from mingma.api.problems import Asked
from mingma.api.witness import Desk, cosigned_checkpoint, fork_evidence, submit_checkpoint
from mingma.app import Instance
from mingma.web import error_page, web_handlers

MAX_BODY: Final = 1_000_000  # bytes, where a handler names no other limit
FOR_PROGRAMS: Final = ("/v1", "/witness", "/ledger", "/schema", "/healthz", "/readyz", "/metrics")
HEADERS: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
OTHER: Final = "OTHER"  # how a method is counted that no route has
METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())


def create_app(instance: Instance) -> Litestar:
    """The app of one instance whose rows fit its log; what a crash left waiting is sealed first."""
    instance.must_fit()
    instance.seal()
    requests = Requests()

    async def before_send(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            _set_headers(message)
            method = scope.get("method") if scope.get("method") in METHODS else OTHER
            requests.count(str(method), scope.get("path_template") or "none", message["status"])

    return Litestar(
        on_startup=[instance.start],
        route_handlers=[*api_handlers(instance), *web_handlers()],
        state=State({"instance": instance, "requests": requests}),
        exception_handlers={Exception: _say_no},
        before_send=[before_send],
        request_max_body_size=MAX_BODY,
        logging_config=None,
        debug=False,
        openapi_config=OpenAPIConfig(
            title="mingma",
            version=__version__,
            description="Evidence in, one's own code out. Specimen: proves nothing.",
            path="/schema",
            render_plugins=[JsonRenderPlugin()],
        ),
    )


def create_witness_app(desk: Desk) -> Litestar:
    """The app of a witness that is nothing else."""

    async def before_send(message: Message, scope: Scope) -> None:  # noqa: ARG001 - Litestar's form
        if message["type"] == "http.response.start":
            _set_headers(message)

    return Litestar(
        route_handlers=[submit_checkpoint, cosigned_checkpoint, fork_evidence, healthz],
        state=State({"instance": desk}),
        exception_handlers={Exception: problem_answer},
        before_send=[before_send],
        request_max_body_size=MAX_BODY,
        logging_config=None,
        debug=False,
        openapi_config=None,
    )


def _say_no(request: Asked, error: Exception) -> Response[Any]:
    path = request.scope["path"]
    program = any(path == root or path.startswith(f"{root}/") for root in FOR_PROGRAMS)
    if program or "text/html" not in request.headers.get("accept", ""):
        return problem_answer(request, error)
    return error_page(request, error)


def _set_headers(message: Message) -> None:
    """Add what a handler has not said itself."""
    headers: list[tuple[bytes, bytes]] = list(message["headers"])  # type: ignore[typeddict-item]
    said = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in HEADERS.items() if name not in said]
    message["headers"] = headers  # type: ignore[typeddict-unknown-key]

"""Is it alive, is it ready, how much has it done: counts only, nobody in them."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any, Final

import msgspec
from litestar import MediaType, Response, get
from litestar.datastructures import State

from mingma import __version__
from mingma.app import Instance
from mingma.kernel.errors import Problem
from mingma.kernel.times import print_instant

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """How often each route was answered with each status, since the start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str, int]] = Counter()

    def count(self, method: str, route: str, status: int) -> None:
        """One more answer."""
        with self._lock:
            self._counts[method, route, status] += 1

    def all(self) -> list[tuple[tuple[str, str, int], int]]:
        """(method, route, status) and its count, sorted."""
        with self._lock:
            return sorted(self._counts.items())


class Ready(msgspec.Struct):
    """What an instance stands on; `ready` only if all of it is there."""

    ready: bool
    store: bool
    log: bool
    leaves: int
    packs: list[str]
    clock: str
    specimen: bool
    version: str


@get("/healthz", sync_to_thread=False, tags=["health"], summary="Is it alive")
def healthz() -> dict[str, Any]:
    """It answers; nothing else is looked at."""
    return {"status": "ok", "version": __version__}


@get("/readyz", sync_to_thread=True, tags=["health"], summary="Is it ready")
def readyz(state: State) -> Response[Ready]:
    """Store, log and packs; 503 while one of them is missing."""
    instance: Instance = state.instance
    store = log = False
    try:
        with instance.store.read() as unit:
            size, _ = unit.head()
        store, log = True, instance.log.tree.size <= size
    except Problem:
        pass  # not ready, and said so below; codes already given stay good until their end
    ready = Ready(
        ready=store and log,
        store=store,
        log=log,
        leaves=instance.log.tree.size,
        packs=[f"{pack.id}/{pack.ref.edition}" for pack in instance.context.packs],
        clock=print_instant(instance.clock()),
        specimen=instance.context.specimen,
        version=__version__,
    )
    return Response(ready, status_code=200 if ready.ready else 503)


@get(
    "/metrics",
    sync_to_thread=True,
    media_type=MediaType.TEXT,
    tags=["health"],
    summary="Counts for Prometheus",
)
def metrics(state: State) -> Response[str]:
    """Prometheus text: records in the store, answers by route and status."""
    instance: Instance = state.instance
    requests: Requests = state.requests
    with instance.store.read() as unit:
        statistics = unit.statistics()
    lines = [
        "# HELP mingma_records Records in the store, by what they are.",
        "# TYPE mingma_records gauge",
        *(f'mingma_records{{of="{name}"}} {count}' for name, count in sorted(statistics.items())),
        "# HELP mingma_http_requests_total Answers since the start, by route and status.",
        "# TYPE mingma_http_requests_total counter",
        *(
            f'mingma_http_requests_total{{method="{_label(method)}",route="{_label(route)}",'
            f'status="{status}"}} {count}'
            for (method, route, status), count in requests.all()
        ),
    ]
    return Response("\n".join(lines) + "\n", headers={"Content-Type": TEXT})


def _label(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

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
from mingma.build import this_build
from mingma.flows.alarm import alarms
from mingma.flows.cosigned import cosigned_size
from mingma.flows.witness import fork_counts
from mingma.kernel.errors import Problem
from mingma.kernel.times import print_instant
from mingma.ledger.witnessing import Suspicion

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
    """What an instance stands on; `ready` only if all of it is there.

    `alarms` must be looked at; by themselves they stop nothing. `sealing` is `on`, or why nothing
    is taken in any more. Codes are shown then as before, so the instance stays ready. `forks` are
    proofs that a log watched here forked, `unproven` suspicions, which anybody can cause.
    """

    ready: bool
    store: bool
    log: bool
    sealing: str
    leaves: int
    cosigned: int | None
    forks: int
    unproven: int
    alarms: list[str]
    packs: list[str]
    clock: str
    specimen: bool
    version: str
    build: str


@get("/healthz", sync_to_thread=False, tags=["health"], summary="Is it alive")
def healthz() -> dict[str, Any]:
    """It answers; nothing else is looked at."""
    return {"status": "ok", "version": __version__}


@get("/readyz", sync_to_thread=True, tags=["health"], summary="Is it ready")
def readyz(state: State) -> Response[Ready]:
    """Store, log and packs; 503 while one of them is missing."""
    instance: Instance = state.instance
    store = log = False
    cosigned = 0
    forks = dict.fromkeys(map(str, Suspicion), 0)
    raised: list[str] = []
    try:
        with instance.store.read() as unit:
            size, _ = unit.head()
            cosigned = cosigned_size(unit)
            forks = fork_counts(unit)
            raised = alarms(unit)
        store, log = True, instance.log.newest.size <= size
    except Problem:
        pass  # not ready, and said so below; codes already given stay good until their end
    ready = Ready(
        ready=store and log,
        store=store,
        log=log,
        sealing=_sealing(instance),
        leaves=instance.log.newest.size,
        cosigned=None if instance.context.specimen else cosigned,
        forks=forks[Suspicion.SAME_SIZE],
        unproven=forks[Suspicion.UNPROVEN],
        alarms=[*raised, *(f"{duty}/{why}" for duty, why in sorted(instance.undone.items()))],
        packs=[f"{pack.id}/{pack.ref.edition}" for pack in instance.context.packs],
        clock=print_instant(instance.clock()),
        specimen=instance.context.specimen,
        version=__version__,
        build=this_build().hex(),
    )
    return Response(ready, status_code=200 if ready.ready else 503)


def _sealing(instance: Instance) -> str:
    """`on`, or why nothing is taken in."""
    if instance.sealing.stopped is not None:
        return instance.sealing.stopped
    if instance.sealing.unsigned is not None:
        return "signer"
    return "ended" if instance.log.goes_on_at else "on"


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
        cosigned, forks = cosigned_size(unit), fork_counts(unit)
        raised = len(alarms(unit)) + len(instance.undone)
    lines = [
        "# HELP mingma_records Records in the store, by what they are.",
        "# TYPE mingma_records gauge",
        *(f'mingma_records{{of="{name}"}} {count}' for name, count in sorted(statistics.items())),
        "# HELP mingma_cosigned_leaves Leaves under the newest head that met the trust policy.",
        "# TYPE mingma_cosigned_leaves gauge",
        f"mingma_cosigned_leaves {cosigned}",
        "# HELP mingma_forks Evidence held against logs that are watched here, by why.",
        "# TYPE mingma_forks gauge",
        *(f'mingma_forks{{why="{why}"}} {count}' for why, count in sorted(forks.items())),
        "# HELP mingma_alarms Alarms on record, and duties that failed when last tried.",
        "# TYPE mingma_alarms gauge",
        f"mingma_alarms {raised}",
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

"""Public statistics, alarms and samples: for whoever watches those who have power over codes.

Nobody is asked who they are and nothing is noted. Nothing here is about anybody.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from mingma.api.problems import NoSuchRoute, no
from mingma.app import Instance
from mingma.flows.draw_sample import sample_of
from mingma.flows.public_statistics import public_alarms, public_statistics

BRIEFLY: Final = {"Cache-Control": "public, max-age=60"}


@get(
    "/v1/public/statistics",
    sync_to_thread=True,
    tags=["public"],
    summary="What each organ did under each clause, day by day",
)
def statistics(state: State) -> Response[dict[str, Any]]:
    """Acts, refused attempts, appeals and their delays, age of channels; small cells merged."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        return Response(public_statistics(unit, instance.clock()), headers=BRIEFLY)


@get(
    "/v1/public/alarms",
    sync_to_thread=True,
    tags=["public"],
    summary="The alarms of the detectors, with figures and leaves",
)
def alarms(state: State) -> Response[dict[str, Any]]:
    """Every alarm on record, and how many false ones each detector costs a week."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        return Response(public_alarms(unit), headers=BRIEFLY)


@get(
    "/v1/public/samples/{day:str}",
    sync_to_thread=True,
    tags=["public"],
    summary="The random audit of a day",
    responses=no(404),
)
def sample(state: State, day: FromPath[str]) -> Response[dict[str, Any]]:
    """Which leaves were drawn, by which root: docs/formats/sample.md; 404 where none were."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        found = sample_of(unit, day)
    if found is None:
        raise NoSuchRoute
    return Response(found.plain(), headers=BRIEFLY)

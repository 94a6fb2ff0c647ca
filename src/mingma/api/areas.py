"""Published risk areas: where, who listed it, and how many each of them says live there."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.datastructures import State

from mingma.app import Instance
from mingma.flows.added_areas import AREA, Area, areas, standing_of_area
from mingma.flows.emergency import INSTANCE
from mingma.kernel.times import Instant, print_instant
from mingma.ports import Unit


@get(
    "/v1/public/areas",
    sync_to_thread=True,
    tags=["public"],
    summary="Every risk area that was proposed here, oldest first",
)
def every_area(state: State) -> list[dict[str, Any]]:
    """Those that nobody approved, too; names no case and no officer."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        return [_said(unit, one) for one in areas(unit)]


def _said(unit: Unit, one: Area) -> dict[str, Any]:
    standing = standing_of_area(unit, one)
    return {
        "area": one.id,
        "region": one.region,
        "community": one.community,
        "level": one.level,
        "days": one.days,
        "cases": len(one.cases),
        "proposed_by": one.maker.organ,
        "proposed_at": print_instant(one.made_at),
        "residents": one.residents,
        "approved_first_by": standing.approvals[0].organ.id if standing.approvals else None,
        "approved_by": one.approved_by,
        "residents_found": one.found_residents,
        "state": standing.state.hex(),
        "listed_at": _shown(one.listed_at),
        "leaf": unit.index_of(f"{INSTANCE}:{AREA}:{one.id}", 0),
    }


def _shown(instant: Instant | None) -> str | None:
    return None if instant is None else print_instant(instant)

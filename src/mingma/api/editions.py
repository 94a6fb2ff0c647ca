"""Published editions of rule packs: everybody reads a change, and its impact, before it counts."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.datastructures import State
from litestar.params import FromPath

from mingma.api.problems import NoSuchRoute, no
from mingma.app import Instance
from mingma.flows.editions import (
    Edition,
    edition,
    editions,
    files_of,
    impact_of,
    publication_index,
)
from mingma.kernel.times import Instant, print_instant
from mingma.ports import Unit


@get(
    "/v1/public/editions",
    sync_to_thread=True,
    tags=["public"],
    summary="Every change of rules, oldest first",
)
def every_edition(state: State) -> list[dict[str, Any]]:
    """Drafts too: what is here can be read before anybody approves it."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        return [_said(unit, one, instance.clock()) for one in editions(unit)]


@get(
    "/v1/public/editions/{digest:str}",
    sync_to_thread=True,
    tags=["public"],
    summary="A change of rules, whole: its files and its impact",
    responses=no(404),
)
def one_edition(state: State, digest: FromPath[str]) -> dict[str, Any]:
    """The files as they were published, and the counts of the replay."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        one = edition(unit, digest)
        if one is None:
            raise NoSuchRoute
        more = {"files": dict(files_of(unit, digest)), "impact": impact_of(unit, digest)}
        return {**_said(unit, one, instance.clock()), **more}


def _said(unit: Unit, one: Edition, now: Instant) -> dict[str, Any]:
    return {
        "edition": one.digest,
        "pack": one.pack,
        "number": one.number,
        "drafted_by": one.organ,
        "approved_by": one.approved_by,
        "published_at": print_instant(one.published_at),
        "leaf": publication_index(unit, one.digest),
        "active_from": _shown(one.active_from),
        "until": _shown(one.until),
        "ended_at": _shown(one.ended_at),
        "in_force": one.in_force(now),
    }


def _shown(instant: Instant | None) -> str | None:
    return None if instant is None else print_instant(instant)

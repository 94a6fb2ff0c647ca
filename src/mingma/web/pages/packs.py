"""The rules in readable form: clauses with their law, what they give, what is refused and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mingma.app import Instance
from mingma.kernel.errors import Problem
from mingma.rules.pack import Pack
from mingma.shelf import load_pack, pack_ids
from mingma.web.clause_words import Reader
from mingma.web.render import page
from mingma.web.visitor import Asked, instance_of, visitor_of


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a pack does not encode as published: `what` is refused, empty or narrowed."""

    rule: str
    title: str
    what: str
    reason: str
    why: str
    source_colour: str


@get("/packs", sync_to_thread=True)
def packs(request: Asked) -> Response[Any]:
    """The packs in force here, and the others that ship with the software."""
    instance, visitor = instance_of(request), visitor_of(request)
    reader = Reader(visitor.lang, instance.context.divisions)
    here = [pack.id for pack in instance.context.packs]
    others = [id for id in pack_ids() if id not in here]
    shelf = [(id, _load(id)) for id in others]
    return page(
        request,
        "packs.html",
        visitor=visitor,
        in_force=[(pack, withheld(pack, reader)) for pack in instance.context.packs],
        others=[(pack, withheld(pack, reader)) for _, pack in shelf if pack is not None],
        broken=[id for id, pack in shelf if pack is None],
    )


@get("/packs/{id:str}", sync_to_thread=True)
def one_pack(request: Asked, id: FromPath[str]) -> Response[Any]:
    """One pack, clause by clause."""
    instance, visitor = instance_of(request), visitor_of(request)
    pack = _find(instance, id)
    if pack is None:
        raise NotFoundException
    reader = Reader(visitor.lang, instance.context.divisions)
    return page(
        request,
        "pack.html",
        visitor=visitor,
        pack=pack,
        clauses=[(one, [reader.ground(g) for g in one.grounds]) for one in pack.clauses],
        withheld=withheld(pack, reader),
        stale=[(reader.kind(kind), limit // 3600) for kind, limit in pack.stale_after.items()],
    )


def withheld(pack: Pack, reader: Reader) -> list[Withheld]:
    """What the pack refuses or narrows, with the reason and what its source gives."""
    lang, found = reader.lang, list[Withheld]()
    for clause in pack.clauses:
        found += [
            Withheld(
                rule=clause.id,
                title=clause.title.get(lang),
                what=one.how,
                reason=reader.reason(one.reason),
                why=one.why.get(lang),
                source_colour=reader.published(one.source_colour),
            )
            for one in clause.unencoded
        ]
        found += [
            Withheld(
                rule=ground.id,
                title=ground.title_zh if lang == "zh" else ground.title_en,
                what="narrowed",
                reason=reader.narrowed(ground)[1],
                why="",
                source_colour=reader.narrowed(ground)[0],
            )
            for ground in clause.grounds
            if ground.narrowed
        ]
    return found


def _find(instance: Instance, id: str) -> Pack | None:
    """A pack in force, or one of the shelf that loads."""
    for pack in instance.context.packs:
        if pack.id == id:
            return pack
    return _load(id) if id in pack_ids() else None


def _load(id: str) -> Pack | None:
    """The pack, or None where it cannot be loaded."""
    try:
        return load_pack(id)
    except Problem:
        return None

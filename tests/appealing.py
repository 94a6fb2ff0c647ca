"""People who appeal, in a test: what they file, and how it stands."""

from __future__ import annotations

from typing import Any

from mingma.appeals.appeal import Filed
from mingma.appeals.form import read_form
from mingma.appeals.shield import Shield, shield_at
from mingma.flows.file_appeal import Acknowledged, file_appeal
from mingma.flows.kept_appeals import own_appeals
from mingma.flows.log_time import log_time
from mingma.ledger.leaf import Leaf, parse
from tests.instances import Stage


def object_to(scene: Stage, ref: str = "p-ann", **form: Any) -> Acknowledged:
    """File an appeal as the person's own page does."""
    instance = scene.instance
    with instance.acting() as unit:
        return file_appeal(unit, instance.context, ref, read_form(form), instance.clock())


def appeals(scene: Stage, ref: str = "p-ann") -> list[Filed]:
    """The person's appeals."""
    with scene.instance.store.read() as unit:
        return list(own_appeals(unit, ref))


def shield_of(scene: Stage, ref: str = "p-ann") -> Shield | None:
    """The person's shield, if one holds."""
    with scene.instance.store.read() as unit:
        return shield_at(own_appeals(unit, ref), log_time(unit, scene.clock()))


def leaves_of(scene: Stage, *kinds: str) -> list[Leaf]:
    """The sealed leaves of these kinds, in order."""
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        found = [parse(entry)[0] for entry in unit.leaves(0, size)]
    return [leaf for leaf in found if leaf.kind.value in kinds]

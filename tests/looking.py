"""Looks at a person's data in the tests' hands: a card to look up, her log, her call."""

from __future__ import annotations

from typing import Final, Protocol

from mingma.app import Instance
from mingma.flows.enrol import Holder, enrol
from mingma.flows.own_looks import OwnLooks, own_looks
from mingma.flows.tickets import open_call
from tests.instances import Stage, contact

CARD: Final = {"type": "resident_id", "number": "410103199003071237"}


class Staged(Protocol):
    """Whoever has an instance: the offices of flows, or those behind HTTP."""

    @property
    def stage(self) -> Stage:
        """The instance and its clock."""


def ann_red_and_a_card(stage: Stage, other: dict[str, object]) -> None:
    """Ann is a close contact, red; another's record comes with hers; the card's holder is green."""
    stage.send({**contact(), "region": "410103"}, other)
    enrol_the_holder(stage.instance)


def enrol_the_holder(instance: Instance) -> None:
    """The card's holder, of whom nothing is known: green."""
    ref = instance.identify(CARD)
    holders = {ref: Holder(ref, "陈*", "1237")}
    with instance.acting() as unit:
        enrol(unit, instance.context, [ref], instance.clock(), lambda n: b"k" * n, holders)
    instance.renew(ref)


def log_of(here: Staged, ref: str = "p-ann") -> OwnLooks:
    """The person's access log now."""
    instance = here.stage.instance
    with instance.store.read() as unit:
        return own_looks(unit, ref, here.stage.clock(), instance.signer.sign)


def digits(here: Staged, ref: str = "p-ann") -> str:
    """What the person reads out on the telephone."""
    instance = here.stage.instance
    with instance.acting() as unit:
        return open_call(unit, ref, here.stage.clock(), instance.desk.chance).digits

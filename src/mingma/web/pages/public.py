"""What everybody may know of those who have power over codes: alarms, refusals, appeals, delays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from mingma.flows.draw_sample import samples
from mingma.flows.oversee import Alarm, detector_alarms
from mingma.flows.public_statistics import public_statistics
from mingma.web.clause_words import Reader
from mingma.web.render import page
from mingma.web.texts import known
from mingma.web.visitor import Asked, instance_of, visitor_of

MOST_ALARMS = 50  # the newest; the rest are at /v1/public/alarms


@dataclass(frozen=True, slots=True)
class Row:
    """An alarm as a row: the key of its words, what it is about, its figures."""

    alarm: Alarm
    says: str
    figures: list[tuple[str, object]]  # keys of words, and values


@get("/public", sync_to_thread=True)
def public(request: Asked) -> Response[Any]:
    """Alarms, then refused attempts, appeals, samples and the age of every channel."""
    instance = instance_of(request)
    reader = Reader(visitor_of(request).lang, instance.context.divisions)
    now = instance.clock()
    with instance.store.read() as unit:
        figures = public_statistics(unit, now)
        alarms = detector_alarms(unit)
        drawn = samples(unit)
    return page(
        request,
        "public.html",
        figures=figures,
        alarms=[_row(one) for one in alarms[: -MOST_ALARMS - 1 : -1]],
        count=len(alarms),
        drawn=drawn[-1] if drawn else None,
        channels=[(reader.kind(kind), one) for kind, one in sorted(figures["channels"].items())],
    )


def _row(alarm: Alarm) -> Row:
    figures = [(f"public.figure.{name}", value) for name, value in sorted(alarm.figures.items())]
    return Row(
        alarm,
        f"public.detector.{alarm.detector}",
        [one for one in figures if known(one[0])],
    )

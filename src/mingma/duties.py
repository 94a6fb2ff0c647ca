"""What an instance does by itself, each minute and each night: every duty by its name.

A duty that fails is named in `undone` and tried again; all that follows is that the person scans
more leaves, or that a table or an erasure is late.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Final, Protocol

from mingma.build import this_build
from mingma.clock import Clock
from mingma.flows.act_case import Desk
from mingma.flows.area_list import keep_founding_list
from mingma.flows.attempt_flood import keep_attempts
from mingma.flows.context import Context
from mingma.flows.draw_sample import keep_samples
from mingma.flows.erase import keep_retention
from mingma.flows.founding_rules import keep_founding
from mingma.flows.index_hour import keep_hours
from mingma.flows.keep_appeals import keep_appeals
from mingma.flows.keep_asking import KeepAsking
from mingma.flows.log_time import keep_ticking
from mingma.flows.oversee import Watch
from mingma.flows.publish_build import keep_build
from mingma.flows.publish_policy import keep_policy
from mingma.flows.reconcile_nightly import keep_met, keep_nights
from mingma.flows.tally_day import keep_days
from mingma.flows.view_record import keep_looks
from mingma.flows.vouched_rows import Met
from mingma.kernel.errors import Problem
from mingma.ports import Store, Unit

EVERY: Final = 60.0  # seconds between looks at what is due
# What a duty is: it does what is due, and returns how much that was.
Duties = Mapping[str, Callable[[], int]]


class OnDuty(Protocol):
    """What duties need of an instance."""

    @property
    def store(self) -> Store: ...
    @property
    def met(self) -> Met: ...
    @property
    def context(self) -> Context: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def watch(self) -> Watch: ...
    @property
    def policy_file(self) -> bytes: ...

    def acting(self) -> AbstractContextManager[Unit]: ...
    def keep_rules(self) -> int: ...
    def publish_landmarks(self) -> int: ...


def of_the_minute(here: OnDuty) -> Duties:
    """Index, count, erase and look at what is due."""
    organ, now = here.context.organ, here.clock()
    duties: dict[str, Callable[[], int]] = {
        "index": lambda: keep_hours(here.acting, organ, now),
        "tally": lambda: keep_days(here.acting, organ, now),
        "policy": lambda: keep_policy(here.acting, organ, here.policy_file, now),
        "rules": here.keep_rules,
        "retention": lambda: keep_retention(here.store, here.acting, organ, now),
        "time": lambda: keep_ticking(here.acting, now),
        "appeals": lambda: keep_appeals(here.store, here.acting, here.context, now),
        "looks": lambda: keep_looks(here.acting, now),
        "sample": lambda: keep_samples(here.acting, here.context, now),
        "attempts": lambda: keep_attempts(here.acting, here.desk, now),
        "oversight": lambda: here.watch.keep(here.store, here.acting, now),
        "vouched": lambda: keep_met(here.acting, here.met, now),
    }
    if not here.context.specimen:
        packs = here.context.base
        duties["published"] = lambda: keep_founding(here.acting, organ, packs, now)
        areas = here.context.base_areas
        duties["areas"] = lambda: keep_founding_list(here.acting, organ, areas, now)
        duties["build"] = lambda: keep_build(here.acting, organ, this_build(), now)
    return duties


def of_the_night(here: OnDuty, closing: Callable[[], bool]) -> Duties:
    """Once a night, hold all rows against the log; a closing instance ends it."""
    return {"rows": partial(keep_nights, here.store, here.context, here.clock, closing)}


def keep(duties: Duties, undone: dict[str, str]) -> int:
    """Do each duty, naming in `undone` the one that failed, and why; how much was done."""
    done = 0
    for name, duty in duties.items():
        try:
            done += duty()
            undone.pop(name, None)
        except Problem as problem:
            undone[name] = problem.slug
    return done


class Rounds:
    """An instance's duties: done when asked, and from threads of their own from `start` on."""

    def __init__(self, here: OnDuty) -> None:
        self.undone: dict[str, str] = {}  # what failed last, and why
        self._here = here
        self._closing = threading.Event()
        self._threads: tuple[KeepAsking, ...] = ()

    def minute(self) -> int:
        """What is due every minute; returns how much was done."""
        return keep(of_the_minute(self._here), self.undone) + self._here.publish_landmarks()

    def night(self) -> int:
        """What is due once a night, where it was not done; returns how much was."""
        return keep(of_the_night(self._here, self._closing.is_set), self.undone)

    def start(self) -> None:
        """Look at what is due again and again, once begun."""
        if not self._threads:
            # The look of the night may take long, and nothing waits for it.
            self._threads = tuple(KeepAsking(due, EVERY) for due in (self.minute, self.night))
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Let running duties finish."""
        self._closing.set()
        for thread in self._threads:
            thread.stop()

"""Everybody in office over a store that is no memory, and a client who tries again.

Where the store has one writer, an act's leaves have their index when the act is over. On PostgreSQL
the sequencer gives it later, and under a trust policy the witnesses come after that: a step that
needs the index of an earlier one is refused until then, and whoever sent it sends it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.authority.roster import Drawn
from mingma.flows.act_case import Done
from mingma.flows.cosigned import cosigned_size
from mingma.kernel.errors import Problem
from mingma.opening import open_instance
from mingma.ports import Unit
from tests.instances import Stage, stage
from tests.posts import Posts, hold
from tests.under_policy import FakeWitnesses, under_policy

T = TypeVar("T")
# What a client answers by sending it again: each says that a leaf waits for its seal.
AGAIN = {
    "appeal.not_sealed_yet", "grant.not_sealed", "lot.not_yet", "mark.not_sealed",
    "order.too_early",
}  # fmt: skip
TRIES = 20


class Sending(Posts):
    """Officers whose client sends again what came too early."""

    def act(self, officer: str, act: Act, body: Mapping[str, Any]) -> Done:
        return self.again(lambda: Posts.act(self, officer, act, body))

    def drawn(self, proposal: str) -> Drawn:
        return self.again(lambda: Posts.drawn(self, proposal))

    def again(self, step: Callable[[], T]) -> T:
        """A step that is taken once the leaves it needs are sealed and cosigned."""
        for _ in range(TRIES):
            try:
                return step()
            except Problem as refusal:
                if refusal.slug not in AGAIN:
                    raise
            settle(self.stage.instance)
        raise AssertionError("the leaf waits for ever")


def settle(instance: Instance) -> None:
    """Until everything written so far is sealed and, under a policy, cosigned."""
    instance.seal()
    with instance.store.read() as unit:
        size, _ = unit.head()
    while instance.cosigning is not None and _cosigned(instance) < size:
        instance.ask_witnesses()


def _cosigned(instance: Instance) -> int:
    with instance.store.read() as unit:
        return cosigned_size(unit)


@contextmanager
def in_office(
    folder: Path, database: str, *, watched: bool = False, threads: bool = False
) -> Iterator[Sending]:
    """Everybody in office: under three witnesses or none, with the server's threads or without."""
    opened = under_policy(folder, database) if watched else stage(folder, database)
    with opened as made:
        if threads:
            made.instance.start()
        here = Sending(made)
        hold(here)
        settle(made.instance)
        yield here


@contextmanager
def beside(here: Posts, witnesses: FakeWitnesses | None = None) -> Iterator[Posts]:
    """The same officers at another server process over the same database."""
    first = here.stage
    instance = open_instance(first.instance.settings, witness_client=witnesses)
    instance.clock = first.clock
    try:
        yield Posts(Stage(instance, first.clock), here.keys, here.nonces, here.cases, here.sessions)
    finally:
        instance.close()


class ByHand:
    """In the sequencer's place: nothing is sealed before the test says so."""

    def wake(self, waiting: int = 0) -> None:
        """Somebody wrote."""

    def stop(self) -> None:
        """The instance closes."""


def at_once(
    here: Posts, dsn: str, first: Callable[[Unit], object], second: Callable[[], T]
) -> T | Problem:
    """What the second comes to that begins while the first, done before it, is not yet kept."""
    with ThreadPoolExecutor(1) as pool:
        with here.stage.instance.acting() as unit:
            first(unit)
            other = pool.submit(second)
            _until_it_waits(dsn, other.done)
        try:
            return other.result()
        except Problem as refusal:
            return refusal


def _until_it_waits(dsn: str, over: Callable[[], bool]) -> None:
    """Until somebody at the database waits for a lock, or needs none."""
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
    with psycopg.connect(dsn, autocommit=True) as link:
        while not over() and link.execute(waiting).fetchone() != (True,):
            continue

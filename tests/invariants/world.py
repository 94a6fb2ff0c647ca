"""A province under a trust policy, as often as asked: office and ceremony are held once.

The memory store keeps its state as one value that never changes, so a world begins anew by taking
the first state again. Witnesses have a clock of their own, which is right; the server's may be set
back. `reopen` is a restart over the same store. Nothing of one history is left for the next, and
all its chance comes from one seed (`chance.py`).
"""

from __future__ import annotations

import atexit
import copy
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from mingma.app import Instance
from mingma.authority.posts import Post
from mingma.flows.log_time import log_time
from mingma.flows.vouched_rows import VouchedStore
from mingma.kernel.times import Instant
from mingma.opening import open_instance
from mingma.people.identity import check_character
from mingma.settings import Settings
from mingma.storage.memory.state import State
from mingma.storage.memory.store import MemoryStore
from tests.authenticators import Authenticator
from tests.instances import Hands
from tests.invariants.chance import Chance, lay_log_key, without_luck
from tests.posts import Posts, hold
from tests.rule_changes import EXECUTOR, small_town
from tests.under_policy import (
    FakeWitness,
    FakeWitnesses,
    Watched,
    settings_under,
    under_policy,
)


def paper(n: int) -> dict[str, str]:
    """The n-th person's paper."""
    body = f"4101031980010{n % 9 + 1}{n:03}"
    return {"type": "resident_id", "number": body + check_character(body)}


@dataclass(frozen=True, slots=True)
class Office:
    """Everything as it was when everybody had taken office."""

    folder: Path
    state: State
    witnesses: tuple[FakeWitness, ...]
    seen: tuple[State, ...]  # by each witness
    keys: dict[str, Authenticator]


@cache
def office() -> Office:
    """The one office of this process; its folder of keys goes with the process."""
    held = tempfile.TemporaryDirectory(prefix="mingma-machine-")
    atexit.register(held.cleanup)
    folder = Path(held.name)
    lay_log_key(folder / "keys")
    with without_luck(Chance(0), Hands()), under_policy(folder) as watched:
        here = Posts(watched)
        hold(here)
        here.give(EXECUTOR, "ha-data", Post.EXECUTOR)
        watched.instance.keep_duties()
        made = tuple(watched.witnesses.witnesses)
        return Office(
            folder, state_of(watched.instance.store), made,
            tuple(state_of(one.store) for one in made), here.keys,
        )  # fmt: skip


def state_of(store: object) -> State:
    """What a memory store holds now."""
    state = memory_of(store)._state
    assert state is not None
    return state


def memory_of(store: object) -> MemoryStore:
    """The memory store itself, also where its rows of power are vouched for above it."""
    if isinstance(store, VouchedStore):
        store = store._store
    assert isinstance(store, MemoryStore)
    return store


def store_over(state: State) -> MemoryStore:
    """A memory store that holds this."""
    made = MemoryStore()
    made._state = state
    return made


@dataclass(slots=True)
class World:
    """One run of the province."""

    here: Posts
    right: Hands  # what time it is
    settings: Settings
    borrowed: ExitStack  # what is given back when the history is over
    behind: int = 0  # seconds by which the server's clock was set back
    tampered: bool = False
    serial: int = 0

    @property
    def instance(self) -> Instance:
        return self.here.stage.instance

    @property
    def now(self) -> Instant:
        """The server's clock."""
        return self.here.stage.clock()

    def log_time(self) -> Instant:
        """What time acts are done at."""
        with self.instance.store.read() as unit:
            return log_time(unit, self.now)

    @property
    def witnesses(self) -> FakeWitnesses:
        stage = self.here.stage
        assert isinstance(stage, Watched)
        return stage.witnesses

    @property
    def state(self) -> State:
        return state_of(self.instance.store)

    def next(self) -> int:
        """A number of no record yet."""
        self.serial += 1
        return self.serial

    def forward(self, seconds: int) -> None:
        """Time passes, and nothing runs."""
        self.right.forward(seconds)
        self.here.stage.clock.forward(seconds)

    def put_back(self, seconds: int) -> None:
        """The server's clock is set back by so much, from what is right."""
        self.behind = seconds
        self.here.stage.clock.now = Instant(self.right() - seconds)

    def put(self, **tables: object) -> None:
        """Rows are changed behind the program's back."""
        changed = replace(self.state, **tables)  # type: ignore[arg-type]
        memory_of(self.instance.store)._state = changed

    def reopen(self) -> None:
        """Restart over what the store holds; raises what a start raises."""
        old, clock = self.instance, self.here.stage.clock
        self.here.stage.instance = _instance(self.settings, self.state, self.witnesses, clock)
        old.close()

    def close(self) -> None:
        self.instance.close()
        self.borrowed.close()


def new_world(seed: int) -> World:
    """The province on its first day, with its witnesses awake and all chance from a seed."""
    made, right, clock = office(), Hands(), Hands()
    witnesses = FakeWitnesses(
        [
            FakeWitness(one.url, right, one.log, store_over(seen))
            for one, seen in zip(made.witnesses, made.seen, strict=True)
        ]
    )
    with ExitStack() as borrowed:
        folder = Path(borrowed.enter_context(tempfile.TemporaryDirectory(prefix="mingma-machine-")))
        shutil.copytree(made.folder, folder, dirs_exist_ok=True)
        borrowed.enter_context(without_luck(Chance(seed), clock))
        settings = settings_under(folder)
        instance = _instance(settings, made.state, witnesses, clock)
        stage = Watched(instance, clock, witnesses, instance.context.policy)
        keys = {officer: copy.copy(key) for officer, key in made.keys.items()}
        return World(Posts(stage, keys=keys), right, settings, borrowed.pop_all())


def _instance(settings: Settings, state: State, witnesses: FakeWitnesses, clock: Hands) -> Instance:
    with patch("mingma.opening.open_store", lambda _: store_over(state)):
        instance = open_instance(settings, witness_client=witnesses)
    instance.clock = clock
    instance.context = replace(instance.context, town=small_town)
    return instance

"""An instance under a trust policy, and its witnesses in the test's hands."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mingma.clock import Clock
from mingma.flows.known_builds import KnownBuilds
from mingma.flows.sources import register
from mingma.flows.witness import Cosigner, Witness, add_checkpoint, forks, last_cosigned
from mingma.kernel.errors import Problem
from mingma.kernel.times import print_instant
from mingma.keys import log_keys
from mingma.ledger.note import KeyType, VerifierKey
from mingma.ledger.policy import Policy
from mingma.ledger.witnessing import NotTheLatest
from mingma.opening import open_instance
from mingma.ports import Store
from mingma.records import WitnessSilent
from mingma.settings import Settings
from mingma.storage import open_store
from tests.instances import CLERK, DEMO, LAB, NOW, Hands, Stage, at
from tests.unit.ledger.published import ed25519, mldsa44


@dataclass
class FakeWitness:
    """A real witness on a store of its own; `says`, if set, is what it answers instead."""

    url: str
    clock: Clock
    log: tuple[VerifierKey, ...]
    store: Store = field(default_factory=lambda: open_store("memory:"))
    awake: bool = True
    says: tuple[int, bytes] | None = None
    shows: bytes | None = None  # … and what it shows as the log's last checkpoint
    asked: int = 0

    def __post_init__(self) -> None:
        name = self.url.removeprefix("https://")
        self.key, sign = ed25519(name.encode().ljust(32), name, KeyType.ED25519_COSIGNATURE)
        self.quantum_key, quantum_sign = mldsa44(name.encode().ljust(32), name)
        self._cosigners = (Cosigner(self.key, sign), Cosigner(self.quantum_key, quantum_sign))
        self._witness = Witness(self._cosigners, {self.log[0].name: self.log})

    def watch(self, *log: VerifierKey) -> None:
        """Watch the log with these keys, too."""
        logs = {self.log[0].name: self.log, log[0].name: log}
        self._witness = Witness(self._cosigners, logs)

    def know(self, builds: KnownBuilds) -> None:
        """Cosign nothing that another build runs."""
        self._witness = replace(self._witness, builds=builds)

    def answer(self, request: bytes) -> tuple[int, bytes]:
        self.asked += 1
        if not self.awake:
            raise WitnessSilent(url=self.url)
        if self.says is not None:
            return self.says
        try:
            lines = add_checkpoint(self.store, self._witness, request, self.clock())
        except NotTheLatest as refusal:
            return 409, f"{refusal.details['size']}\n".encode()
        except Problem as refusal:
            return refusal.status, refusal.slug.encode()
        return 200, "".join(map(str, lines)).encode()

    def last(self, origin_hash: str) -> tuple[int, bytes]:
        if not self.awake:
            raise WitnessSilent(url=self.url)
        if self.shows is not None:
            return 200, self.shows
        with self.store.read() as unit:
            found = last_cosigned(unit, origin_hash)
        return (404, b"") if found is None else (200, found)

    def against(self, origin_hash: str) -> tuple[int, bytes]:
        """As `/witness/…/forks` gives it."""
        with self.store.read() as unit:
            found = forks(unit, origin_hash)
        return 200, json.dumps([asdict(one) for one in found]).encode()


@dataclass
class FakeWitnesses:
    """The port `WitnessClient` over witnesses in this process."""

    witnesses: list[FakeWitness]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_checkpoint(self, url: str, request: bytes) -> tuple[int, bytes]:
        return next(one for one in self.witnesses if one.url == url).answer(request)

    def checkpoint(self, url: str, origin_hash: str) -> tuple[int, bytes]:
        return next(one for one in self.witnesses if one.url == url).last(origin_hash)

    def forks(self, url: str, origin_hash: str) -> tuple[int, bytes]:
        return next(one for one in self.witnesses if one.url == url).against(origin_hash)

    def close(self) -> None:
        """There is nothing to release."""

    def sleep(self) -> None:
        for one in self.witnesses:
            one.awake = False

    def wake(self) -> None:
        for one in self.witnesses:
            one.awake = True

    def __getitem__(self, index: int) -> FakeWitness:
        return self.witnesses[index]


def policy_text(log: VerifierKey, witnesses: list[FakeWitness], needs: int) -> str:
    lines = [f"log {log}"]
    for n, one in enumerate(witnesses):
        lines.append(f"witness w{n} {one.key} {one.url}")
        lines.append(f"witness w{n}pq {one.quantum_key} {one.url}")
    names = " ".join(f"w{n}" for n in range(len(witnesses)))
    return "\n".join([*lines, f"group all {needs} {names}", "quorum all", ""])


@dataclass(slots=True)
class Watched(Stage):
    """An instance under a policy, with its witnesses."""

    witnesses: FakeWitnesses = field(default_factory=lambda: FakeWitnesses([]))
    policy: Policy | None = None

    def approve(self, *records: Mapping[str, Any]) -> None:
        """Bring records in as approved acts would: their approval is not the test's matter."""
        real = self.instance.context
        self.instance.context = replace(real, specimen=True)
        try:
            assert self.send(*records, source="demo").refused == 0
        finally:
            self.instance.context = real


def settings_under(
    folder: Path, database: str = "memory:", policy: str = "policy", **more: str
) -> Settings:
    """Settings that name the policy file in a folder."""
    return Settings(
        database=database, keys=str(folder / "keys"), organ="command.henan.example/codes",
        policy=str(folder / policy) if policy else "", clock=print_instant(NOW), **more,
    )  # fmt: skip


def make_witnesses(folder: Path, clock: Clock, count: int = 3, needs: int = 2) -> FakeWitnesses:
    """Witnesses of the log whose keys are in a folder, and the policy file that asks for them."""
    (folder / "keys").mkdir(exist_ok=True, mode=0o700)
    keys = tuple(one.key for one in log_keys(folder / "keys", Settings().origin))
    made = [FakeWitness(f"https://w{n}.example", clock, keys) for n in range(count)]
    (folder / "policy").write_text(policy_text(keys[0], made, needs))
    return FakeWitnesses(made)


@contextmanager
def under_policy(
    folder: Path, database: str = "memory:", count: int = 3, **more: str
) -> Iterator[Watched]:
    """An instance that three witnesses watch, of which two are enough; an emergency in force."""
    clock = Hands()
    witnesses = make_witnesses(folder, clock, count)
    instance = open_instance(settings_under(folder, database, **more), witness_client=witnesses)
    instance.clock = clock
    made = Watched(instance, clock, witnesses, instance.context.policy)
    try:
        with instance.store.write() as unit:
            for source in (LAB, CLERK, DEMO):
                register(unit, source, instance.context.organ, clock())
        made.declare()
        instance.seal()
        yield made
    finally:
        instance.close()


def infected(id: str = "i1", subject: str = "p-ann", hours: float = -2) -> dict[str, Any]:
    """A confirmed infection, which a laboratory's own signature brings in: red."""
    return {
        "id": id, "kind": "infection", "subject": subject, "at": at(hours), "region": "410100",
        "data": {"class": "confirmed", "sample": f"s-{id}"},
    }  # fmt: skip

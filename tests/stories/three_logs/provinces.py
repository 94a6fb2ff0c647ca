"""Three provinces on three ports: real servers, real witnesses over HTTP, a database file each.

Each has a log, keys and a trust policy of its own, which asks for the cosignatures of both others.
The servers run in threads of the test, so that it can look at an instance and stop the clock;
nothing else is stood in for.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn

from mingma.app import Instance
from mingma.codes.check import check
from mingma.codes.outcome import Checked
from mingma.flows.sources import register
from mingma.issuer import load_trust
from mingma.kernel.times import print_instant
from mingma.keys import log_keys
from mingma.ledger.landmarks import parse_landmarks
from mingma.ledger.policy import parse_policy
from mingma.opening import open_instance
from mingma.serving import create_app
from mingma.settings import Settings
from mingma.storage import open_store
from mingma.witness_keys import load_witness
from tests.instances import DEMO, LAB, Hands, Stage, ndjson, signature

NAMES: Final = ("henan", "hebei", "hubei")
REGIONS: Final = {"henan": "410000", "hebei": "130000", "hubei": "420000"}
STARTED_WITHIN: Final = 30  # seconds
HOST: Final = "127.0.0.1"


@dataclass(slots=True)
class Province:
    """One of them: its folder, its port and, while it runs, its instance and server."""

    name: str
    folder: Path
    port: int
    clock: Hands
    instance: Instance | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def here(self) -> Instance:
        assert self.instance is not None, "it does not run"
        return self.instance

    def settings(self, folder: Path | None = None) -> Settings:
        """Its settings, or those of a copy of its folder."""
        folder = folder or self.folder
        return Settings(
            database=f"sqlite:///{folder / 'mingma.db'}",
            keys=str(folder / "keys"),
            organ=f"command.{self.name}.example/codes",
            origin=f"ledger.{self.name}.example/codes/2022",
            region=REGIONS[self.name],
            policy=str(folder / "policy"),
            publish=str(folder / "public"),
            port=self.port,
            clock=print_instant(self.clock()),
        )

    def start(self) -> None:
        """Open the instance, and serve it."""
        instance = open_instance(self.settings())
        self._running.callback(instance.close)
        instance.clock = self.clock
        self.instance = instance
        self._running.enter_context(served(instance, self.port))

    def stop(self) -> None:
        """End both; the files stay."""
        self.instance = None
        self._running.close()

    def send(self, *records: Mapping[str, Any]) -> dict[str, Any]:
        """What a laboratory sends over HTTP, under its signature."""
        body = ndjson(records)
        signed = {
            "Content-Type": "application/x-ndjson",
            "Mingma-Source": LAB.id,
            "Mingma-Signature": signature(body, LAB.id),
        }
        answer = httpx.post(f"{self.address}/v1/evidence", content=body, headers=signed, timeout=60)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["refused"] == 0, found
        return found

    def approve(self, *records: Mapping[str, Any]) -> None:
        """Bring records in as an approved act would: its approval is another story."""
        real = self.here.context
        self.here.context = replace(real, specimen=True)
        try:
            assert Stage(self.here, self.clock).send(*records, source=DEMO.id).refused == 0
        finally:
            self.here.context = real

    def ready(self) -> dict[str, Any]:
        """What it says of itself."""
        found: dict[str, Any] = httpx.get(f"{self.address}/readyz").json()
        return found

    def gate(self) -> Gate:
        """A gate that loads this province's landmarks now, over the network."""
        landmarks = httpx.get(f"{self.address}/ledger/landmarks").content
        policy = parse_policy((self.folder / "policy").read_bytes())
        return Gate(
            self.folder / "keys" / "trust", parse_landmarks(landmarks).verify(policy), self.clock
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """Who checks codes: certificates, and the roots it believed when it loaded them."""

    trust: Path
    roots: Mapping[int, bytes]
    clock: Hands

    def check(self, token: str, frame: str | None) -> Checked:
        """The outcome, offline."""
        trust, _ = load_trust(self.trust)
        return check(token, self.clock(), trust=trust, receipt=frame, landmarks=self.roots)


@contextmanager
def served(instance: Instance, port: int) -> Iterator[None]:
    """Serve an instance on a port, from a thread."""
    config = uvicorn.Config(
        create_app(instance), host=HOST, port=port, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + STARTED_WITHIN
        while not server.started:
            assert thread.is_alive(), "the server stopped"
            assert time.monotonic() < until, "the server did not start"
            with suppress(RuntimeError):
                thread.join(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(STARTED_WITHIN)


@contextmanager
def three_provinces(folder: Path) -> Iterator[dict[str, Province]]:
    """All three, each with one laboratory and a declared emergency, cosigned by both others."""
    clock = Hands()
    ports = _free_ports()
    all_of_them = {
        name: Province(name, folder / name, port, clock)
        for name, port in zip(NAMES, ports, strict=True)
    }
    for one in all_of_them.values():
        (one.folder / "keys" / "witnessed").mkdir(parents=True)
        (one.folder / "keys").chmod(0o700)
        log_keys(one.folder / "keys", one.settings().origin)
    for one in all_of_them.values():
        _introduce(one, [other for other in all_of_them.values() if other is not one])
    for one in all_of_them.values():
        _write_policy(one, [other for other in all_of_them.values() if other is not one])
    with ExitStack() as running:
        for one in all_of_them.values():
            running.callback(one.stop)
            one.start()
        for one in all_of_them.values():
            with one.here.store.write() as unit:
                for source in (LAB, DEMO):
                    register(unit, source, one.here.context.organ, clock())
            Stage(one.here, clock).declare()
            one.here.seal()
            one.here.keep_duties()
        yield all_of_them


def _introduce(one: Province, others: list[Province]) -> None:
    """Give it the others' keys to watch; that makes it a witness with keys of its own."""
    for other in others:
        vkey = (other.folder / "keys" / "log.vkey").read_bytes()
        (one.folder / "keys" / "witnessed" / f"{other.name}.vkey").write_bytes(vkey)
    assert load_witness(one.folder / "keys", one.settings().organ) is not None


def _write_policy(one: Province, others: list[Province]) -> None:
    """Both others must have cosigned."""
    lines = [f"log {key}" for key in (one.folder / "keys" / "log.vkey").read_text().split()]
    for other in others:
        keys = (other.folder / "keys" / "witness.vkey").read_text().split()
        for name, key in zip((other.name, f"{other.name}-pq"), keys, strict=True):
            lines.append(f"witness {name} {key} {other.address}/witness")
    names = " ".join(other.name for other in others)
    text = "\n".join([*lines, f"group both 2 {names}", "quorum both", ""])
    (one.folder / "policy").write_text(text)


def _free_ports() -> list[int]:
    """Ports that nobody listens on, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in NAMES]
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def leaves_of(folder: Path) -> list[tuple[bytes, str, int]]:
    """Entry, subject and number of every leaf in a copy's database."""
    store = open_store(f"sqlite:///{folder / 'mingma.db'}")
    try:
        with store.read() as unit:
            size, _ = unit.head()
            entries, acts = unit.leaves(0, size), unit.acts(0, size)
    finally:
        store.close()
    return [(entry, *act) for entry, act in zip(entries, acts, strict=True)]

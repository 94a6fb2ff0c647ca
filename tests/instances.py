"""A whole instance on a store of the test's own, with a clock that the test sets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.app import Instance
from mingma.evidence.channels import KINDS
from mingma.flows.emergency import declare_emergency
from mingma.flows.receive_evidence import Envelope
from mingma.kernel.times import DAY, HOUR, Instant, parse_instant, print_instant
from mingma.opening import open_instance
from mingma.records import Batch, Emergency, Source
from mingma.settings import Settings

Row = dict[str, Any]

NOW = parse_instant("2022-06-14T12:00:00+08:00")
LAB_KEY = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
DEMO_KEY = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
LAB = Source(
    id="lab-1",
    organ="Henan CDC laboratory",
    title="Laboratory one",
    key=LAB_KEY.public_key().public_bytes_raw(),
    kinds=frozenset(KINDS),
    demo=False,
)
DEMO = Source(
    id="demo",
    organ="Demo",
    title="Demo",
    key=DEMO_KEY.public_key().public_bytes_raw(),
    kinds=frozenset(KINDS),
    demo=True,
)
CLERK = Source(
    id="clerk",
    organ="Community office",
    title="Daily reports only",
    key=LAB.key,
    kinds=frozenset({"daily_report"}),
    demo=False,
)
KEYS = {LAB.id: LAB_KEY, DEMO.id: DEMO_KEY, CLERK.id: LAB_KEY}


@dataclass(slots=True)
class Hands:
    """A clock that stands until it is set."""

    now: Instant = NOW

    def __call__(self) -> Instant:
        return self.now

    def forward(self, seconds: int) -> None:
        self.now = Instant(self.now + seconds)


@dataclass(slots=True)
class Stage:
    """An instance, its clock, and how a test sends to it."""

    instance: Instance
    clock: Hands = field(default_factory=Hands)

    def send(self, *records: Mapping[str, Any], source: str = "demo") -> Batch:
        """Send records as one signed NDJSON batch."""
        body = ndjson(records)
        return self.instance.receive(envelope(body, source))

    def declare(self, days: int = 60) -> None:
        """An emergency from yesterday on."""
        now = self.clock()
        with self.instance.store.write() as unit:
            declare_emergency(
                unit,
                Emergency(
                    id=f"e-{now}",
                    basis="传染病防治法第四十三条",
                    organ="specimen.example/command",
                    starts=Instant(now - DAY),
                    ends=Instant(now - DAY + days * DAY),
                ),
                now,
            )

    def colour(self, ref: str) -> str:
        """The colour that the person's own page shows now."""
        return self.instance.show(ref, "en").colour.value


@contextmanager
def stage(
    folder: Path,
    database: str = "memory:",
    *,
    emergency: bool = True,
    packs: str = "cn-henan-2021-08",
    sign_in: str = "development",
    publish: str = "",
    signer: str = "",
) -> Iterator[Stage]:
    """An instance with three sources, and an emergency unless told otherwise."""
    settings = Settings(
        database=database, keys=str(folder / "keys"), packs=packs, sign_in=sign_in,
        clock=print_instant(NOW), publish=publish, signer=signer,
    )  # fmt: skip
    made = Stage(open_instance(settings))
    made.instance.clock = made.clock
    try:
        with made.instance.store.write() as unit:
            for source in (LAB, DEMO, CLERK):
                unit.add_source(source)
        if emergency:
            made.declare()
        made.instance.seal()
        yield made
    finally:
        made.instance.close()


def ndjson(records: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def envelope(body: bytes, source: str = "demo") -> Envelope:
    """The signed envelope of an NDJSON body."""
    lines = [(n, line) for n, line in enumerate(body.split(b"\n"), start=1) if line]
    return Envelope(source, body, KEYS[source].sign(body), lines)


def signature(body: bytes, source: str = "lab-1") -> str:
    return base64.b64encode(KEYS[source].sign(body)).decode()


def at(hours: float = 0) -> str:
    """An instant so many hours from noon, as it is written."""
    return print_instant(Instant(NOW + int(hours * HOUR)))


def sample(
    id: str = "t1", subject: str = "p-ann", hours: float = -2, **data: Any
) -> dict[str, Any]:
    """A test result sampled so many hours from noon, reported an hour later."""
    return {
        "id": id,
        "kind": "test",
        "subject": subject,
        "at": at(hours),
        "region": "410100",
        "data": {
            "assay": "pcr",
            "result": "positive",
            "tube": "single",
            "reported_at": at(hours + 1),
            "sample": f"s-{id}",
            **data,
        },
    }


def contact(
    id: str = "c1", subject: str = "p-ann", hours: float = -24, **data: Any
) -> dict[str, Any]:
    """A close contact's finding."""
    return {
        "id": id,
        "kind": "contact_finding",
        "subject": subject,
        "at": at(hours),
        "data": {"relation": "close", "index": "case-7", **data},
    }


def withdrawal(
    of: str, id: str = "w1", subject: str = "p-ann", hours: float = -0.5
) -> dict[str, Any]:
    return {
        "id": id,
        "kind": "withdrawal",
        "subject": subject,
        "at": at(hours),
        "data": {"of": of, "reason": "wrong person"},
    }


def refusals(stage: Stage, batch: Batch) -> list[tuple[int, str]]:
    """(line, slug) of the refused records of a batch."""
    with stage.instance.store.read() as unit:
        return [(one.line, one.slug) for one in unit.turned(batch.source, batch.id)]

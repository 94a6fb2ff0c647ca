"""A province's files after two honest days, and copies of them to lay hands on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx

from mingma.app import Instance
from mingma.codes.receipt_frame import write_frame
from mingma.codes.token import CREDENTIAL_SIZE, LEAF_SIZE, Flags, Status, issue
from mingma.issuer import organ_issuer
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import SEVERITY, Colour
from mingma.ledger.short_receipt import ShortReceipt
from mingma.ledger.tree import Tree, leaf_hash
from mingma.opening import open_instance
from mingma.ports import WitnessClient
from mingma.records import WitnessSilent
from tests.instances import sample, withdrawal
from tests.sealed_rows import entries_of
from tests.stories.three_logs.provinces import Gate, Province, leaves_of
from tests.under_policy import infected

MANY: Final = 140  # people with a negative test: two leaves each, so that a tile gets full
ANN, BOB, DAN, CYD = "p-ann", "p-bob", "p-dan", "p-000"
LOOKED_AT: Final = (ANN, BOB, DAN, CYD, "p-001")


@dataclass(slots=True)
class Good:
    """What an honest province left: its folder, yesterday's, and what everybody was shown."""

    province: Province
    others: Mapping[str, Province]
    folder: Path
    yesterday: Path
    gate: Gate
    colours: Mapping[str, Colour]
    entries: list[bytes]
    acts: list[tuple[str, int]]

    @property
    def size(self) -> int:
        return len(self.entries)

    def index(self, subject: str, number: int) -> int:
        return self.acts.index((subject, number))

    def copy(self, folder: Path) -> Copy:
        shutil.copytree(self.folder, folder)
        return Copy(self, folder)


@dataclass(slots=True)
class Copy:
    """Files that somebody with all rights on them may edit."""

    good: Good
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "mingma.db"

    @property
    def public(self) -> Path:
        return self.folder / "public"

    def sql(self, *statements: str, **values: object) -> None:
        """Do it to the database's file, past everything that guards it."""
        with closing(sqlite3.connect(self.database)) as link:
            link.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                assert link.execute(statement, values).rowcount > 0, statement
            link.commit()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as link:
            return link.execute(statement).fetchall()

    def open(self, client: WitnessClient | None = None) -> Instance:
        """An instance on it; its witnesses are silent unless others are given."""
        good = self.good.province
        settings = replace(good.settings(self.folder), publish="")
        instance = open_instance(settings, witness_client=client or Silent())
        instance.clock = good.clock
        return instance

    def start(self, client: WitnessClient | None = None) -> int:
        """The exit status of a start: 0 if it goes on to serve."""
        try:
            instance = self.open(client)
            try:  # as `serving.create_app` begins
                instance.must_fit()
                instance.seal()
            finally:
                instance.close()
        except Problem as problem:
            return problem.exit_status
        return 0

    def nobody_is_worse(self, instance: Instance) -> None:
        """Each colour shown is no worse than the true one, and no token says otherwise."""
        for ref in LOOKED_AT:
            true = SEVERITY[self.good.colours[ref]]
            try:
                shown = instance.show(ref, "en")
            except Problem:
                continue  # nothing is shown
            assert SEVERITY.get(shown.colour, 0) <= true, (ref, shown.colour)
            if shown.token is not None:
                seen = self.good.gate.check(shown.token, shown.frame)
                assert seen.colour is None or SEVERITY[seen.colour] <= true, (ref, seen)

    def forged(self) -> tuple[str, str]:
        """A red for somebody green, signed with the true issuer's key, on the log as it is here."""
        entries = entries_of(self.database)
        size = max(self.good.gate.roots)
        other = (n for n, entry in enumerate(entries) if entry not in self.good.entries)
        at = min(next(other, self.good.index(CYD, 1)), len(entries) - 1)
        tree = Tree(leaf_hash(entry) for entry in entries[:size])
        index = min(at, tree.size - 1)
        short = ShortReceipt(entries[at], index, size, tuple(tree.inclusion_proof(index)))
        now = self.good.province.clock()
        signer = organ_issuer(self.folder / "keys", now, self.good.province.settings().organ)
        status = Status(
            colour=Colour.RED, jurisdiction=410000, edition=1, credential=bytes(CREDENTIAL_SIZE),
            issued_at=now, expires_at=Instant(now + HOUR), name="*", last_four="0000",
            flags=Flags.STATIC, leaf=leaf_hash(entries[at])[:LEAF_SIZE],
        )  # fmt: skip
        return issue(status, signer.kid, signer.sign), write_frame(short)


class Silent:
    """Witnesses that do not answer."""

    def add_checkpoint(self, url: str, request: bytes) -> tuple[int, bytes]:
        raise WitnessSilent(url=url)

    def checkpoint(self, url: str, origin_hash: str) -> tuple[int, bytes]:
        raise WitnessSilent(url=url)

    def close(self) -> None:
        """There is nothing to release."""


@contextmanager
def two_days(provinces: Mapping[str, Province], folder: Path) -> Iterator[Good]:
    """Henan after two days, stopped; the others still serve, and witness."""
    henan = provinces["henan"]
    many = [sample(f"n{n}", f"p-{n:03}", result="negative") for n in range(MANY)]
    henan.send(*many, infected("i-ann", ANN))
    henan.approve(infected("i-bob", BOB))
    henan.clock.forward(HOUR)
    henan.approve(withdrawal("i-bob", subject=BOB, hours=0.5))
    keep(henan, folder / "yesterday")
    henan.clock.forward(DAY)
    henan.send(infected("i-dan", DAN, hours=22))
    henan.clock.forward(HOUR)
    gate = henan.gate()
    colours = {ref: henan.here.show(ref, "en").colour for ref in LOOKED_AT}
    assert [colours[ref].value for ref in LOOKED_AT] == ["red", "green", "red", "green", "green"]
    keep(henan, folder / "good")
    henan.stop()
    leaves = leaves_of(folder / "good")
    yield Good(
        henan, provinces, folder / "good", folder / "yesterday", gate, colours,
        [entry for entry, _, _ in leaves], [(subject, number) for _, subject, number in leaves],
    )  # fmt: skip


def keep(province: Province, folder: Path) -> None:
    """A copy of its files: the database as one, and the landmarks as a mirror keeps them."""
    shutil.copytree(province.folder, folder, ignore=shutil.ignore_patterns("mingma.db*"))
    with (
        closing(sqlite3.connect(province.folder / "mingma.db")) as here,
        closing(sqlite3.connect(folder / "mingma.db")) as there,
    ):
        here.backup(there)
    landmarks = httpx.get(f"{province.address}/ledger/landmarks").content
    (folder / "public" / "landmarks").write_bytes(landmarks)

"""A year's end under three witnesses, and what an operator does then: what its stories share."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.cli.next_log import NextLog, next_log
from mingma.codes.check import check
from mingma.codes.outcome import Checked
from mingma.flows.agree_key import KeyNotAgreed
from mingma.kernel.times import HOUR, print_instant
from mingma.ledger.note import parse_key
from mingma.opening import open_instance
from mingma.settings import Settings
from tests.appealing import object_to
from tests.everywhere import Sending, in_office, settle
from tests.instances import contact, sample
from tests.posts import OPERATORS
from tests.under_policy import FakeWitnesses, Watched

NEXT = "ledger.specimen.example/codes/2023"
PEOPLE = {"p-ann": "red", "p-bob": "yellow", "p-cat": "green"}


@dataclass
class Year:
    """An instance at the end of a year, and what an operator does then."""

    here: Sending
    folder: Path
    opened: list[Instance] = field(default_factory=list)

    @property
    def scene(self) -> Watched:
        assert isinstance(self.here.stage, Watched)
        return self.here.stage

    @property
    def instance(self) -> Instance:
        return self.scene.instance

    @property
    def witnesses(self) -> FakeWitnesses:
        return self.scene.witnesses

    def turn(self, origin: str = NEXT, *, cosigned: bool = True) -> NextLog:
        """The command of the year's end, as the service stands still."""
        folder = self.folder / f"keys-{origin[-4:]}"
        try:
            return next_log(self.instance, origin, folder, cosigned=cosigned)
        except KeyNotAgreed as asked:  # two operators and an auditor sign for what was made
            body = self.here.agree_key("log", bytes.fromhex(str(asked.details["digest"])))
            self.here.act(OPERATORS[0], Act.ROTATE_KEY, body)
        return next_log(self.instance, origin, folder, cosigned=cosigned)

    def settings(self, made: NextLog) -> Settings:
        return replace(
            self.instance.settings,
            origin=made.origin, keys=str(made.folder), policy=str(made.policy),
        )  # fmt: skip

    def watch(self, made: NextLog) -> None:
        """The witnesses' operators register the next log's keys."""
        for one in self.witnesses.witnesses:
            one.watch(*(parse_key(key) for key in made.vkey.splitlines()))

    def start(self, settings: Settings) -> Instance:
        """Start again, the earlier process still there and forgotten."""
        settings = replace(settings, clock=print_instant(self.scene.clock()))
        instance = open_instance(settings, witness_client=self.witnesses)
        instance.clock = self.scene.clock
        self.opened.append(instance)
        self.scene.instance = instance
        return instance

    def colours(self) -> dict[str, str]:
        return {ref: self.scene.colour(ref) for ref in PEOPLE}

    def at_the_gate(self, ref: str, landmarks: dict[int, bytes] | None = None) -> Checked:
        shown = self.instance.show(ref, "en")
        assert shown.token is not None
        roots = dict(self.instance.landmarks()) if landmarks is None else landmarks
        return check(
            shown.token, self.scene.clock(),
            trust=self.instance.trust, receipt=shown.frame, landmarks=roots,
        )  # fmt: skip


@contextlib.contextmanager
def at_the_end_of_a_year(tmp_path: Path, database: str) -> Iterator[Year]:
    """Everybody in office under three witnesses; a red who has objected, a yellow, a green."""
    with in_office(tmp_path, database, watched=True) as here:
        made = Year(here, tmp_path)
        scene, clock = made.scene, made.scene.clock
        made.instance.keep_duties()
        scene.approve(
            sample("t0", result="negative"),
            {**contact(), "organ": "zz-hc", "region": "410105"},
            contact("c2", "p-bob", hours=-15 * 24),
            sample("t3", "p-cat", result="negative"),
        )
        settle(made.instance)
        assert made.colours() == PEOPLE
        object_to(scene)
        settle(made.instance)
        # The first head after a full hour is a landmark that gates keep for days.
        clock.forward(HOUR)
        scene.approve(sample("t4", "p-dan", result="negative"))
        settle(made.instance)
        clock.forward(60)
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: [one.close() for one in made.opened])
            yield made


def backup(folder: Path, to: Path) -> None:
    """A copy of the database as it is at this moment."""
    with (
        contextlib.closing(sqlite3.connect(folder / "mingma.db")) as one,
        contextlib.closing(sqlite3.connect(to)) as other,
    ):
        one.backup(other)


def instance_keys(year: Year, number: int) -> Path:
    """The folder of keys of the first, second … year."""
    return year.folder / ("keys" if not number else f"keys-{2022 + number}")

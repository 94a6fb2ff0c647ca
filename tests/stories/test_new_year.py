"""A year ends, and the service goes on: another log, the same people, colours, appeals and powers.

Controls broken to see these fail: the seal's look at where the log goes on, the order in which the
last leaf is sealed, the heads to start behind, the copies of the other keys, the log's name in the
trust policy, and the first leaf's digest.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mingma.app import Instance, open_instance
from mingma.authority.acts import Act
from mingma.cli.next_log import NextLog, next_log
from mingma.codes.check import Checked
from mingma.codes.results import Result
from mingma.flows.check_token import check_token
from mingma.flows.cosigned import cosigned_head
from mingma.kernel.times import HOUR, print_instant
from mingma.ledger.note import parse_key
from mingma.settings import Settings
from tests.appealing import appeals, object_to
from tests.everywhere import Sending, in_office, settle
from tests.instances import contact, sample
from tests.under_policy import FakeWitnesses, Watched

NEXT = "ledger.specimen.example/codes/2023"
PEOPLE = {"p-ann": "red", "p-bob": "yellow", "p-cat": "green"}
WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"


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
        return check_token(
            shown.token, self.scene.clock(),
            trust=self.instance.trust, receipt=shown.frame, landmarks=roots,
        )  # fmt: skip


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Year]:
    """Everybody in office under three witnesses; a red who has objected, a yellow, a green."""
    with in_office(tmp_path, f"sqlite:///{tmp_path}/mingma.db", watched=True) as here:
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


def answer(year: Year, officer: str = "zz-hq-appeal_officer") -> dict[str, Any]:
    words = {"outcome": "upheld", "reason": "not_this_person", "text": WHY}
    body = {"subject": "p-ann", "appeal": appeals(year.scene)[-1].appeal.number, **words}
    return year.here.act(officer, Act.ANSWER_APPEAL, body).answer


def test_the_service_goes_on_and_nobody_s_colour_is_another(year: Year) -> None:
    loaded = dict(year.instance.landmarks())  # by a gate, in the old year
    decided = {ref: year.instance.show(ref, "en").decision for ref in PEOPLE}
    made = year.turn()
    year.watch(made)
    instance = year.start(year.settings(made))
    assert year.colours() == PEOPLE
    assert {ref: instance.show(ref, "en").decision for ref in PEOPLE} == decided
    for ref, colour in PEOPLE.items():
        for landmarks in (None, loaded):
            found = year.at_the_gate(ref, landmarks)
            assert (found.result, found.colour and found.colour.value) == (Result.OK, colour)
    with instance.store.read() as unit:
        found_head = cosigned_head(unit)
    assert found_head is not None
    assert (found_head[1].origin, found_head[1].size) == (NEXT, made.start + 1)
    # An officer answers under the grant of last year; the person is green at once.
    assert answer(year)["state"] == "upheld"
    assert year.scene.colour("p-ann") == "green"
    assert instance.reconcile() == []

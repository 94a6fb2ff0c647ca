"""What a thief of the issuer's key can do with what is public, and what not (decision 0022).

The tests that begin with `test_residue` say what is left to be closed: they fail once it is, and
then docs/formats/token.md, SECURITY.md and the guide to keys change with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.codes.bundle import parse_bundle
from mingma.codes.check import check
from mingma.codes.outcome import Checked
from mingma.codes.receipt_frame import write_frame
from mingma.codes.results import Result
from mingma.codes.token import CREDENTIAL_SIZE, LEAF_SIZE, Flags, Status, issue
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.ledger.commitment import tag
from mingma.ledger.files import LogFiles
from mingma.ledger.landmarks import parse_landmarks
from mingma.ledger.leaf import Kind, parse
from mingma.ledger.short_receipt import ShortReceipt
from mingma.ledger.tree import leaf_hash
from tests.looking import CARD, enrol_the_holder
from tests.posts import Posts, hold
from tests.under_policy import Watched, infected, under_policy

VICTIM = ("陈*", "1237")  # as her own token shows her, and her card begins and ends
STATION = {"place": "railway_station", "region": "410103"}


@dataclass(slots=True)
class Thief:
    """Has the issuer's key, and whatever is public. No row, no K, no other key."""

    scene: Watched
    files: LogFiles = field(init=False)
    roots: dict[int, bytes] = field(init=False)

    def __post_init__(self) -> None:
        landmarks = parse_landmarks(self.scene.instance.landmarks_file())
        newest = landmarks.heads[-1]
        self.files = LogFiles(self.scene.instance.public_log.file, newest)
        assert self.scene.policy is not None
        self.roots = landmarks.verify(self.scene.policy)  # what a gate has loaded

    def forge(self, index: int, colour: Colour = Colour.RED) -> tuple[str, str]:
        """A token in the victim's name that cites the leaf at an index, and that leaf's receipt."""
        entry, now = self.files.entry(index), self.scene.clock()
        status = Status(
            colour=colour, jurisdiction=410000, edition=1, credential=bytes(CREDENTIAL_SIZE),
            issued_at=now, expires_at=Instant(now + HOUR), name=VICTIM[0], last_four=VICTIM[1],
            flags=Flags.STATIC, leaf=leaf_hash(entry)[:LEAF_SIZE],
        )  # fmt: skip
        proof = tuple(self.files.inclusion_proof(index))
        signer = self.scene.instance.signer
        receipt = ShortReceipt(entry, index, self.files.size, proof)
        return issue(status, signer.kid, signer.sign), write_frame(receipt)

    def at_a_gate(self, index: int, colour: Colour = Colour.RED) -> Checked:
        """What a gate without a network makes of it."""
        token, frame = self.forge(index, colour)
        return check(
            token, self.scene.clock(), trust=self.scene.instance.trust,
            receipt=frame, landmarks=self.roots,
        )  # fmt: skip

    def leaves(self) -> Iterator[tuple[int, Kind, str]]:
        """Every public leaf: its kind, and the colour that it can give."""
        for index in range(self.files.size):
            leaf, _ = parse(self.files.entry(index))
            yield index, leaf.kind, leaf.after or ""

    def reds(self) -> list[int]:
        return [n for n, kind, to in self.leaves() if kind is Kind.DECISION and to == Colour.RED]


@pytest.fixture
def thief(tmp_path: Path) -> Iterator[Thief]:
    """Under a policy: the victim is green, somebody else is red and cosigned."""
    with under_policy(tmp_path) as scene:
        scene.send(infected(), source="lab-1")
        enrol_the_holder(scene.instance)
        scene.instance.ask_witnesses()
        yield Thief(scene)


def victim(thief: Thief) -> str:
    return thief.scene.instance.identify(CARD)


def test_residue_he_reddens_whom_he_likes_at_an_offline_gate_by_anybody_s_red_leaf(
    thief: Thief,
) -> None:
    (index,) = thief.reds()
    found = thief.at_a_gate(index)
    assert (found.result, found.colour) == (Result.OK, Colour.RED)
    assert found.bearer is not None
    assert (found.bearer.name, found.bearer.last_four) == VICTIM


def test_residue_the_red_leaf_may_be_of_a_decision_that_is_long_over(thief: Thief) -> None:
    (index,) = thief.reds()
    thief.scene.clock.forward(59 * DAY)
    assert thief.scene.colour("p-ann") != Colour.RED
    assert thief.at_a_gate(index).colour is Colour.RED


def test_without_anybody_s_red_leaf_he_makes_no_red(thief: Thief) -> None:
    refused = set()
    for index, kind, to in thief.leaves():
        if index not in thief.reds():
            found = thief.at_a_gate(index)
            assert (found.result, found.colour) == (Result.UNPROVEN, None), (kind, to)
            refused |= set(found.reasons)
    assert refused == {"receipt.other_leaf", "receipt.other_colour"}


def test_a_gate_that_asks_the_server_about_the_card_is_told_the_victim_s_own_colour(
    thief: Thief,
) -> None:
    here = Posts(thief.scene)
    hold(here)
    token, _ = thief.forge(thief.reds()[0])
    body = {"identity": CARD, **STATION, "token": token}
    answer = here.act("zz-gate-gate_guard", Act.CHECK_CODE, body).answer
    assert (answer["valid"], answer["colour"]) == (True, "green")
    # In the name of whose leaf it is it gets no further: her card is another one.
    other = {**CARD, "number": "410103198001010014"}
    with pytest.raises(NotAllowed):
        here.act("zz-gate-gate_guard", Act.CHECK_CODE, {**body, "identity": other})


def test_the_victim_s_own_page_and_bundle_show_that_the_leaf_is_not_hers(thief: Thief) -> None:
    (index,) = thief.reds()
    instance, ref = thief.scene.instance, victim(thief)
    assert instance.show(ref, "en").colour is Colour.GREEN
    bundle, _ = parse_bundle(instance.own_bundle(ref))
    cited = thief.files.entry(index)
    assert cited not in [event.entry for event in bundle.events]
    hers = {tag(bundle.key, number) for number in range(len(bundle.events) + 2)}
    assert parse(cited)[0].tag not in hers

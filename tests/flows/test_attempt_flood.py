"""Nobody fills the log with refused attempts, and none of them is lost to the public."""

from __future__ import annotations

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.attempt_flood import MOST, TooManyAttempts
from mingma.flows.attempts import counted
from mingma.flows.oversight_events import events
from mingma.flows.public_statistics import attempts_by_organ
from mingma.kernel.canonical import canonical, from_b64url
from mingma.kernel.times import HOUR
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, Leaf, parse
from tests.posts import Posts

POLICE = "zz-police-liaison"
LIST = {"rows": [{"subject": f"p-{n}"} for n in range(1317)]}


def leaves(here: Posts) -> list[Leaf]:
    with here.stage.instance.store.read() as unit:
        found = [parse(entry)[0] for entry in unit.leaves(0, unit.head()[0])]
    return [leaf for leaf in found if leaf.kind is Kind.ATTEMPT]


def flood(here: Posts, more: int) -> None:
    """Sixty that have leaves, and some more."""
    for _ in range(MOST):
        with pytest.raises(NotAllowed):
            here.act(POLICE, Act.PROPOSE_MARK, LIST)
    for _ in range(more):
        with pytest.raises(TooManyAttempts):
            here.act(POLICE, Act.PROPOSE_MARK, LIST)


def test_a_flood_is_one_leaf_more_an_hour_and_its_counts_are_public(here: Posts) -> None:
    here.stage.clock.now = type(here.stage.clock.now)(here.stage.clock() // HOUR * HOUR)
    flood(here, 4)
    with pytest.raises(TooManyAttempts):
        here.act(POLICE, Act.PROPOSE_CONTACTS, {"rows": [1]})
    assert len(leaves(here)) == MOST
    here.stage.instance.keep_duties()
    assert len(leaves(here)) == MOST  # the hour is not over
    here.stage.clock.forward(HOUR)
    here.stage.instance.keep_duties()
    here.stage.instance.keep_duties()
    assert here.stage.instance.undone == {}
    assert len(leaves(here)) == MOST + 2
    assert counted(here.attempts()) == [
        ("zz-police", "propose_contacts", "1", 1), ("zz-police", "propose_mark", "1000+", 64),
    ]  # fmt: skip
    last = next(one for one in here.attempts() if one.count == 4)
    said = {
        "act": last.act, "bin": int(last.bin), "count": 4, "organ": last.organ,
        "policies": list(last.policies), "size": last.size,
    }  # fmt: skip
    hidden = commitment(from_b64url(last.nonce), canonical(said))
    assert hidden in [leaf.commitment for leaf in leaves(here)]
    assert last.bin == here.stage.clock() - HOUR
    with here.stage.instance.store.read() as unit:
        seen = events(unit, here.stage.clock()).attempts
        public = attempts_by_organ(unit, "")
    assert sum(one.people for one in seen) == 64 * 1000 + 1  # the detectors count them all
    assert [one["count"] for one in public] == [1, 64]  # and so does everybody


def test_whoever_floods_is_free_again_in_the_next_hour_and_others_always(here: Posts) -> None:
    flood(here, 1)
    with pytest.raises(NotAllowed):
        here.act("zz-social-liaison", Act.PROPOSE_MARK, LIST)
    here.stage.clock.forward(HOUR)
    with pytest.raises(NotAllowed):
        here.act(POLICE, Act.PROPOSE_MARK, LIST)


def test_a_single_one_too_many_is_counted_too(here: Posts) -> None:
    flood(here, 1)
    here.stage.clock.forward(HOUR)
    here.stage.instance.keep_duties()
    assert [row[3] for row in counted(here.attempts())] == [MOST + 1]

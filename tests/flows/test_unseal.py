"""Two auditors of two bodies open a drawn leaf together; one alone, or any other, does not."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.draw_sample import keep_samples, samples
from mingma.flows.look import looks_at
from mingma.flows.tally_day import TOLERANCE, keep_days
from mingma.flows.unseal import CONSENT_HOLDS, UNSEALED, NothingToUnseal, unsealed
from mingma.kernel.times import HOUR, Instant
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, parse
from tests.instances import NOW, sample
from tests.posts import Posts, posts

ONE, OTHER = "ha-audit-auditor", "cn-audit-auditor"


@contextmanager
def audited(folder: Path, people: int) -> Iterator[Posts]:
    """A day with decisions, over, its sample drawn."""
    with posts(folder) as made:
        made.stage.send(*(sample(f"t{n}", f"p-{n}") for n in range(people)))
        made.stage.clock.now = Instant(NOW + 12 * HOUR + TOLERANCE)
        instance = made.stage.instance
        keep_days(instance.acting, instance.context.organ, made.stage.clock())
        assert keep_samples(instance.acting, instance.context, made.stage.clock()) == 1
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    """A day with thirty people, of whom all are in the sample."""
    with audited(tmp_path, 30) as made:
        yield made


def leaf_of(here: Posts, *, drawn: bool, kind: Kind = Kind.DECISION) -> int:
    with here.stage.instance.store.read() as unit:
        [found] = samples(unit)
        entries = unit.leaves(found.start, found.end)
    return next(
        index
        for index, entry in enumerate(entries, found.start)
        if parse(entry)[0].kind is kind and (index in found.leaves) is drawn
    )


def test_two_auditors_of_two_bodies_open_a_drawn_leaf(here: Posts) -> None:
    leaf = leaf_of(here, drawn=True)
    here.act(ONE, Act.READ_AUDIT, {"leaf": leaf})
    opened = here.act(OTHER, Act.UNSEAL, {"leaf": leaf}).answer
    body, nonce = (base64.urlsafe_b64decode(opened[name] + "==") for name in ("body", "nonce"))
    with here.stage.instance.store.read() as unit:
        subject, _ = unit.acts(leaf, leaf + 1)[0]
        assert commitment(nonce, body) == parse(unit.leaves(leaf, leaf + 1)[0])[0].commitment
        [looked] = looks_at(unit, subject)
        assert looked.body["purpose"] == "audit"
        assert looked.body["organ"] == "cn-audit"
        assert unsealed(unit) == 1
        [record] = unit.records(UNSEALED)
    assert subject not in record.id
    assert subject.encode() not in record.body


def test_one_auditor_alone_is_refused_in_public(here: Posts) -> None:
    leaf = leaf_of(here, drawn=True)
    here.act(ONE, Act.READ_AUDIT, {"leaf": leaf})
    with pytest.raises(NotAllowed):
        here.act(ONE, Act.UNSEAL, {"leaf": leaf})
    assert [(one.act, one.organ) for one in here.attempts()] == [("unseal", "ha-audit")]
    with here.stage.instance.store.read() as unit:
        assert unsealed(unit) == 0


def test_a_consent_of_yesterday_or_for_another_leaf_does_not_count(here: Posts) -> None:
    leaf = leaf_of(here, drawn=True)
    here.act(ONE, Act.READ_AUDIT, {"leaf": leaf + 1})
    with pytest.raises(NotAllowed):
        here.act(OTHER, Act.UNSEAL, {"leaf": leaf})
    here.act(ONE, Act.READ_AUDIT, {"leaf": leaf})
    here.stage.clock.forward(CONSENT_HOLDS)
    with pytest.raises(NotAllowed):
        here.act(OTHER, Act.UNSEAL, {"leaf": leaf})


def test_a_leaf_that_chance_did_not_draw_stays_sealed(tmp_path: Path) -> None:
    with audited(tmp_path, 250) as here:
        leaf = leaf_of(here, drawn=False)
        here.act(ONE, Act.READ_AUDIT, {"leaf": leaf})
        with pytest.raises(NotAllowed):
            here.act(OTHER, Act.UNSEAL, {"leaf": leaf})


def test_nobody_else_opens_anything(here: Posts) -> None:
    leaf = leaf_of(here, drawn=True)
    for officer in ("zz-data-executor", "zz-cdc-investigator", "ha-hq-commander"):
        for act in (Act.READ_AUDIT, Act.UNSEAL):
            with pytest.raises(NotAllowed):
                here.act(officer, act, {"leaf": leaf})


@pytest.mark.parametrize("leaf", [0, 10**9])
def test_what_is_about_nobody_or_not_there_has_nothing_to_open(here: Posts, leaf: int) -> None:
    here.act(ONE, Act.READ_AUDIT, {"leaf": leaf})
    with pytest.raises(NothingToUnseal):
        here.act(OTHER, Act.UNSEAL, {"leaf": leaf})

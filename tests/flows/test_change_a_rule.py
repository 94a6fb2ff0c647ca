"""A change of rules: in the open first, by two organs, with its impact, and over by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.approval import HasteRefused
from mingma.authority.refusal import NotAllowed
from mingma.flows.draft_rule import NoTown
from mingma.flows.editions import EDITION, edition, edition_digest, impact_of, in_force
from mingma.flows.founding_rules import PackNeverPublished, keep_founding, must_be_published
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.publish_rule import (
    EditionDone,
    NotTwoLevels,
    WithdrawalWorsens,
    public_since,
)
from mingma.flows.signed_act import ActStale
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.records import PasskeyRefused, Record
from mingma.rules.guard import RuleRefused
from mingma.rules.impact import Impact, Town, impact
from mingma.rules.lint import NotTheNextEdition, OutOfBounds
from mingma.rules.pack import Pack, read_pack
from mingma.rules.strict import BadPack
from tests.instances import contact
from tests.posts import Posts
from tests.rule_changes import (
    APPROVER,
    AUTHOR,
    EXECUTOR,
    PACK,
    changed,
    draft,
    rule_makers,
    shipped,
)
from tests.under_policy import Watched, under_policy


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    with rule_makers(tmp_path, monkeypatch) as made:
        yield made


def packs(here: Posts) -> list[tuple[str, int]]:
    instance = here.stage.instance
    with instance.store.read() as unit:
        found = in_force(unit, instance.context, instance.clock())
    return [(pack.id, pack.edition) for pack in found.packs]


def test_a_draft_is_published_with_its_impact_before_anybody_approves(here: Posts) -> None:
    digest = draft(here, changed("days: [0, 14]", "days: [0, 3]"))
    with here.stage.instance.store.read() as unit:
        one = edition(unit, digest)
        counts = impact_of(unit, digest)
        leaf, _ = parse(unit.leaves(unit.head()[0] - 1, unit.head()[0])[0])
    assert one is not None
    assert (one.pack, one.number, one.approved_by, one.active_from) == (PACK, 2, None, None)
    assert (leaf.kind, leaf.digest, leaf.rule) == (
        Kind.RULE_PUBLISH, bytes.fromhex(digest), f"{PACK}@2",
    )  # fmt: skip
    assert counts == {
        "town": "a small town", "days": 14, "people": 13, "worse": 0, "better": 12,
        "cells": [{"area": "410102", "age": "20-59", "who": "better", "count": 12}],
    }  # fmt: skip
    assert packs(here) == [(PACK, 1)]


def test_it_counts_from_its_activation_on_for_whoever_reads_the_store(here: Posts) -> None:
    here.stage.send(contact(hours=-5 * 24))
    assert here.stage.colour("p-ann") == "red"
    digest = published(here)
    here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
    assert packs(here) == [(PACK, 2)]
    # A finding under the edition before falls by itself; the duty decides anew for everybody.
    assert here.stage.colour("p-ann") == "green"
    here.stage.instance.keep_duties()
    assert here.stage.colour("p-ann") == "yellow"
    with here.stage.instance.store.read() as unit:
        decision = unit.decisions_in_force(["p-ann"])["p-ann"]
    assert [(ref.id, ref.edition) for ref in decision.packs] == [(PACK, 2)]


def test_nobody_brings_a_harsher_edition_back_alone(here: Posts) -> None:
    """Twelve of the town are better off under the second edition, and so is Ann."""
    here.stage.send(contact(hours=-5 * 24))
    digest = published(here)
    here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
    here.stage.instance.keep_duties()
    with pytest.raises(WithdrawalWorsens):
        here.act(APPROVER, Act.WITHDRAW_RULE, {"edition": digest})
    assert packs(here) == [(PACK, 2)]
    assert here.stage.colour("p-ann") == "yellow"
    assert [one.act for one in here.attempts()] == ["withdraw_rule"]


def test_what_was_never_put_into_force_is_taken_back_at_will(here: Posts) -> None:
    digest = published(here)
    here.act(APPROVER, Act.WITHDRAW_RULE, {"edition": digest})
    with pytest.raises(EditionDone):
        here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})


def test_a_withdrawn_edition_gives_way_to_the_one_before(here: Posts) -> None:
    digest = published(here, "days: [0, 14]", "days: [0, 28]")
    here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
    here.act(APPROVER, Act.WITHDRAW_RULE, {"edition": digest})
    assert packs(here) == [(PACK, 1)]
    for act, officer in ((Act.WITHDRAW_RULE, APPROVER), (Act.ACTIVATE_RULE, EXECUTOR)):
        with pytest.raises(EditionDone):
            here.act(officer, act, {"edition": digest})


def test_twenty_four_hours_lie_between_publication_and_effect(here: Posts) -> None:
    digest = draft(here, changed("days: [0, 14]", "days: [0, 3]"))
    here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})
    here.stage.clock.forward(24 * HOUR - 1)
    assert refused(here, EXECUTOR, Act.ACTIVATE_RULE, digest) == {"F39-published-first"}
    here.stage.clock.forward(1)
    here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})


def test_what_nobody_approved_is_not_put_into_force(here: Posts) -> None:
    digest = draft(here, changed())
    here.stage.clock.forward(30 * HOUR)
    assert refused(here, EXECUTOR, Act.ACTIVATE_RULE, digest) == {"F40-activate-approved"}
    assert packs(here) == [(PACK, 1)]


def test_the_drafting_organ_does_not_approve_and_nobody_approves_twice(here: Posts) -> None:
    digest = draft(here, changed())
    assert refused(here, AUTHOR, Act.APPROVE_RULE, digest) == {"F01-granted"}
    here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})
    with pytest.raises(EditionDone):
        here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})


IDENTITY = [
    'subject: {within: "41"}', "id_number: x", "household: x", "hukou: x", "name: x", "phone: x",
    "bank: x", "index: case-1", "organ: x", "place: x",
]  # fmt: skip


@pytest.mark.parametrize("condition", IDENTITY)
def test_a_clause_that_names_who_somebody_is_is_refused(here: Posts, condition: str) -> None:
    files = changed("relation: close", f"relation: close, {condition}")
    with pytest.raises(BadPack):
        draft(here, files)
    assert packs(here) == [(PACK, 1)]


def test_a_rule_without_exposure_is_a_public_attempt(here: Posts) -> None:
    files = changed("kind: contact_finding, relation: close", "kind: check_in")
    with pytest.raises(RuleRefused):
        draft(here, files)
    assert [one.act for one in here.attempts()] == [Act.DRAFT_RULE]


@pytest.mark.parametrize(
    ("old", "new"),
    [("days: [0, 14]", "days: [0, 140]"), ("days: [0, 14]", "hours: 2000")],
)
def test_a_number_beyond_the_nation_s_bounds_is_refused(here: Posts, old: str, new: str) -> None:
    with pytest.raises(OutOfBounds):
        draft(here, changed(old, new))
    assert len(here.attempts()) == 1


def test_an_area_that_is_no_division_is_refused_by_the_policies(here: Posts) -> None:
    files = changed("relation: close", 'relation: close, region: {within: "419999"}')
    with pytest.raises(NotAllowed) as refusal:
        draft(here, files)
    assert refusal.value.details["policies"] == "F37-five-hundred"


def test_the_replay_of_a_draft_runs_before_its_transaction_and_once(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, held = here.stage.instance, []

    def tried(town: Town, before: Sequence[Pack], after: Sequence[Pack]) -> Impact:
        with instance.store.write():  # refused inside another one of this thread
            held.append(len(after))
        return impact(town, before, after)

    monkeypatch.setattr("mingma.flows.draft_rule.impact", tried)
    draft(here, changed("days: [0, 14]", "days: [0, 3]"))
    assert len(held) == 1


def test_who_may_not_draft_has_nothing_tried(here: Posts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mingma.flows.draft_rule.impact", None)
    files = changed("days: [0, 14]", "days: [0, 3]")
    with pytest.raises(NotAllowed):
        here.act(EXECUTOR, Act.DRAFT_RULE, {"files": files})
    signed = here.sign(AUTHOR, Act.DRAFT_RULE, {"files": files})
    with pytest.raises(PasskeyRefused):
        here.stage.instance.perform(replace(signed, body={"files": {**files, "x": ""}}))
    with pytest.raises(ActStale):
        here.stage.instance.perform(replace(signed, at=Instant(signed.at - 301)))


def test_published_editions_stay_as_they_were_and_no_number_is_left_out(here: Posts) -> None:
    with pytest.raises(NotTheNextEdition):
        draft(here, dict(shipped()))
    files = changed()
    files["pack.yaml"] = files["pack.yaml"].replace("title: {zh: ", "title: {zh: 新", 1)
    with pytest.raises(NotTheNextEdition):
        draft(here, files)


def test_without_a_city_to_try_it_on_nothing_is_published(here: Posts) -> None:
    here.stage.instance.context = replace(here.stage.instance.context, town=None)
    with pytest.raises(NoTown):
        draft(here, changed())


# -- the emergency path


def hastened(here: Posts, hours: int = 48) -> str:
    until = print_instant(Instant(here.stage.clock() + hours * HOUR))
    return draft(here, changed("days: [0, 14]", "days: [0, 3]"), until=until)


def test_the_emergency_path_takes_an_hour_two_levels_and_is_over_by_itself(here: Posts) -> None:
    digest = hastened(here)
    with pytest.raises(NotTwoLevels):
        here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})
    here.act("cn-hq-rule_approver", Act.APPROVE_RULE, {"edition": digest})
    here.stage.clock.forward(HOUR - 1)
    assert refused(here, EXECUTOR, Act.ACTIVATE_RULE, digest) == {"F39-published-first"}
    here.stage.clock.forward(1)
    here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
    here.stage.clock.forward(47 * HOUR - 1)
    assert packs(here) == [(PACK, 2)]
    here.stage.clock.forward(1)
    assert packs(here) == [(PACK, 1)]


def test_a_fourth_in_thirty_days_and_a_term_over_72_hours_are_refused(here: Posts) -> None:
    with pytest.raises(HasteRefused, match="term"):
        hastened(here, 73)
    for _ in range(3):
        hastened(here)
        here.stage.clock.forward(HOUR)
    with pytest.raises(HasteRefused, match="often"):
        hastened(here)
    assert len(here.attempts()) == 2
    here.stage.clock.forward(30 * DAY)
    hastened(here)


def test_one_whose_term_is_over_is_not_put_into_force_any_more(here: Posts) -> None:
    digest = hastened(here)
    here.act("cn-hq-rule_approver", Act.APPROVE_RULE, {"edition": digest})
    here.stage.clock.forward(48 * HOUR)
    with pytest.raises(EditionDone):
        here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})


# -- under a trust policy


def test_publication_counts_from_when_witnesses_saw_it(tmp_path: Path) -> None:
    with under_policy(tmp_path) as watched:
        instance = watched.instance
        watched.witnesses.sleep()
        files = changed()
        said = {
            "edition": 2, "files": files, "impact": "", "level": "province", "line": "health",
            "made_at": 0, "maker": "m", "organ": "ha-hc", "pack": PACK, "until": None,
            "pack_digest": read_pack(files).digest,
        }  # fmt: skip
        digest = edition_digest(said)
        leaf = Leaf(kind=Kind.RULE_PUBLISH, digest=bytes.fromhex(digest), organ="ha", rule="x@2")
        with instance.acting() as unit:
            unit.add_record(Record(EDITION, digest, watched.clock(), canonical(said)))
            unit.add_leaves([leaf_of_nobody(EDITION, digest, leaf, watched.clock())])
        assert since(watched, digest) is None
        watched.clock.forward(HOUR)
        watched.witnesses.wake()
        instance.ask_witnesses()
        assert since(watched, digest) == watched.clock()


def since(watched: Watched, digest: str) -> Instant | None:
    instance = watched.instance
    with instance.store.read() as unit:
        one = edition(unit, digest)
        assert one is not None
        return public_since(unit, instance.context, one)


# -- rules that came by no road


def test_an_instance_starts_only_with_rules_it_published(here: Posts) -> None:
    instance = here.stage.instance
    ours, other = instance.context.packs, read_pack(changed())
    with instance.store.read() as unit:
        must_be_published(unit, [other])  # nothing was published yet: the first day
    assert keep_founding(instance.acting, "ha-hq", ours, instance.clock()) == 1
    assert keep_founding(instance.acting, "ha-hq", [other], instance.clock()) == 0
    with instance.store.read() as unit:
        must_be_published(unit, ours)
        with pytest.raises(PackNeverPublished):
            must_be_published(unit, [other])


def published(here: Posts, old: str = "days: [0, 14]", new: str = "days: [0, 3]") -> str:
    """The digest of an edition that was approved and public for a day."""
    digest = draft(here, changed(old, new))
    here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})
    here.stage.clock.forward(24 * HOUR)
    return digest


def refused(here: Posts, officer: str, act: Act, digest: str) -> set[str]:
    """The policies that refused."""
    with pytest.raises(NotAllowed) as refusal:
        here.act(officer, act, {"edition": digest})
    return set(str(refusal.value.details["policies"]).split())

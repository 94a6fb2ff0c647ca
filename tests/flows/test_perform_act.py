"""The one door: which signatures open it, and what a refused act leaves behind.

Controls broken to see these fail: the freshness window, the search for the digest, the comparison
of counters, the check for any grant, and the attempt's leaf.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.authority.refusal import NotAllowed
from mingma.flows import rosters
from mingma.flows.attempts import attempts_since, counted, size_class
from mingma.flows.leaf_names import officer_mark, public_name
from mingma.flows.offices import GrantNotSealed
from mingma.flows.perform_act import NotThisWay, PasskeyCloned, perform
from mingma.flows.signed_act import FRESH, ActReplayed, ActStale
from mingma.kernel.canonical import canonical, from_b64url
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.commitment import commitment
from mingma.ledger.leaf import Kind, parse
from mingma.records import PasskeyRefused
from tests.authenticators import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, Authenticator
from tests.posts import Posts


def roster(here: Posts, officer: str = "zz-hq-checker-0") -> dict[str, Any]:
    """An act that the city's commander may do."""
    now = here.stage.clock()
    shift = {
        "officer": officer,
        "starts": print_instant(Instant(now + 40 * HOUR)),
        "ends": print_instant(Instant(now + 44 * HOUR)),
    }
    return {"organ": "zz-hq", "shifts": [shift]}


def nothing_was_kept(here: Posts) -> bool:
    with here.stage.instance.store.read() as unit:
        late = Instant(here.stage.clock() + 40 * HOUR)
        return not rosters.roster(unit, late, late) and not attempts_since(unit, Instant(0))


def test_an_act_that_is_signed_freshly_under_a_grant_is_done(here: Posts) -> None:
    signed = here.sign("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    done = here.stage.instance.perform(signed)
    assert (done.answer, done.id) == ({"shifts": 1}, signed.digest().hex())
    assert not nothing_was_kept(here)


@pytest.mark.parametrize("late", [-FRESH - 1, FRESH + 1])
def test_a_signature_of_another_time_is_stale(here: Posts, late: int) -> None:
    at = Instant(here.stage.clock() + late)
    signed = here.sign("zz-hq-commander", Act.PUT_ROSTER, roster(here), at=at)
    with pytest.raises(ActStale):
        here.stage.instance.perform(signed)
    assert nothing_was_kept(here)


@pytest.mark.parametrize("late", [-FRESH, FRESH])
def test_a_signature_within_five_minutes_is_fresh(here: Posts, late: int) -> None:
    at = Instant(here.stage.clock() + late)
    here.stage.instance.perform(here.sign("zz-hq-commander", Act.PUT_ROSTER, roster(here), at=at))


def test_an_act_sent_again_is_refused_and_done_once(here: Posts) -> None:
    signed = here.sign("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    here.stage.instance.perform(signed)
    with pytest.raises(ActReplayed):
        here.stage.instance.perform(signed)
    again = here.key("zz-hq-commander").sign(signed.challenge())
    with pytest.raises(ActReplayed):  # the same act signed once more
        here.stage.instance.perform(replace(signed, assertion=again))


@pytest.mark.parametrize(
    "changed",
    [
        {"officer": "ha-hq-commander"},
        {"act": Act.GIVE_GRANT},
        {"nonce": "another-nonce-of-its-own"},
        {"body": {"organ": "ha-hq", "shifts": []}},
        {"officer": "nobody-at-all"},
    ],
)
def test_an_act_with_anything_changed_is_not_the_one_signed(
    here: Posts, changed: dict[str, Any]
) -> None:
    signed = here.sign("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    with pytest.raises(PasskeyRefused):
        here.stage.instance.perform(replace(signed, **changed))
    assert nothing_was_kept(here)


def test_another_s_passkey_does_not_open_the_door(here: Posts) -> None:
    here.keys["zz-hq-commander"] = Authenticator("a stranger")
    with pytest.raises(PasskeyRefused):
        here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    assert nothing_was_kept(here)


def test_a_passkey_whose_counter_goes_back_is_cloned_and_its_act_an_attempt(here: Posts) -> None:
    here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    here.keys["zz-hq-commander"] = Authenticator("zz-hq-commander")  # a copy that counts anew
    with pytest.raises(PasskeyCloned):
        here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here, "zz-hq-checker-1"))
    [attempt] = here.attempts()
    assert (attempt.organ, attempt.policies) == ("zz-hq", ("F03-passkey",))


def test_a_key_that_can_be_copied_signs_no_act(here: Posts) -> None:
    here.key("zz-hq-commander").flags = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP
    with pytest.raises(NotAllowed, match="hardware passkey"):
        here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    assert here.attempts()[0].policies == ("F03-passkey",)


@pytest.mark.parametrize(
    ("officer", "rails"),
    [
        ("zz-police-liaison", ("F01-granted", "F05-empty-row")),
        ("zz-social-liaison", ("F01-granted", "F05-empty-row")),
        ("zz-stability-liaison", ("F01-granted", "F05-empty-row")),
        ("ha-supplier-liaison", ("F01-granted", "F05-empty-row")),
        ("zz-data-executor", ("F01-granted",)),
        ("zz-gate-gate_guard", ("F01-granted",)),
    ],
)
def test_who_has_no_power_leaves_an_attempt_that_says_so(
    here: Posts, officer: str, rails: tuple[str, ...]
) -> None:
    body = {"rows": [{"subject": f"p-{n}"} for n in range(1317)]}
    with pytest.raises(NotAllowed) as refused:
        here.act(officer, Act.PROPOSE_MARK, body)
    assert refused.value.policies == rails
    [attempt] = here.attempts()
    assert (attempt.act, attempt.size, attempt.policies) == ("propose_mark", "1000+", rails)


def test_what_nobody_may_do_is_refused_to_everybody(here: Posts) -> None:
    for act in (Act.SET_COLOUR, Act.IMPORT_IDENTITY_LIST, Act.RUN_SQL, Act.DELETE_LOG):
        with pytest.raises(NotAllowed, match="nobody has this power"):
            here.act("ha-hq-commander", act, {"colour": "red"})
    assert {one.policies for one in here.attempts()} == {("F06-never",)}


def test_an_attempt_is_a_leaf_that_opens_in_public_and_names_nobody(here: Posts) -> None:
    body = {"rows": [{"subject": "p-ann"}] * 40}
    with pytest.raises(NotAllowed):
        here.act("zz-social-liaison", Act.PROPOSE_MARK, body)
    [attempt] = here.attempts()
    assert attempt.leaf_index is not None
    with here.stage.instance.store.read() as unit:
        entry = unit.leaves(attempt.leaf_index, attempt.leaf_index + 1)[0]
    leaf, _ = parse(entry)
    said = {
        "act": attempt.act,
        "bin": attempt.bin,
        "organ": attempt.organ,
        "policies": list(attempt.policies),
        "size": attempt.size,
    }
    nonce = from_b64url(attempt.nonce)
    assert leaf.kind is Kind.ATTEMPT
    assert leaf.commitment == commitment(nonce, canonical(said))
    assert b"liaison" not in entry
    assert b"p-ann" not in entry
    assert counted(here.attempts()) == [("zz-social", "propose_mark", "10-99", 1)]


def test_an_attempt_is_not_kept_twice_and_counts_as_sent(here: Posts) -> None:
    signed = here.sign("zz-social-liaison", Act.PROPOSE_MARK, {"rows": [1]})
    with pytest.raises(NotAllowed):
        here.stage.instance.perform(signed)
    with pytest.raises(ActReplayed):
        here.stage.instance.perform(signed)
    assert len(here.attempts()) == 1


@pytest.mark.parametrize(
    ("people", "name"),
    [(1, "1"), (2, "2-9"), (9, "2-9"), (10, "10-99"), (99, "10-99"), (100, "100-999"),
     (999, "100-999"), (1000, "1000+")],
)  # fmt: skip
def test_size_classes_begin_and_end_where_they_say(people: int, name: str) -> None:
    assert size_class(people) == name


def test_a_grant_counts_from_its_start_to_its_end_and_not_after_it_was_ended(here: Posts) -> None:
    here.stage.clock.forward(300 * DAY - 1)
    here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here))
    here.stage.clock.forward(1)
    with pytest.raises(NotAllowed, match="no grant"):
        here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here))


def test_an_ended_grant_is_no_power_from_that_second_on(here: Posts) -> None:
    here.act("ha-hc-registrar", Act.END_GRANT, {"grant": "zz-hq-commander/0001"})
    with pytest.raises(NotAllowed, match="no grant"):
        here.act("zz-hq-commander", Act.PUT_ROSTER, roster(here))


def test_a_grant_whose_leaf_waits_for_its_seal_is_not_used_yet(here: Posts) -> None:
    i, now = here.stage.instance, here.stage.clock()
    key = here.key("zz-hq-late")
    body = {
        "officer": "zz-hq-late", "organ": "zz-hq", "post": Post.COMMANDER.value,
        "region": "410100", "acts": ["*"], "starts": print_instant(now),
        "ends": print_instant(Instant(now + DAY)), "passkey": key.as_registered(),
    }  # fmt: skip
    signed = here.sign("ha-hc-registrar", Act.GIVE_GRANT, body)
    with i.store.write() as unit:  # outside `acting`: written, and not sealed
        perform(unit, i.context, i.desk, signed, now)
    with pytest.raises(GrantNotSealed):
        here.act("zz-hq-late", Act.PUT_ROSTER, roster(here))
    assert nothing_was_kept(here)
    i.seal()
    here.act("zz-hq-late", Act.PUT_ROSTER, roster(here))


def test_a_checker_off_duty_approves_nothing(here: Posts) -> None:
    proposal = here.propose("p-ann")
    with pytest.raises(NotAllowed) as refused:
        here.approve(proposal, "zz-hq-checker-20")  # of the night
    assert refused.value.policies == ("F02-on-duty", "F15-lot")


def test_an_act_that_no_file_does_is_not_done_here(here: Posts) -> None:
    here.give("zz-data-third", "zz-data", Post.EXECUTOR)
    with pytest.raises(NotThisWay):
        here.act("zz-data-third", Act.RESTORE_BACKUP, {})


def test_an_officer_has_another_pseudonym_every_day_and_in_every_organ() -> None:
    key, now = hashlib.sha256(b"k").digest(), Instant(1_655_179_200)
    one = officer_mark(key, "zz-hq", "ann", now)
    assert one == officer_mark(key, "zz-hq", "ann", Instant(now + HOUR))
    others = [
        officer_mark(key, "zz-hq", "ann", Instant(now + DAY)),
        officer_mark(key, "ha-hq", "ann", now),
        officer_mark(key, "zz-hq", "bob", now),
    ]
    assert len({one, *others}) == 4


def test_an_organ_below_the_city_stands_in_leaves_as_its_kind_in_that_city() -> None:
    from tests.posts import BY_ID

    assert public_name(BY_ID["erqi-community"]) == "410100-community"
    assert public_name(BY_ID["zz-cdc"]) == "zz-cdc"


def test_running_what_was_approved_by_hand_is_refused_in_public(here: Posts) -> None:
    before = len(here.attempts())
    with pytest.raises(NotThisWay):
        here.act("zz-data-executor", Act.EXECUTE, {"proposal": "0" * 64})
    assert len(here.attempts()) == before + 1

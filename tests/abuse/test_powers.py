"""Who holds power over codes: offices, grants, passkeys, auditors, and the engine itself.

Z8, Z13, Z24, Z27, Z49, Z58, Z59, Z61, Z84.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.approval import HASTE_WINDOW, HasteRefused, after, check_haste
from mingma.authority.matters import Nothing, Plain
from mingma.authority.organs import Level, OrganKind
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.authority.refusal import NotAllowed
from mingma.authority.request import Answer
from mingma.engines import cedar
from mingma.engines.cedar import CedarEngine
from mingma.flows.passkey_uses import PasskeyCloned
from mingma.flows.signed_act import SignedAct, act_digest
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.records import Proved
from mingma.storage.memory.unit import MemoryUnit
from tests.abuse.case import (
    HOSTILE,
    Cases,
    answers,
    each,
    held_and_broken,
    hostile_permit,
    replaced,
    without_rails,
)
from tests.abuse.scene import Office, Scene, slug
from tests.authenticators import BACKED_UP, ELIGIBLE, Authenticator
from tests.everywhere import in_office, settle
from tests.instances import NOW, contact
from tests.posts import Posts
from tests.under_policy import Watched
from tests.unit.authority import grid

CASES = Cases()
# Grants are checked in plain code too, before the engine is asked.
UNCHECKED_GRANTS = answers("mingma.flows.give_grant.check_grant", None)
REGISTRAR = "ha-hq-registrar"
SOCIAL = "zz-social-liaison"


def grant(officer: str, organ: str, post: str, **other: Any) -> dict[str, Any]:
    """The body of a grant of a whole post."""
    return {
        "officer": officer, "organ": organ, "post": post, "region": "410100", "acts": ["*"],
        "starts": print_instant(NOW), "ends": print_instant(Instant(NOW + 300 * DAY)), **other,
    }  # fmt: skip


def new_key(name: str) -> dict[str, Any]:
    return {"passkey": Authenticator(name).as_registered()}


# -- Z59: roles one gives oneself


@CASES.case("Z59", breaks=each(UNCHECKED_GRANTS, without_rails("F42-no-self-grant")))
def nobody_gives_himself_or_his_own_organ_anything(scene: Scene) -> None:
    here = scene.office()
    body = grant("ha-hq-friend", "ha-hq", Post.CHECKER.value, **new_key("friend"))
    here.refused(REGISTRAR, Act.GIVE_GRANT, body)
    # What a founder holds by the ceremony another organ gave him; he cannot prolong it.
    own = grant(REGISTRAR, "ha-hq", Post.REGISTRAR.value)
    here.refused(REGISTRAR, Act.GIVE_GRANT, own)


@CASES.case("Z59", breaks=answers("mingma.flows.give_grant._second", None))
def no_registrar_makes_officers_alone(scene: Scene) -> None:
    here = scene.office()
    body = grant("zz-cdc-sock", "zz-cdc", Post.INVESTIGATOR.value, **new_key("sock"))
    now = here.stage.clock()
    here.post(here.posts.sign_alone(REGISTRAR, Act.GIVE_GRANT, body, now))
    for second in (REGISTRAR, "zz-hq-commander", "zz-cdc-sock"):  # his own, or no registrar's
        here.send(REGISTRAR, Act.GIVE_GRANT, here.posts.seconded(body, now, by=second))
    late = here.posts.seconded(body, Instant(now - 1), by="ha-hc-registrar")
    other = here.posts.seconded(body | new_key("other"), now, by="ha-hc-registrar")
    for signed in (late, other | new_key("sock")):  # over another instant, or another passkey
        here.send(REGISTRAR, Act.GIVE_GRANT, signed)
    tried = sorted(policy for one in here.attempts() for policy in one["policies"])
    assert tried == ["F45-two-organs"] * 5 + ["grant.two_organs"]
    with here.stage.instance.store.read() as unit:
        assert unit.records_under("officer", "zz-cdc-sock") == []
        assert unit.records_under("passkey", "zz-cdc-sock") == []


@CASES.case("Z59", breaks=answers("mingma.flows.lot.counts", value=True))
def the_lot_falls_on_a_new_checker_after_a_day_only(scene: Scene) -> None:
    here = scene.office()
    here.stage.clock.now = Instant(NOW + 25 * HOUR)
    socks = [f"zz-hq-sock-{n}" for n in range(3)]
    for sock in socks:
        here.posts.give(sock, "zz-hq", Post.CHECKER)
    made = here.stage.clock()
    here.posts.put("zz-hq", socks, made, made + DAY)
    here.stage.clock.forward(5)
    proposal = here.propose("p-0001")["proposal"]
    waits = here.send(socks[0], Act.APPROVE, here.approval(proposal))
    assert slug(waits) == "lot.nobody_eligible"
    here.stage.clock.now = Instant(made + DAY)
    here.posts.put("zz-hq", socks, made + DAY, made + 2 * DAY)
    assert here.drawn(str(here.propose("p-0002")["proposal"])) in socks


@CASES.case("Z59", breaks=each(UNCHECKED_GRANTS, without_rails("F44-no-grant-to-an-empty-row")))
def social_control_is_granted_nothing(scene: Scene) -> None:
    here = scene.office()
    for organ in ("zz-social", "zz-stability", "zz-police", "ha-supplier"):
        body = grant(f"{organ}-new", organ, Post.INVESTIGATOR.value, **new_key(organ))
        here.refused(REGISTRAR, Act.GIVE_GRANT, body)
    with here.stage.instance.store.read() as unit:
        assert unit.records_under("officer", "zz-social-new") == []


@CASES.case("Z59", breaks=without_rails("F05-empty-row", "F06-never", "F07-colour-power"))
def the_rails_hold_where_somebody_added_permit_all(scene: Scene) -> None:
    engine = CedarEngine(cedar.shipped_policies() + HOSTILE)
    asked = [
        grid.request(grid.officer_cell(act, post, kind, Level.PROVINCE))
        for act, post, kind in (
            (Act.PROPOSE_MARK, Post.INVESTIGATOR, OrganKind.HEADQUARTERS_SOCIAL_CONTROL),
            (Act.APPROVE, Post.CHECKER, OrganKind.STABILITY_OFFICE),
            (Act.SEE_RECORD, Post.LIAISON, OrganKind.POLICE),
            (Act.SEE_VISITS, Post.LIAISON, OrganKind.POLICE),
            (Act.PROPOSE_MARK, Post.EXECUTOR, OrganKind.DATA_BUREAU),
            (Act.SET_COLOUR, Post.COMMANDER, OrganKind.HEADQUARTERS),
            (Act.EXPORT_PEOPLE, Post.LIAISON, OrganKind.SUPPLIER),
            (Act.IMPORT_IDENTITY_LIST, Post.EXECUTOR, OrganKind.HEADQUARTERS_DATA),
        )
    ]
    assert not [one for one in engine.decide_all(asked) if one.allowed]


# -- Z24: the executor on his own


@CASES.case("Z24", breaks=hostile_permit("F07-colour-power", "F20-executors-run-only"))
def an_executor_proposes_and_approves_nothing(scene: Scene) -> None:
    engine = CedarEngine()
    for act in (Act.PROPOSE_MARK, Act.PROPOSE_CONTACTS, Act.APPROVE, Act.OPEN_CASE, Act.SEE_RECORD):
        cell = grid.officer_cell(act, Post.EXECUTOR, OrganKind.DATA_BUREAU, Level.CITY)
        assert not engine.decide(grid.request(cell)).allowed, act


LOT_IS_MINE = each(
    answers("mingma.flows.approve_act.turns", [None]),
    answers("mingma.flows.approve_act.is_drawn", value=True),
    replaced(
        "mingma.flows.approve_act.approve", lambda standing, given, *_: after(standing, given)
    ),
)
RUN = each(without_rails("F17-hundred", "F18-execute-approved", "F19-log-first"))


@CASES.case("Z24", breaks=RUN)
def an_executor_runs_only_what_was_approved_cosigned_and_told(scene: Scene) -> None:
    engine = CedarEngine()
    cell = grid.officer_cell(Act.EXECUTE, Post.EXECUTOR, OrganKind.DATA_BUREAU, Level.CITY)
    assert engine.decide(grid.request(cell)).allowed
    for change in (
        {"status": "draft"}, {"status": "first"}, {"status": "void"}, {"digest": "other"},
        {"cosigned": False}, {"receipts": False}, {"people": 100, "approvals": "one"},
    ):  # fmt: skip
        assert not engine.decide(grid.request(cell | change)).allowed, change


@CASES.case("Z24", breaks=answers("mingma.flows.approve_act._cosigned", value=True))
def what_no_witness_has_seen_is_run_by_nobody_whatever_the_lot_says(scene: Scene) -> None:
    here = scene.open(in_office(scene.folder, "memory:", watched=True))
    assert isinstance(here.stage, Watched)
    here.open_case()
    here.stage.witnesses.sleep()
    proposal = here.propose("p-ann")
    with pytest.MonkeyPatch.context() as bribed:
        LOT_IS_MINE(bribed)
        assert run_anyway(here, proposal, "zz-hq-checker-0") == ("F19-log-first",)
    here.stage.witnesses.wake()
    settle(here.stage.instance)
    here.approve(proposal)


@CASES.case("Z24", breaks=answers("mingma.flows.approve_act._told", value=True))
def what_somebody_was_not_told_of_is_run_by_nobody(scene: Scene) -> None:
    here = scene.office().posts
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("mingma.flows.propose_act.ADVICE", "thrown_away")
        untold = here.propose("p-ann")
    assert run_anyway(here, untold, here.drawn(untold).officer.id) == ("F19-log-first",)
    assert here.stage.colour("p-ann") == "green"


def run_anyway(here: Posts, proposal: str, checker: str) -> tuple[str, ...]:
    """The policies that refuse the approval with which a proposal would be run."""
    seen = here.standing(proposal).state.hex()
    with pytest.raises(NotAllowed) as refused:
        here.act(checker, Act.APPROVE, {"proposal": proposal, "seen": seen})
    assert here.attempts()[-1].policies == refused.value.policies
    return refused.value.policies


@CASES.case("Z24", "Z8", breaks=without_rails("F06-never"))
def nobody_at_all_sets_a_colour_or_imports_a_list(scene: Scene) -> None:
    here = scene.office()
    for act in (Act.SET_COLOUR, Act.IMPORT_IDENTITY_LIST, Act.EXPORT_PEOPLE, Act.RUN_SQL):
        for officer in ("zz-data-executor", "zz-cdc-investigator", SOCIAL, "ha-supplier-liaison"):
            assert here.refused(officer, act, {"subject": "p-ann"}) == {"F06-never"}


# -- Z27: passkeys


@CASES.case("Z27", breaks=answers("mingma.flows.passkey_uses.counts_on", value=True))
def a_copied_passkey_is_refused_in_public(scene: Scene) -> None:
    here = scene.office()
    officer = "zz-gate-gate_guard"
    copied = here.posts.key(officer)
    copied.count += 5
    here.send(officer, Act.CARD_LOOKUP, CARD_LOOK)
    copied.count = 1  # the other copy is behind
    assert slug(here.send(officer, Act.CARD_LOOKUP, CARD_LOOK)) == "passkey.cloned"
    assert here.attempts()[-1]["policies"] == ["F03-passkey"]


@CASES.case("Z27", "Z13", breaks=answers("mingma.flows.other_signature.counts_on", value=True))
def a_copied_passkey_signs_for_no_second_registrar(scene: Scene) -> None:
    here = scene.office()
    copied = here.posts.key("ha-hq-registrar")
    copied.count = 1  # the other copy is behind
    with pytest.raises(PasskeyCloned):
        here.posts.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)
    assert here.attempts()[-1]["policies"] == ["F03-passkey"]


CARD_LOOK = {
    "identity": {"type": "resident_id", "number": "410103199003071237"}, "card_read": True,
    "place": "railway_station", "region": "410103",
}  # fmt: skip


@CASES.case("Z27", "Z49", breaks=replaced("mingma.flows.perform_act.FRESH", 10 * HOUR))
def an_act_signed_two_hours_ago_or_ahead_is_refused(scene: Scene) -> None:
    here = scene.office()
    for hours in (-2, 2):
        when = Instant(here.stage.clock() + hours * HOUR)
        response = here.send("zz-gate-gate_guard", Act.CARD_LOOKUP, CARD_LOOK, at=when)
        assert slug(response) == "act.stale"


UNDER = MemoryUnit.records_under
FORGETFUL = replaced(
    "mingma.storage.memory.unit.MemoryUnit.records_under",
    lambda unit, kind, prefix: () if kind == "act" else UNDER(unit, kind, prefix),
)


@CASES.case("Z27", breaks=FORGETFUL)
def a_signed_act_counts_once(scene: Scene) -> None:
    here = scene.office()
    signed = here.posts.sign("zz-gate-gate_guard", Act.CARD_LOOKUP, CARD_LOOK)
    assert here.post(signed).status_code == 201
    again = here.post(signed)
    assert (again.status_code, slug(again)) == (409, "act.replayed")


COUNTER = count(1)
BELIEVED = replaced(
    "mingma.engines.passkeys.WebAuthnPasskeys.verify",
    lambda *_: Proved(next(COUNTER), hardware=True),
)


@CASES.case("Z27", breaks=BELIEVED)
def another_s_passkey_or_a_changed_word_is_refused(scene: Scene) -> None:
    here = scene.office()
    signed = here.posts.sign("zz-gate-gate_guard", Act.CARD_LOOKUP, CARD_LOOK)
    changed = replace(signed, body={**CARD_LOOK, "place": "airport"})
    lent = replace(signed, officer="zz-gate-gate_guard-1")
    for forged in (changed, lent, replace(signed, assertion={})):
        response = here.post(forged)
        assert response.status_code == 401, response.text
    assert here.attempts() == []


@CASES.case("Z27", breaks=without_rails("F03-passkey"))
def a_key_that_lives_on_several_devices_has_no_power(scene: Scene) -> None:
    here = scene.office()
    officer = "zz-hotline-hotline_agent"
    here.posts.key(officer).flags |= ELIGIBLE | BACKED_UP
    body = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": "12345678"}}
    here.stage.send(contact())
    assert "F03-passkey" in here.refused(officer, Act.SEE_REASON, body)


# -- Z13: a key that was stolen

IN_ANY_SESSION = answers("mingma.flows.perform_act.lacks_session", None)
INVESTIGATOR = "zz-cdc-investigator"


def signed_in(here: Office, officer: str, act: Act, body: dict[str, Any], word: str) -> SignedAct:
    """The act as whoever has the bits of the officer's key signs it, in a session of this word."""
    at, nonce = here.stage.clock(), "by-an-exported-key-1"
    asked = challenge(act_digest(act, officer, at, nonce, body, word))
    return SignedAct(act, officer, at, nonce, body, here.posts.key(officer).sign(asked), word)


@CASES.case("Z13", breaks=IN_ANY_SESSION)
def an_exported_key_without_its_session_decides_nothing(scene: Scene) -> None:
    here = scene.office()
    body = here.contacts("p-ann")
    for word in ("", "A" * 43, here.posts.session("ha-hq-commander")):
        response = here.post(signed_in(here, INVESTIGATOR, Act.PROPOSE_CONTACTS, body, word))
        assert (response.status_code, slug(response)) == (403, "session.another")
        assert here.attempts()[-1]["policies"] == ["session.another"]
        assert here.attempts()[-1]["leaf_index"] is not None


@CASES.case("Z13", "Z27", breaks=IN_ANY_SESSION)
def two_places_with_one_key_each_learn_of_the_other(scene: Scene) -> None:
    here = scene.office()
    key, word = here.posts.key(INVESTIGATOR), here.posts.session(INVESTIGATOR)
    body = here.contacts("p-ann")
    key.count += 5  # the copy is ahead, so that no counter gives it away
    stolen = here.begin(INVESTIGATOR).json()["session"]
    owner_s = here.post(signed_in(here, INVESTIGATOR, Act.PROPOSE_CONTACTS, body, word))
    assert (owner_s.status_code, slug(owner_s)) == (403, "session.another")
    assert here.begin(INVESTIGATOR).status_code == 201  # and now the copy is outside
    copy_s = here.post(signed_in(here, INVESTIGATOR, Act.PROPOSE_CONTACTS, body, stolen))
    assert (copy_s.status_code, slug(copy_s)) == (403, "session.another")


@CASES.case("Z13", breaks=answers("mingma.flows.passkey_uses._newest", ()))
def every_use_of_a_key_is_told_to_its_owner(scene: Scene) -> None:
    here = scene.office()
    here.posts.session(INVESTIGATOR)
    body = here.contacts("p-ann")
    refused = signed_in(here, INVESTIGATOR, Act.PROPOSE_CONTACTS, body, "")
    assert here.post(refused).status_code == 403
    stolen = here.begin(INVESTIGATOR).json()["session"]
    done = signed_in(here, INVESTIGATOR, Act.PROPOSE_CONTACTS, body, stolen)
    assert here.post(done).status_code == 201
    here.posts.key(INVESTIGATOR).count = 0  # the key itself, which signed none of these
    assert slug(here.begin(INVESTIGATOR)) == "passkey.cloned"
    assert here.attempts()[-1]["act"] == "begin_session"
    here.posts.key(INVESTIGATOR).count = 1000
    told = here.begin(INVESTIGATOR).json()["uses"]
    assert [one["id"] for one in told[1:4:2]] == [done.digest().hex(), refused.digest().hex()]
    assert [one["act"] for one in told[:3:2]] == ["begin_session", "begin_session"]
    assert told[0]["refused"] == "passkey.cloned"


# -- Z58: the emergency path


@CASES.case("Z58", breaks=replaced("mingma.authority.approval.MOST_HASTE", 99))
def a_fourth_hasty_act_in_thirty_days_is_refused_and_none_outlives_72_hours(scene: Scene) -> None:
    earlier = [Instant(NOW - n * DAY) for n in (1, 10, 29)]
    with pytest.raises(HasteRefused, match="often"):
        check_haste(earlier, NOW, Instant(NOW + HOUR))
    with pytest.raises(HasteRefused, match="term"):
        check_haste([], NOW, Instant(NOW + 73 * HOUR))
    assert check_haste([Instant(NOW - HASTE_WINDOW)], NOW, Instant(NOW + HOUR))


@CASES.case("Z58", breaks=without_rails("F48-ninety-days", "F49-renewed-by-another"))
def an_emergency_is_renewed_by_another_organ_with_a_published_yield(scene: Scene) -> None:
    engine = CedarEngine()
    cell = grid.officer_cell(
        Act.RENEW_EMERGENCY, Post.COMMANDER, OrganKind.HEADQUARTERS, Level.PROVINCE
    )
    assert engine.decide(grid.request(cell)).allowed
    for change in (
        {"declared_by": "me"},
        {"yield_published": False},
        {"days": 91},
        {"basis": False},
    ):
        assert not engine.decide(grid.request(cell | change)).allowed, change


# -- Z61: auditors


@CASES.case("Z61", breaks=without_rails("F53-two-auditors"))
def one_auditor_or_two_of_one_body_unseal_nothing(scene: Scene) -> None:
    engine = CedarEngine()
    cell = grid.officer_cell(Act.UNSEAL, Post.AUDITOR, OrganKind.AUDITOR, Level.PROVINCE)
    assert engine.decide(grid.request(cell)).allowed
    for change in ({"auditors": 1}, {"bodies": 1}, {"in_sample": False}):
        assert not engine.decide(grid.request(cell | change)).allowed, change


@CASES.case("Z61", breaks=without_rails("F53-two-auditors"))
def what_public_chance_did_not_draw_stays_sealed(scene: Scene) -> None:
    here = scene.office()
    here.stage.send(contact())
    with here.stage.instance.store.read() as unit:
        leaf = unit.index_of("p-ann", 1)
    body = {"leaf": leaf}
    assert here.done("ha-audit-auditor", Act.READ_AUDIT, body)["leaf"] == leaf
    assert here.refused("cn-audit-auditor", Act.UNSEAL, body) == {"F53-two-auditors"}


@CASES.case("Z61", breaks=hostile_permit("F51-auditors-never-act", "F07-colour-power"))
def auditors_never_act(scene: Scene) -> None:
    engine = CedarEngine()
    for act in (Act.PROPOSE_MARK, Act.APPROVE, Act.ANSWER_APPEAL, Act.GIVE_GRANT, Act.SEE_RECORD):
        cell = grid.officer_cell(act, Post.AUDITOR, OrganKind.AUDITOR, Level.PROVINCE)
        assert not engine.decide(grid.request(cell)).allowed, act


# -- Z84: the engine's own errors

OVERFLOWS = """
@id("X-errs") forbid (principal, action == M::Action::"check_code", resource)
when { context.looks_last_hour + 9223372036854775807 > 0 };
"""


def trusting(result: Any) -> Answer:
    """What Cedar allows is allowed, whatever it could not evaluate."""
    return Answer(result.allowed)


@CASES.case("Z84", breaks=replaced("mingma.engines.cedar._answer", trusting))
def a_forbid_that_cannot_be_evaluated_forbids(scene: Scene) -> None:
    engine = CedarEngine(cedar.shipped_policies() + OVERFLOWS)
    cell = grid.officer_cell(Act.CHECK_CODE, Post.GATE_GUARD, OrganKind.GATE, Level.CITY)
    assert CedarEngine().decide(grid.request(cell)).allowed
    assert not engine.decide(grid.request(cell)).allowed


UNCHECKED = replaced(
    "mingma.engines.cedar.CedarEngine._ask",
    lambda *of: [Answer(allowed=True) for _ in of[1]],
)


@CASES.case("Z84", breaks=UNCHECKED)
def a_question_without_an_attribute_or_of_another_type_is_denied(scene: Scene) -> None:
    engine = CedarEngine()
    cell = grid.officer_cell(Act.APPROVE, Post.CHECKER, OrganKind.HEADQUARTERS, Level.CITY)
    asked = grid.request(cell)
    assert engine.decide(asked).allowed
    matter: Any = asked.matter
    for wrong in (
        replace(matter, people=None),
        replace(matter, people="3"),
        replace(matter, worsens="yes"),
        replace(matter, shielded=None),
    ):
        assert not engine.decide(replace(asked, matter=wrong)).allowed
    for circumstances in (Plain(granted=True, step_up=True), Nothing()):
        assert not engine.decide(replace(asked, circumstances=circumstances)).allowed


@CASES.case("Z84", breaks=answers("mingma.engines.cedar._check", None))
def policies_that_do_not_fit_their_schema_start_no_engine(scene: Scene) -> None:
    with pytest.raises(cedar.PoliciesUnsound):
        CedarEngine(cedar.shipped_policies().replace("context.drawn", "context.dran"))


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)

"""An organ that took no part answers with reasons; handing on moves no clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mingma.appeals.appeal import AppealOver, State
from mingma.appeals.form import AsksTooMuch
from mingma.appeals.reasons import ReasonDoesNotFit, ReasonTooShort
from mingma.appeals.terms import ANSWER, REVIEW, SHIELD
from mingma.appeals.views import own_view
from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.codes.bundle import Fails, check_bundle, decisions_in, parse_bundle
from mingma.flows.act_case import BodyMalformed
from mingma.flows.answer_appeal import CannotHandOn, NotContested
from mingma.flows.appeal_statistics import appeal_statistics
from mingma.flows.file_appeal import AnsweredAlready, may_answer
from mingma.flows.reconcile import reconcile
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.times import DAY, HOUR
from mingma.ledger.policy import parse_policy
from tests.appealing import appeals, leaves_of, object_to, shield_of
from tests.instances import at, contact, sample
from tests.looking import digits, log_of
from tests.posts import Posts, posts

WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"
A, H = Act.ANSWER_APPEAL, Act.REVIEW_INFECTION


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


@pytest.fixture
def appealed(here: Posts) -> Posts:
    """Ann is red by a finding that the city's CDC recorded, and has objected."""
    here.stage.send(
        sample("t0", result="negative"), {**contact(), "organ": "zz-hc", "region": "410105"}
    )
    assert here.stage.colour("p-ann") == "red"
    object_to(here.stage)
    return here


def number(here: Posts, ref: str = "p-ann") -> int:
    return appeals(here.stage, ref)[-1].appeal.number


def answer(here: Posts, officer: str, act: Act = A, **said: Any) -> dict[str, Any]:
    body = {"subject": "p-ann", "appeal": number(here), **said}
    return here.act(officer, act, body).answer


def uphold(here: Posts, officer: str = "zz-hq-appeal_officer", **said: Any) -> dict[str, Any]:
    words = {"outcome": "upheld", "reason": "not_this_person", "text": WHY}
    return answer(here, officer, **{**words, **said})


def found(here: Posts) -> list[str]:
    instance = here.stage.instance
    with instance.store.read() as unit:
        return [str(one) for one in reconcile(unit, instance.context, here.stage.clock())]


def test_upheld_the_evidence_is_withdrawn_and_the_person_green_at_once(appealed: Posts) -> None:
    said = uphold(appealed)
    assert said["state"] == "upheld"
    scene = appealed.stage
    assert scene.colour("p-ann") == "green"
    [leaf] = leaves_of(scene, "appeal.decide")
    [filed] = appeals(scene)
    with scene.instance.store.read() as unit:
        assert leaf.answers == unit.index_of("p-ann", filed.appeal.number)
        assert leaf.grant is not None
    shield = shield_of(scene)
    assert leaf.organ == "zz-hq"
    assert shield is not None
    assert shield.until == scene.clock() + SHIELD.seconds
    assert found(appealed) == []
    view = own_view(filed, scene.clock(), "en")
    assert view.answered is not None
    assert (view.answered.organ, view.answered.reason) == ("zz-hq", "not_this_person")


def test_after_a_won_appeal_two_grounds_of_which_one_gives_way_replay_as_they_are(
    appealed: Posts,
) -> None:
    uphold(appealed)
    scene = appealed.stage
    scene.clock.forward(2 * DAY)
    scene.send(sample("t2", hours=46), {**contact("again", hours=0.5), "organ": "zz-hc"})
    with scene.instance.store.read() as unit:
        rules = {span.rule for span in unit.decisions_of("p-ann")[-1].spans}
    assert rules == {"HA-POS", "HA-R3"}
    assert found(appealed) == []


def test_what_lapsed_before_the_server_s_clock_was_put_back_replays_as_it_shows(
    appealed: Posts,
) -> None:
    scene = appealed.stage
    scene.clock.forward(8 * HOUR + 30)
    scene.send(sample("t2", subject="p-ben", hours=6))
    scene.clock.forward(-5 * HOUR)
    assert scene.colour("p-ann") == "green"
    assert found(appealed) == []


def test_red_again_an_hour_after_correction_is_refused_by_the_evidence(appealed: Posts) -> None:
    uphold(appealed)
    appealed.stage.clock.forward(HOUR)
    appealed.stage.send({**contact("again"), "organ": "somebody-else", "region": "410105"})
    assert appealed.stage.colour("p-ann") == "green"


def test_rejected_the_colour_stays_and_the_reasons_are_the_person_s(appealed: Posts) -> None:
    words = {"outcome": "rejected", "reason": "evidence_stands", "text": WHY}
    answer(appealed, "ha-hc-appeal_officer", **words)
    scene = appealed.stage
    scene.clock.forward(ANSWER.seconds)
    assert scene.colour("p-ann") == "red"
    assert own_view(appeals(scene)[0], scene.clock(), "zh").answered.text == WHY  # type: ignore[union-attr]
    with pytest.raises(AnsweredAlready):
        object_to(scene)
    assert object_to(scene, evidence=[{"kind": "document", "says": "new"}]).fresh


def test_her_bundle_proves_what_she_filed_and_the_reasons_she_was_given(appealed: Posts) -> None:
    answer(
        appealed, "ha-hc-appeal_officer", outcome="rejected", reason="evidence_stands", text=WHY
    )  # fmt: skip
    instance = appealed.stage.instance
    bundle, seal = parse_bundle(instance.own_bundle("p-ann"))
    policy = parse_policy(bundle.policy.encode())
    assert list(check_bundle(bundle, seal, policy)) == []
    assert len(decisions_in(bundle)) == 1
    bodies = [json.loads(one.body) for one in bundle.events if one.body is not None]
    assert [body.get("text") for body in bodies] == [None, None, WHY]
    changed = replace(
        bundle, events=(*bundle.events[:-1], replace(bundle.events[-1], body=b'{"text":"yes"}'))
    )
    assert Fails.BODY in {one.word for one in check_bundle(changed, seal, policy)}


def test_whose_organ_took_part_does_not_answer(appealed: Posts) -> None:
    with pytest.raises(NotAllowed) as refused:
        uphold(appealed, "zz-hc-appeal_officer")
    assert "F29-no-judge-of-own" in refused.value.policies
    assert appealed.attempts()[-1].act == A.value
    assert appeals(appealed.stage)[0].state_at(appealed.stage.clock()) is State.OPEN


@pytest.mark.parametrize(
    "officer", ["zz-cdc-investigator", "zz-data-executor", "zz-police-liaison"]
)
def test_whose_post_is_another_does_not_answer(appealed: Posts, officer: str) -> None:
    with pytest.raises(NotAllowed):
        uphold(appealed, officer)


@pytest.mark.parametrize("text", ["", "不成立", "不" * 40, "  no  "])
def test_an_empty_or_short_reason_is_refused_in_public_and_stops_no_clock(
    appealed: Posts, text: str
) -> None:
    with pytest.raises(ReasonTooShort):
        answer(
            appealed, "ha-hc-appeal_officer",
            outcome="rejected", reason="evidence_stands", text=text,
        )  # fmt: skip
    assert appealed.attempts()[-1].act == A.value
    appealed.stage.clock.forward(ANSWER.seconds)
    assert appealed.stage.colour("p-ann") == "green"


def test_a_reason_fits_its_outcome_and_the_form_is_closed(appealed: Posts) -> None:
    with pytest.raises(ReasonDoesNotFit):
        uphold(appealed, reason="evidence_stands")
    with pytest.raises(ReasonDoesNotFit):
        uphold(appealed, reason="is_a_depositor")
    with pytest.raises(BodyMalformed):
        uphold(appealed, outcome="not_our_competence")
    with pytest.raises(BodyMalformed):
        uphold(appealed, question="are you a depositor?")
    with pytest.raises(NotContested):
        uphold(appealed, rejected=["demo/t0"])


def test_handing_on_is_an_event_that_moves_no_clock(appealed: Posts) -> None:
    scene = appealed.stage
    scene.clock.forward(7 * HOUR)
    for officer, to in (("zz-hq-appeal_officer", "ha-hc"), ("ha-hc-appeal_officer", "ha-hq")):
        assert answer(appealed, officer, outcome="handed_on", to=to)["asked_of"] == to
    scene.clock.forward(HOUR)
    assert scene.colour("p-ann") == "green"
    with scene.instance.store.read() as unit:
        counts = appeal_statistics(unit, scene.clock())
    row = counts.by_asked["ha-hq"]
    assert (row.filed, row.lapsed, row.handed_on) == (1, 1, 2)
    assert (row.median, row.nine_tenths) == (ANSWER.seconds, ANSWER.seconds)
    assert counts.by_maker["zz-hc"].lapsed == 1


@pytest.mark.parametrize("to", ["zz-hc", "zz-hq", "zz-police", "nobody"])
def test_it_is_handed_to_nobody_who_took_part_or_cannot_answer(appealed: Posts, to: str) -> None:
    with pytest.raises(CannotHandOn):
        answer(appealed, "zz-hq-appeal_officer", outcome="handed_on", to=to)


def test_too_late_is_too_late(appealed: Posts) -> None:
    appealed.stage.clock.forward(ANSWER.seconds)
    with pytest.raises(AppealOver):
        uphold(appealed)
    appealed.stage.instance.renew("p-ann")
    with pytest.raises(AppealOver):
        uphold(appealed)


def test_a_laboratory_s_finding_goes_round_the_health_organs(here: Posts) -> None:
    scene = here.stage
    scene.send(sample("t1", hours=-3))
    [filed] = object_to(scene).filed
    with scene.instance.store.read() as unit:
        organs = may_answer(unit, filed.appeal.region, filed.appeal.organs, laboratory=True)
    assert set(organs) == {"ha-hc", "zz-hc"}
    asked = [
        filed.asked_of_at(filed.appeal.opened_at + n * REVIEW.seconds, organs) for n in (0, 1, 2)
    ]
    assert asked == [organs[0], organs[1], organs[0]]
    with pytest.raises(NotAllowed):
        uphold(here)
    scene.clock.forward(5 * HOUR)
    words = {"outcome": "upheld", "reason": "evidence_wrong", "text": WHY}
    answer(here, "ha-hc-appeal_officer", H, **words)
    assert scene.colour("p-ann") == "green"
    with scene.instance.store.read() as unit:
        assert appeal_statistics(unit, scene.clock()).by_asked[str(organs[0])].passed_on == 2


def test_the_hotline_and_the_counter_file_for_who_asked_and_are_protected(here: Posts) -> None:
    scene = here.stage
    scene.send({**contact(), "organ": "zz-hc", "region": "410105"})
    ticket = {"call": digits(here)}
    body = {"channel": "counter", "asked": True, "subject": "p-ann", "form": {}, "ticket": ticket}
    made = here.act("erqi-community-community_worker", Act.FILE_FOR, body).answer
    [filed] = appeals(scene)
    assert [one["number"] for one in made["appeals"]] == [filed.appeal.number]
    assert filed.appeal.helper is not None
    assert own_view(filed, scene.clock(), "en").helper is not None
    hotline = {**body, "channel": "hotline"}
    again = here.act("zz-hotline-hotline_agent", Act.FILE_FOR, hotline).answer
    assert again == made
    with pytest.raises(AsksTooMuch):
        here.act(
            "zz-hotline-hotline_agent", Act.FILE_FOR,
            {**hotline, "form": {"depositor": False}},
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        here.act("zz-hotline-hotline_agent", Act.FILE_FOR, {**hotline, "asked": False})
    with pytest.raises(NotAllowed):  # her name alone does not say that she is there
        here.act("zz-hotline-hotline_agent", Act.FILE_FOR, {**hotline, "ticket": {"call": "1"}})
    with scene.instance.store.read() as unit:
        counts = appeal_statistics(unit, scene.clock())
    assert (counts.helped, counts.by_channel["counter"].filed) == (1, 1)


def test_filing_for_somebody_is_a_look_whatever_colour_she_has(here: Posts) -> None:
    """Green or not is told by whether there is anything to object to: it is never told unseen."""
    here.stage.send(contact(), sample("t2", "p-bob", result="negative"))
    agent, told = "zz-hotline-hotline_agent", []
    for ref in ("p-ann", "p-bob"):
        body = {"channel": "hotline", "asked": True, "subject": ref, "form": {}}
        filed = here.act(agent, Act.FILE_FOR, {**body, "ticket": {"call": digits(here, ref)}})
        told.append(len(filed.answer["appeals"]))
        [look] = log_of(here, ref).used
        assert look.looked.body["act"] == "file_for"
    assert told == [1, 0]
    with pytest.raises(NoSuchPerson):
        here.act(agent, Act.FILE_FOR, {**body, "subject": "p-nobody", "ticket": {"call": "1"}})
    assert [one.act for one in here.attempts()] == ["file_for"]


def test_what_an_upheld_finding_held_back_falls_with_it(here: Posts) -> None:
    """Yellow after an infection that is over; without it the positive test alone would be red."""
    scene = here.stage
    infection = {
        "id": "i1", "kind": "infection", "subject": "p-ann", "at": at(-29), "region": "410100",
        "data": {"class": "asymptomatic", "isolation_ended_at": at(-20)},
    }  # fmt: skip
    scene.send(sample("t1", "p-ann", hours=-30), infection, source="demo")
    assert scene.colour("p-ann") == "yellow"
    [filed] = object_to(scene).filed
    assert (filed.appeal.contested, filed.appeal.laboratory) == (("demo/i1", "demo/t1"), True)
    officer = f"{filed.appeal.asked_of}-appeal_officer"
    uphold(here, officer, act=H, reason="evidence_wrong")
    assert scene.colour("p-ann") == "green"

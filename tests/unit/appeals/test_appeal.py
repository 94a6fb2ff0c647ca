"""An appeal and its clock: how it stands is a function of filing, events and instant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mingma.appeals.appeal import (
    Appeal,
    AppealUnreadable,
    Event,
    Filed,
    Happened,
    State,
    appeal_id,
    fallen,
    lapses_ahead,
    read_appeal,
    read_event,
)
from mingma.appeals.reasons import WORDS, Outcome, Reason, ReasonTooShort, check_reason
from mingma.appeals.statistics import NOBODY, statistics
from mingma.appeals.terms import ANSWER, REVIEW, TERMS, Asked, Ground, span_of, term_of
from mingma.appeals.views import own_view
from mingma.appeals.ways import Way, way_of
from mingma.kernel.times import HOUR

OPENED = 1_000_000
APPEAL = Appeal(
    subject="p-ann", number=3, asked="object", ground=None, channel="online", helper=None,
    evidence=(), decision=2, leaf=7, contested=("lab/1", "lab/2"), laboratory=False,
    elsewhere=False, region="410000", maker="zz-hc", organs=("zz-hc",), officers=(),
    asked_of="ha-hq", opened_at=OPENED, due=OPENED + ANSWER.seconds,
)  # fmt: skip


def upheld(at: int, *rejected: str) -> Event:
    return Event(
        happened=Happened.ANSWERED, at=at, organ="ha-hq", outcome=Outcome.UPHELD,
        reason="evidence_wrong", text="…", rejected=rejected,
    )  # fmt: skip


def test_it_stands_open_to_the_second_before_it_is_due() -> None:
    filed = Filed(appeal=APPEAL)
    assert filed.state_at(APPEAL.due - 1) is State.OPEN
    assert filed.state_at(APPEAL.due) is State.LAPSED
    assert filed.ended_at(APPEAL.due - 1) is None
    assert filed.ended_at(APPEAL.due + 999) == APPEAL.due
    assert lapses_ahead([filed], OPENED) == [APPEAL.due]
    assert lapses_ahead([filed], APPEAL.due) == []


def test_what_falls_is_what_was_contested_or_what_the_answer_rejects() -> None:
    filed = Filed(appeal=APPEAL)
    assert fallen([filed], APPEAL.due - 1) == {}
    assert fallen([filed], APPEAL.due) == {"lab/1": APPEAL.due, "lab/2": APPEAL.due}
    answered = Filed(appeal=APPEAL, events=(upheld(OPENED + 5, "lab/2"),))
    assert fallen([filed, answered], APPEAL.due) == {
        "lab/1": APPEAL.due,
        "lab/2": OPENED + 5,
    }
    rejected = replace(upheld(OPENED + 5), outcome=Outcome.REJECTED)
    assert fallen([Filed(appeal=APPEAL, events=(rejected,))], APPEAL.due + 1) == {}


@given(
    st.lists(st.integers(0, 100 * HOUR), max_size=5),
    st.integers(0, 100 * HOUR),
    st.booleans(),
)
def test_handing_on_moves_no_due_instant(hands: list[int], after: int, laboratory: bool) -> None:
    appeal = replace(APPEAL, laboratory=laboratory)
    events = tuple(
        Event(happened=Happened.HANDED_ON, at=OPENED + at, organ="a", to="b")
        for at in sorted(hands)
    )
    plain, handed = Filed(appeal=appeal), Filed(appeal=appeal, events=events)
    at = OPENED + after
    assert handed.state_at(at) is plain.state_at(at)
    assert handed.due_at(at) == plain.due_at(at)
    assert handed.hand_overs() == len(hands)


def test_a_review_passes_to_the_next_organ_every_two_hours_and_never_lapses() -> None:
    due = OPENED + REVIEW.seconds
    filed = Filed(appeal=replace(APPEAL, laboratory=True, due=due, asked_of="b"))
    organs = ["a", "b", "c"]
    for hours, passes, turn in ((1.99, 0, "b"), (2, 1, "c"), (4, 2, "a"), (200, 100, "c")):
        at = OPENED + int(hours * HOUR)
        assert filed.state_at(at) is State.OPEN
        assert (filed.passes_at(at), filed.asked_of_at(at, organs)) == (passes, turn)
        assert filed.due_at(at) == due + passes * REVIEW.seconds
    assert filed.asked_of_at(OPENED + 9 * HOUR) == "b"
    assert fallen([filed], OPENED + 200 * HOUR) == {}


def test_an_urgent_request_opens_doors_until_it_is_rejected() -> None:
    urgent = Filed(appeal=replace(APPEAL, asked="urgent", ground="exam", contested=()))
    assert urgent.pass_until(OPENED - 1) is None
    assert urgent.pass_until(OPENED) == OPENED + 24 * HOUR
    assert urgent.pass_until(OPENED + 24 * HOUR - 1) is not None
    assert urgent.pass_until(OPENED + 24 * HOUR) is None
    no = replace(upheld(OPENED + 60), outcome=Outcome.REJECTED, reason="not_urgent")
    assert Filed(appeal=urgent.appeal, events=(no,)).pass_until(OPENED + 61) is None
    assert Filed(appeal=APPEAL).pass_until(OPENED) is None


def test_a_stored_appeal_reads_back_and_another_text_is_refused() -> None:
    assert read_appeal(APPEAL.body()) == APPEAL
    event = upheld(5, "x")
    assert read_event(event.body()) == event
    for read in (read_appeal, read_event):
        for bad in (b"", b"{}", b"\xff", b"[]"):
            with pytest.raises(AppealUnreadable):
                read(bad)


def test_ids_sort_as_events_do() -> None:
    assert appeal_id("p", 9) < appeal_id("p", 10) < appeal_id("p", 100)


def test_every_request_has_its_term() -> None:
    def term(asked: Asked, ground: Ground | None = None, **how: bool) -> str:
        return term_of(
            asked, ground, laboratory=how.get("lab", False), elsewhere=how.get("away", False)
        ).id

    assert term(Asked.OBJECT) == "answer"
    assert term(Asked.OBJECT, away=True) == "other_province"
    assert term(Asked.OBJECT, away=True, lab=True) == "review"
    assert term(Asked.ASK_HUMAN) == "ask_human"
    assert term(Asked.ASK_HUMAN, lab=True) == "review"
    for ground in Ground:
        assert term(Asked.URGENT, ground, lab=True) == f"urgent.{ground}"


def test_the_terms_are_those_that_were_promised() -> None:
    said = {one.id: span_of(one.seconds, "en") for one in TERMS}
    assert said["answer"] == "8 hours"
    assert said["other_province"] == said["ask_human"] == "24 hours"
    assert said["review"] == "2 hours"
    assert said["shield"] == "14 days"
    assert all(said[f"urgent.{ground}"].endswith("minutes") for ground in Ground)
    assert span_of(1, "zh") == "1 秒"
    assert span_of(3600, "zh") == "1 小时"
    assert span_of(61, "en") == "61 seconds"


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_has_one_outcome_and_words_beside(reason: Reason) -> None:
    outcome = WORDS[reason][0]
    assert check_reason(outcome, reason.value, "核对了购票记录与核酸结果,不在现场") is reason
    with pytest.raises(ReasonTooShort):
        check_reason(outcome, reason.value, "核对了购票记录")
    with pytest.raises(ReasonTooShort):
        check_reason(outcome, reason.value, "不行" * 20)


def test_a_row_of_statistics_counts_and_times_one_organ() -> None:
    late = Filed(appeal=APPEAL)
    quick = Filed(appeal=replace(APPEAL, number=4), events=(upheld(OPENED + 60, "lab/1"),))
    taken_back = Filed(
        appeal=replace(APPEAL, number=5, asked_of=None, channel="paper", elsewhere=True),
        events=(Event(happened=Happened.WITHDRAWN, at=OPENED + 10),),
    )
    at = APPEAL.due + HOUR
    found = statistics([late, quick, taken_back], at)
    row = found.by_asked["ha-hq"]
    assert (row.filed, row.upheld, row.lapsed, row.open) == (2, 1, 1, 0)
    assert (row.median, row.nine_tenths) == (60, ANSWER.seconds)
    assert found.by_asked[NOBODY].withdrawn == 1
    assert found.by_maker["zz-hc"].filed == 3
    assert found.by_channel["paper"].filed == 1
    assert found.by_way == {Way.AUTOMATIC: 1, Way.ELSEWHERE: 1, Way.ONLINE: 1, Way.OFFLINE: 0}
    early = statistics([late, quick, taken_back], OPENED + 30).by_asked["ha-hq"]
    assert (early.open, early.median, early.nine_tenths) == (2, None, None)
    assert statistics([late], OPENED - 1).by_asked == {}


def test_a_counter_s_appeal_counts_as_converted_offline() -> None:
    filed = Filed(appeal=replace(APPEAL, channel="counter"))
    assert way_of(filed, OPENED) is Way.OFFLINE
    assert way_of(filed, APPEAL.due) is Way.AUTOMATIC


def test_an_answer_is_shown_with_its_organ_and_its_words() -> None:
    handed = Event(happened=Happened.HANDED_ON, at=OPENED + 1, organ="ha-hq", to="ha-hc")
    filed = Filed(appeal=APPEAL, events=(handed, upheld(OPENED + 2, "lab/1")))
    for lang, words in (("zh", "证据有误"), ("en", "the evidence is wrong")):
        view = own_view(filed, OPENED + 3, lang)
        assert view.answered is not None
        assert view.answered.reason_words == words
        assert [step.to for step in view.handed_on] == ["ha-hc"]

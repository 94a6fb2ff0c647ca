"""Looks: purposes, how many an hour, and the broken glass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.looks import (
    FITS,
    GLASS_OPEN,
    REVIEW_WITHIN,
    BrokenGlass,
    GlassClosed,
    Purpose,
    ReviewRefused,
    all_reviewed,
    circumstances,
    fits,
    look_through,
    looks_last_hour,
    review,
)
from mingma.authority.posts import Post
from mingma.authority.powers import acts_of
from mingma.kernel.times import HOUR, Instant
from tests.unit.authority.proposals import NOW

BROKEN = BrokenGlass("doctor", "zz-hc", "p1", "昏迷病人送急诊", NOW)


def test_every_look_has_a_purpose_and_every_purpose_a_post_that_may() -> None:
    assert set(FITS) == set(Purpose)
    # Acts of audit, of approval, of appeals and of gates that are looks at the person as well.
    looks = acts_in(Group.LOOK) | {
        Act.UNSEAL, Act.SEE_PROPOSAL, Act.FILE_FOR, Act.NAME_GUARDIAN, Act.REPORT_OBSERVATION,
    }  # fmt: skip
    assert frozenset().union(*(acts for acts, _ in FITS.values())) == looks
    for acts, posts in FITS.values():
        assert all(act in acts_of(post) for act in acts for post in posts)


def test_every_post_that_may_look_has_a_purpose_for_it() -> None:
    for post in Post:
        for act in acts_of(post) & acts_in(Group.LOOK):
            assert any(fits(purpose, act, post) for purpose in Purpose), (post, act)


def test_a_purpose_of_another_post_or_act_does_not_fit() -> None:
    assert fits(Purpose.ENTRY, Act.CHECK_CODE, Post.GATE_GUARD)
    assert not fits(Purpose.ENTRY, Act.SEE_RECORD, Post.GATE_GUARD)
    assert not fits(Purpose.ENTRY, Act.CHECK_CODE, Post.COMMUNITY_WORKER)
    assert not fits(Purpose.ANSWERING_APPEAL, Act.SEE_RECORD, Post.INVESTIGATOR)


@given(st.lists(st.integers(NOW - 2 * HOUR, NOW + 9).map(Instant), max_size=50))
def test_an_hour_of_looks_is_counted_to_the_second(looks: list[Instant]) -> None:
    assert looks_last_hour(looks, NOW) == len([one for one in looks if 0 <= NOW - one < HOUR])


def test_the_glass_is_open_for_three_hours_to_its_officer_and_person() -> None:
    assert look_through(BROKEN, "doctor", "p1", NOW) is BROKEN
    assert look_through(BROKEN, "doctor", "p1", Instant(NOW + GLASS_OPEN - 1)) is BROKEN
    for officer, subject, at in (
        ("doctor", "p1", NOW + GLASS_OPEN),
        ("doctor", "p1", NOW - 1),
        ("doctor", "p2", NOW),
        ("nurse", "p1", NOW),
    ):
        with pytest.raises(GlassClosed):
            look_through(BROKEN, officer, subject, Instant(at))


def test_another_organ_reviews_it_once() -> None:
    done = review(BROKEN, "auditor", "audit-1", upheld=False, at=Instant(NOW + HOUR))
    assert (done.reviewed_by, done.reviewed_at, done.upheld) == ("auditor", NOW + HOUR, False)
    for reviewer, organ, of, at in (
        ("doctor", "audit-1", BROKEN, NOW),
        ("auditor", "zz-hc", BROKEN, NOW),
        ("auditor", "audit-1", done, NOW + 2 * HOUR),
        ("auditor", "audit-1", BROKEN, NOW - 1),
    ):
        with pytest.raises(ReviewRefused):
            review(of, reviewer, organ, upheld=True, at=Instant(at))


def test_who_has_an_overdue_review_cannot_break_it_again() -> None:
    due = Instant(NOW + REVIEW_WITHIN)
    assert all_reviewed([BROKEN], "doctor", Instant(due - 1))
    assert not all_reviewed([BROKEN], "doctor", due)
    assert all_reviewed([BROKEN], "nurse", due)
    done = review(BROKEN, "auditor", "audit-1", upheld=True, at=NOW)
    assert all_reviewed([done], "doctor", due)


def test_the_policies_are_told_what_was_established() -> None:
    told = circumstances(
        Purpose.URGENT_CARE,
        Act.BREAK_GLASS,
        Post.INVESTIGATOR,
        granted=True,
        step_up=True,
        looks=[NOW],
        at=NOW,
        broken=[BROKEN],
        officer="doctor",
        reason="昏迷",
    )
    assert told.purpose
    assert told.reason
    assert told.all_reviewed
    assert told.looks_last_hour == 1
    blank = circumstances(
        Purpose.ENTRY,
        Act.BREAK_GLASS,
        Post.INVESTIGATOR,
        granted=True,
        looks=[],
        at=NOW,
        reason=" ",
    )
    assert not blank.reason
    assert not blank.purpose
    assert not blank.step_up

"""A person's own acts: the subject from the session, delegates by dated receipts."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from mingma.authority import own
from mingma.authority.acts import Act
from mingma.authority.own import (
    LONGEST,
    OWN,
    Delegate,
    Delegation,
    DelegationMalformed,
    NotYours,
    Session,
    Subject,
    delegate,
    open_to,
    person_matter,
    subject_of,
)
from mingma.kernel.times import DAY, Instant
from tests.unit.authority.proposals import NOW

CHILD = Delegation("r1", Delegate.GUARDIAN, "child", "mother", NOW, Instant(NOW + DAY))


@pytest.mark.parametrize("act", sorted(OWN))
def test_a_person_does_every_own_act_on_her_own_data(act: Act) -> None:
    assert subject_of(Session("mother"), act, NOW) == Subject("mother", None)


def test_an_open_receipt_of_hers_leads_to_the_child_and_says_as_what() -> None:
    found = subject_of(Session("mother", CHILD), Act.READ_OWN_HISTORY, NOW)
    assert found == Subject("child", Delegate.GUARDIAN)


@pytest.mark.parametrize(
    "session",
    [
        Session("stranger", CHILD),
        Session("mother", replace(CHILD, ends=NOW)),
        Session("mother", replace(CHILD, starts=Instant(NOW + 1))),
        Session("mother", replace(CHILD, as_=Delegate.FAMILY)),
        Session("mother", replace(CHILD, as_=Delegate.HELPER)),
    ],
)
def test_a_receipt_of_another_ended_or_too_narrow_is_refused_alike(session: Session) -> None:
    with pytest.raises(NotYours) as refused:
        subject_of(session, Act.READ_OWN_HISTORY, NOW)
    assert refused.value.details == {}


def test_staff_acts_are_not_own_acts() -> None:
    for act in set(Act) - OWN:
        with pytest.raises(NotYours):
            subject_of(Session("mother"), act, NOW)


def test_what_family_and_helpers_may() -> None:
    family = Session("aunt", replace(CHILD, as_=Delegate.FAMILY, by="aunt"))
    helper = Session("clerk", replace(CHILD, as_=Delegate.HELPER, by="clerk"))
    assert subject_of(family, Act.SHOW_OWN_CODE, NOW).ref == "child"
    assert subject_of(helper, Act.FILE_APPEAL, NOW).as_ is Delegate.HELPER
    for act in (Act.SHOW_OWN_CODE, Act.WITHDRAW_APPEAL):
        with pytest.raises(NotYours):
            subject_of(helper, act, NOW)
    with pytest.raises(NotYours):
        subject_of(family, Act.READ_OWN_LOOKS, NOW)


def test_no_function_that_reads_takes_the_reference_of_a_person_to_read() -> None:
    assert list(inspect.signature(subject_of).parameters) == ["session", "act", "at"]
    assert own.Session.__slots__ == ("person", "delegation")


def test_only_receipts_given_to_her_and_in_force_can_be_opened() -> None:
    later = replace(CHILD, id="r0", starts=Instant(NOW + 1))
    others = replace(CHILD, id="r2", by="aunt")
    second = replace(CHILD, id="r0", of="other child")
    assert open_to([later, others, CHILD, second], "mother", NOW) == [second, CHILD]


def receipt(as_: Delegate, term: int, fourteen_at: int | None = None, by: str = "x") -> Delegation:
    birthday = None if fourteen_at is None else Instant(fourteen_at)
    return delegate(
        id="r", as_=as_, of="child", by=by, starts=NOW, ends=Instant(NOW + term),
        fourteen_at=birthday,
    )  # fmt: skip


def test_a_guardians_receipt_ends_at_the_fourteenth_birthday_at_the_latest() -> None:
    assert receipt(Delegate.GUARDIAN, DAY, NOW + DAY).ends == NOW + DAY
    for birthday in (NOW + DAY - 1, None):
        with pytest.raises(DelegationMalformed, match="birthday"):
            receipt(Delegate.GUARDIAN, DAY, birthday)


@pytest.mark.parametrize("as_", [Delegate.FAMILY, Delegate.HELPER])
def test_a_receipt_has_a_longest_term(as_: Delegate) -> None:
    assert receipt(as_, LONGEST[as_]).in_force(NOW)
    for term in (LONGEST[as_] + 1, 0):
        with pytest.raises(DelegationMalformed, match="term"):
            receipt(as_, term)


def test_nobody_is_her_own_delegate() -> None:
    with pytest.raises(DelegationMalformed, match="self"):
        receipt(Delegate.FAMILY, DAY, by="child")


def test_the_policies_see_the_delegates_of_this_instant() -> None:
    aunt = replace(CHILD, as_=Delegate.FAMILY, by="aunt")
    clerk = replace(CHILD, as_=Delegate.HELPER, by="clerk")
    gone = replace(CHILD, by="father", ends=NOW)
    elsewhere = replace(CHILD, of="other", by="neighbour")
    seen = person_matter("child", "410102", [CHILD, aunt, clerk, gone, elsewhere], NOW)
    assert seen.guardians == {"mother"}
    assert seen.family == {"aunt"}
    assert seen.helpers == {"clerk"}
    assert seen.holder == "child"

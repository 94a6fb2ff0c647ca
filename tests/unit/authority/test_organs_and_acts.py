"""Organs, regions, acts and posts."""

from __future__ import annotations

from mingma.authority.acts import DIRECT, Act, Group, acts_in, groups_of
from mingma.authority.organs import KINDS, Level, Line, Organ, OrganKind, above, covers
from mingma.authority.posts import POSTS, Post


def test_a_region_lies_in_those_above_it_up_to_the_nation() -> None:
    assert above("410102") == ("410102", "410100", "410000", "000000")
    assert above("410000") == ("410000", "000000")
    assert above("000000") == ("000000",)


def test_a_region_covers_itself_and_what_lies_below_and_nothing_beside() -> None:
    assert covers("410100", "410102")
    assert covers("000000", "460000")
    assert covers("410100", "410100")
    assert not covers("410102", "410100")
    assert not covers("410100", "410200")
    assert not covers("410000", "420000")


def test_an_organ_stands_in_the_line_of_its_kind() -> None:
    organ = Organ("x", OrganKind.CDC, Level.CITY, "410100", "疾控", "CDC")
    assert organ.line is Line.HEALTH


def test_every_kind_of_organ_is_described_and_an_empty_row_says_why_in_both_languages() -> None:
    assert set(KINDS) == set(OrganKind)
    for about in KINDS.values():
        assert about.zh
        assert about.en
        assert bool(about.empty_zh) == about.powerless


def test_police_social_control_and_stability_have_an_empty_row() -> None:
    empty = {kind for kind, about in KINDS.items() if about.powerless}
    assert {
        OrganKind.POLICE, OrganKind.PROCURATORATE, OrganKind.STABILITY_OFFICE,
        OrganKind.HEADQUARTERS_SOCIAL_CONTROL, OrganKind.SUPPLIER,
    } <= empty  # fmt: skip


def test_every_act_stands_in_a_group_or_is_named_here() -> None:
    assert set(DIRECT) == set(Act)
    assert {act for act in Act if not groups_of(act)} == {Act.BRING_IN, Act.HOLD_CEREMONY}


def test_whatever_can_worsen_a_code_is_colour_power_signed_and_local() -> None:
    for act in acts_in(Group.COLOUR):
        assert {Group.STAFF, Group.SIGNED, Group.LOCAL} <= groups_of(act)
    proposals = {act for act in Act if act.value.startswith("propose_")} - {Act.PROPOSE_RELEASE}
    approvals = {Act.APPROVE, Act.APPROVE_SECOND, Act.APPROVE_AREA}
    assert proposals | approvals <= acts_in(Group.COLOUR)


def test_every_approval_of_colour_is_by_lot() -> None:
    assert acts_in(Group.BY_LOT) == acts_in(Group.APPROVAL) & acts_in(Group.COLOUR)


def test_every_post_is_in_some_organ() -> None:
    assert set(POSTS) == set(Post)
    assert all(about.kinds for about in POSTS.values())

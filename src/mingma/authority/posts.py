"""Posts, the officers in them, and the grants that let an officer act.

A post belongs to kinds of organ and decides which acts can be granted to it (`powers`). A grant is
dated, ends by itself after a year at most, and covers one officer in one post of one organ, named
acts and one region. An officer without a grant in force can do nothing, whatever the post.
Follows ACCOUNTABILITY (ASVS 8.2.1, 8.3.2): authority by function, ended at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.organs import OrganKind, covers
from mingma.kernel.times import DAY, Instant

_COLOUR: Final = acts_in(Group.COLOUR)
LONGEST_GRANT: Final = 365 * DAY  # seconds; an appointment is looked at anew each year
_K = OrganKind


class Post(StrEnum):
    """A post. `liaison` is the post of those whose row is empty."""

    INVESTIGATOR = "investigator"
    APPEAL_OFFICER = "appeal_officer"
    CHECKER = "checker"
    RULE_AUTHOR = "rule_author"
    RULE_APPROVER = "rule_approver"
    COMMANDER = "commander"
    REGISTRAR = "registrar"
    EXECUTOR = "executor"
    OBSERVER = "observer"
    COMMUNITY_WORKER = "community_worker"
    GATE_GUARD = "gate_guard"
    HOTLINE_AGENT = "hotline_agent"
    AUDITOR = "auditor"
    LIAISON = "liaison"


@dataclass(frozen=True, slots=True)
class KindOfPost:
    """Which organs have the post, and what it is called."""

    kinds: frozenset[OrganKind]
    zh: str
    en: str


def _post(zh: str, en: str, *kinds: OrganKind) -> KindOfPost:
    return KindOfPost(frozenset(kinds), zh, en)


POSTS: Final[dict[Post, KindOfPost]] = {
    Post.INVESTIGATOR: _post("流调员", "investigator", _K.HEALTH_COMMISSION, _K.CDC),
    Post.APPEAL_OFFICER: _post(
        "申诉办理员", "appeal officer", _K.HEALTH_COMMISSION, _K.HEADQUARTERS
    ),
    Post.CHECKER: _post("复核员", "checker", _K.HEADQUARTERS),
    Post.RULE_AUTHOR: _post(
        "规则起草员", "rule author", _K.HEALTH_COMMISSION, _K.HEADQUARTERS_HEALTH
    ),
    Post.RULE_APPROVER: _post("规则审批员", "rule approver", _K.HEADQUARTERS),
    Post.COMMANDER: _post("指挥长", "commander", _K.HEADQUARTERS),
    Post.REGISTRAR: _post("授权登记员", "registrar", _K.HEADQUARTERS, _K.HEALTH_COMMISSION),
    Post.EXECUTOR: _post("执行员", "executor", _K.DATA_BUREAU, _K.HEADQUARTERS_DATA),
    Post.OBSERVER: _post(
        "哨点观察员",
        "observer",
        _K.HOSPITAL,
        _K.LABORATORY,
        _K.HEADQUARTERS_SENTINEL,
        _K.CARRIER,
        _K.BORDER,
    ),
    Post.COMMUNITY_WORKER: _post("社区工作者", "community worker", _K.COMMUNITY, _K.SUBDISTRICT),
    Post.GATE_GUARD: _post("卡口值守员", "gate guard", _K.GATE),
    Post.HOTLINE_AGENT: _post("热线话务员", "hotline agent", _K.HOTLINE),
    Post.AUDITOR: _post("审计员", "auditor", _K.AUDITOR),
    Post.LIAISON: _post(
        "联络员",
        "liaison",
        _K.HEADQUARTERS_SOCIAL_CONTROL,
        _K.HEADQUARTERS_FOUR_POCKETS,
        _K.STABILITY_OFFICE,
        _K.SUPPLIER,
        _K.WITNESS,
        _K.POLICE,
        _K.PROCURATORATE,
        _K.COURT,
    ),
}


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of an organ, by the pseudonym the organ gave; the name stays with the organ."""

    id: str
    organ: str
    post: Post


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do named acts, from `starts` until just before `ends`, or its earlier `ended`."""

    id: str
    officer: str
    post: Post
    organ: str
    region: str
    acts: frozenset[Act]
    starts: Instant
    ends: Instant
    given_by: str
    given_by_organ: str
    ended: Instant | None = None

    def gives(self, act: Act) -> bool:
        """Whether it covers an act; to object is part of every grant that can end in a colour."""
        return act in self.acts or (act is Act.OBJECT and not self.acts.isdisjoint(_COLOUR))

    def in_force(self, at: Instant) -> bool:
        """Whether it holds at an instant; no job has to run for it to end."""
        last = self.ends if self.ended is None else min(self.ends, self.ended)
        return self.starts <= at < last


def grants_in_force(grants: Iterable[Grant], at: Instant) -> tuple[Grant, ...]:
    """Those that hold at an instant."""
    return tuple(grant for grant in grants if grant.in_force(at))


def granted(
    grants: Iterable[Grant], officer: Officer, act: Act, region: str, at: Instant
) -> Grant | None:
    """The grant an officer acts under, or None; of several the one that ends last."""
    fitting = [
        grant
        for grant in grants_in_force(grants, at)
        if (grant.officer, grant.post, grant.organ) == (officer.id, officer.post, officer.organ)
        and grant.gives(act)
        and covers(grant.region, region)
    ]
    return max(fitting, key=lambda grant: (grant.ends, grant.id), default=None)

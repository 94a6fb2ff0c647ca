"""The policies over the grid: right in every cell, held under a permit for all, none to spare.

Some 30,000 questions. What the engine allows is what the plain rules allow, cell by cell; with a
hostile `permit` for everything it is what nothing stands against; and each policy, dropped, changes
the answer of a cell that it alone decided.
"""

from __future__ import annotations

import re
from functools import cache

from mingma.authority.acts import Act, Group, acts_in
from mingma.authority.matters import PersonMatter
from mingma.authority.organs import KINDS, POWERLESS
from mingma.authority.own import Delegate, Delegation, NotYours, Session, person_matter, subject_of
from mingma.authority.posts import POSTS, Post
from mingma.authority.powers import POWERS, acts_of
from mingma.authority.rails import RAILS
from mingma.authority.request import Answer, Request
from mingma.engines.cedar import CedarEngine, policy_ids, shipped_policies
from mingma.kernel.times import DAY, Instant
from tests.unit.authority import plain_rules
from tests.unit.authority.grid import Cell, cells, request

HOSTILE = '\n@id("X-hostile") permit (principal, action, resource);\n'
IDS = policy_ids(shipped_policies())


@cache
def grid() -> list[tuple[Cell, Request]]:
    return [(cell, request(cell)) for cell in cells()]


@cache
def answers(more: str = "") -> list[Answer]:
    engine = CedarEngine(shipped_policies() + more)
    return list(engine.decide_all([asked for _, asked in grid()]))


def wrong(more: str) -> list[tuple[Cell, Answer]]:
    rule = plain_rules.must if more else plain_rules.allowed
    every = zip(grid(), answers(more), strict=True)
    return [(cell, answer) for (cell, _), answer in every if answer.allowed != rule(cell)]


def test_the_engine_allows_what_the_plain_rules_allow_and_nothing_else() -> None:
    assert len(grid()) > 25_000
    assert wrong("") == []
    assert not any(answer.errors for answer in answers())
    assert sum(answer.allowed for answer in answers()) > 500


def test_the_rails_hold_under_a_permit_for_everything() -> None:
    assert wrong(HOSTILE) == []
    allowed = [c for (c, _), a in zip(grid(), answers(HOSTILE), strict=True) if a.allowed]
    assert not [c for c in allowed if c.get("kind") in POWERLESS and c["who"] == "officer"
                and c["act"] not in {"read_public_log", "hold_ceremony"}]  # fmt: skip
    assert not [c for c in allowed if c["act"] in acts_in(Group.NEVER)]


def decided_alone() -> dict[str, Request]:
    """For each policy a question it alone decides: permits as shipped, rails under hostility."""
    found: dict[str, Request] = {}
    for more, letter in (("", "P"), (HOSTILE, "F")):
        for (_, asked), answer in zip(grid(), answers(more), strict=True):
            if len(answer.policies) == 1 and answer.policies[0].startswith(letter):
                found.setdefault(answer.policies[0], asked)
    return found


def without(policy: str) -> str:
    """The policy text with one policy dropped."""
    parts = re.split(r'(?=^@id\(")', shipped_policies(), flags=re.MULTILINE)
    kept = [part for part in parts if not part.startswith(f'@id("{policy}")')]
    assert len(kept) == len(parts) - 1
    return "".join(kept)


def test_each_policy_dropped_changes_an_answer() -> None:
    asked = decided_alone()
    assert sorted(asked) == sorted(IDS), "a policy that decides no cell alone is not tested"
    survivors = [
        policy
        for policy in IDS
        if CedarEngine(without(policy) + (HOSTILE if policy.startswith("F") else ""))
        .decide(asked[policy])
        .allowed
        is policy.startswith("P")
    ]
    assert survivors == []


def test_the_table_has_a_row_for_each_policy() -> None:
    assert [row.policy for row in (*POWERS, *RAILS)] == IDS


def test_the_table_of_post_by_act_is_what_the_engine_allows() -> None:
    said = {(post, act) for post in Post for act in acts_of(post)}
    done = {
        (Post(cell["post"]), Act(cell["act"]))
        for (cell, _), answer in zip(grid(), answers(), strict=True)
        if answer.allowed and cell["who"] == "officer"
    }
    assert done == said


def test_the_levels_of_the_table_are_what_the_engine_allows() -> None:
    said = {(post, act) for power in POWERS for post in power.posts for act in power.acts
            if power.levels}  # fmt: skip
    at_the_city = {
        (Post(cell["post"]), Act(cell["act"]))
        for (cell, _), answer in zip(grid(), answers(), strict=True)
        if answer.allowed and cell["who"] == "officer" and cell["level"] == "city"
    }
    every = {(post, act) for post in Post for act in acts_of(post)}
    # The public log is read by everybody; the grid asks it at the province's level only.
    assert every - at_the_city - {(post, Act.READ_PUBLIC_LOG) for post in Post} == said


def test_what_the_rails_say_they_are_over_is_what_they_are_over() -> None:
    scopes = dict(re.findall(
        r'@id\("(F[^"]+)"\)\nforbid \(principal[^,]*,\s*action (?:in|==) (\[[^\]]*\]|[^,]*),',
        shipped_policies(),
    ))  # fmt: skip
    named = {policy: set(re.findall(r'Action::"(\w+)"', scope)) for policy, scope in scopes.items()}
    groups_and_acts = {word.value for word in (*Group, *Act)}
    said = {
        rail.policy: {word for word in re.findall(r"\w+", rail.over) if word in groups_and_acts}
        for rail in RAILS
    }
    assert said == named


def test_the_empty_rows_are_the_same_everywhere() -> None:
    listed = re.findall(
        r"\[(M::OrganKind::\"headquarters_social_control\"[^\]]*)\]", shipped_policies()
    )
    assert len(listed) == 2
    for text in listed:
        assert set(re.findall(r'"(\w+)"', text)) == {kind.value for kind in POWERLESS}
    for kind in POWERLESS:
        posts = {post for post, about in POSTS.items() if kind in about.kinds}
        assert posts == {Post.LIAISON}
    assert acts_of(Post.LIAISON) == {Act.READ_PUBLIC_LOG}
    with_posts = {kind for about in POSTS.values() for kind in about.kinds}
    assert with_posts == set(KINDS)


# --- a citizen's own acts: plain code, the same answers ------------------------------------------

NOW = Instant(1_655_000_000)


def sessions() -> list[tuple[Session, list[Delegation]]]:
    found: list[tuple[Session, list[Delegation]]] = [(Session("me"), [])]
    for as_ in Delegate:
        for by in ("me", "aunt"):
            for starts, ends in ((0, DAY), (-DAY, 0), (1, DAY), (-5, 1)):
                one = Delegation("r1", as_, "child", by, Instant(NOW + starts), Instant(NOW + ends))
                found.append((Session("me", one), [one]))
    return found


def test_own_acts_in_plain_code_are_what_the_policies_allow() -> None:
    engine = CedarEngine()
    seen = set()
    for session, delegations in sessions():
        for act in Act:
            of = session.delegation.of if session.delegation else session.person
            try:
                plain = subject_of(session, act, NOW).ref == of
            except NotYours:
                plain = False
            matter = person_matter(of, "410102", delegations, NOW)
            answer = engine.decide(_asked(session.person, act, matter))
            assert plain == answer.allowed, (session, act)
            seen.add(plain)
    assert seen == {True, False}


def _asked(person: str, act: Act, matter: PersonMatter) -> Request:
    from mingma.authority.matters import Citizen

    return Request(Citizen(person), act, matter, "subject")

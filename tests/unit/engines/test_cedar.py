"""The engine: what it answers, and that everything it cannot read is a refusal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mingma.authority.acts import Act, groups_of
from mingma.authority.matters import (
    Actor,
    Colouring,
    Looking,
    Made,
    PersonMatter,
    Plain,
    ProposalMatter,
    PublicLogMatter,
    Status,
)
from mingma.authority.organs import Level, Line, Organ, OrganKind
from mingma.authority.posts import Officer, Post
from mingma.authority.refusal import NotAllowed, reasons, require
from mingma.authority.request import Answer, Request
from mingma.engines.cedar import (
    CedarEngine,
    PoliciesUnsound,
    policy_ids,
    shipped_policies,
    shipped_schema,
)

ENGINE = CedarEngine()
CDC = Organ("zz-cdc", OrganKind.CDC, Level.CITY, "410100", "郑州市疾控中心", "Zhengzhou CDC")
HQ = Organ("zz-hq", OrganKind.HEADQUARTERS, Level.CITY, "410100", "市指挥部", "headquarters")
CONTROL = Organ(
    "zz-sc", OrganKind.HEADQUARTERS_SOCIAL_CONTROL, Level.CITY, "410100", "社管部", "control"
)
MAKER = Actor(Officer("maker", "zz-cdc", Post.INVESTIGATOR), CDC, True, True)
CHECKER = Actor(Officer("checker", "zz-hq", Post.CHECKER), HQ, True, True)
PROPOSAL = ProposalMatter(
    "410102", Made("maker", "zz-cdc", Line.HEALTH, Status.DRAFT, "d1"), "clause", 3,
    worsens=True, ground_sufficient=True, end_by_rule=True, shielded=False, appellant=False,
)  # fmt: skip
GOOD = Colouring(True, True, True, True, "d1")
APPROVE = Request(CHECKER, Act.APPROVE, PROPOSAL, "p1", GOOD)
GUARD = Actor(
    Officer("guard", "gate", Post.GATE_GUARD),
    Organ("gate", OrganKind.GATE, Level.COUNTY, "410102", "卡口", "gate"),
    on_duty=True,
)
CHECK = Request(
    GUARD,
    Act.CHECK_CODE,
    PersonMatter("410102", "someone"),
    "someone",
    Looking(granted=True, purpose=True, token_shown=True, looks_last_hour=1),
)


def test_an_allowed_act_names_the_permit_that_allows_it() -> None:
    assert ENGINE.decide(APPROVE) == Answer(True, ("P04-approve",))
    assert ENGINE.decide(CHECK) == Answer(True, ("P17-check-code",))


def test_a_refused_act_names_every_rail_that_stands_against_it() -> None:
    answer = ENGINE.decide(replace(APPROVE, principal=MAKER))
    assert answer == Answer(False, ("F12-own-proposal", "F13-own-line"))


def test_what_nobody_permitted_is_refused_without_a_rail() -> None:
    answer = ENGINE.decide(replace(APPROVE, act=Act.APPROVE_SECOND, matter=replace(
        PROPOSAL, first="x", first_organ="o", first_level="county",
        made=replace(PROPOSAL.made, status=Status.FIRST))))  # fmt: skip
    assert answer == Answer(False)
    assert list(reasons(answer)) == [("任何策略都没有赋予此项权限", "no policy gives this power")]


def test_a_question_without_its_circumstances_is_refused_with_an_error() -> None:
    answer = ENGINE.decide(Request(CHECKER, Act.APPROVE, PROPOSAL, "p1"))
    assert not answer.allowed
    assert "attribute" in answer.errors[0]


def test_circumstances_of_another_act_are_refused() -> None:
    assert ENGINE.decide(replace(APPROVE, circumstances=Plain(True, True))).errors


def test_circumstances_that_an_act_does_not_have_are_refused() -> None:
    public = Request(CHECKER, Act.READ_PUBLIC_LOG, PublicLogMatter(), "log")
    assert ENGINE.decide(public).allowed
    assert not ENGINE.decide(replace(public, circumstances=Plain(True, True))).allowed


def test_a_matter_of_another_kind_is_refused() -> None:
    answer = ENGINE.decide(replace(APPROVE, matter=PersonMatter("410102", "someone")))
    assert not answer.allowed
    assert answer.errors


def test_a_fact_of_another_type_is_refused() -> None:
    wrong = replace(PROPOSAL, people="3")  # type: ignore[arg-type]
    answer = ENGINE.decide(replace(APPROVE, matter=wrong))
    assert not answer.allowed
    assert answer.errors


def test_an_organ_kind_made_in_data_is_refused() -> None:
    # The other way round: to a schema that knows no gates, a gate is what a bank is to ours.
    gateless = CedarEngine(
        schema=shipped_schema().replace('"community", "gate", ', '"community", ')
    )
    answer = gateless.decide(CHECK)
    assert not answer.allowed
    assert "does not conform" in answer.errors[0]


ERRS = """
@id("T1-errs") forbid (principal, action == M::Action::"check_code", resource)
when { context.looks_last_hour + 9223372036854775807 > 0 };
"""


def test_an_allow_that_carries_an_error_is_a_deny() -> None:
    # Cedar skips a forbid whose sum overflows, and allows.
    answer = CedarEngine(shipped_policies() + ERRS).decide(CHECK)
    assert not answer.allowed
    assert answer.policies == ("P17-check-code",)
    assert "overflow" in answer.errors[0]


def test_policies_that_do_not_fit_the_schema_do_not_start() -> None:
    with pytest.raises(PoliciesUnsound):
        CedarEngine(shipped_policies().replace("context.drawn", "context.dran"))


def test_text_that_is_no_policy_does_not_start() -> None:
    with pytest.raises(PoliciesUnsound):
        CedarEngine("permit (principal, action")


@pytest.mark.parametrize(
    "more",
    [
        '@id("P04-approve") forbid(principal, action, resource);',
        "forbid(principal, action, resource);",
    ],
)
def test_policies_without_a_name_of_their_own_do_not_start(more: str) -> None:
    with pytest.raises(PoliciesUnsound):
        CedarEngine(shipped_policies() + more)


def test_ids_come_in_the_order_of_the_text() -> None:
    ids = policy_ids(shipped_policies())
    assert ids == re.findall(r'^@id\("([^"]+)"\)', shipped_policies(), re.MULTILINE)


def test_many_questions_have_the_answers_of_each_alone() -> None:
    asked = [APPROVE, CHECK, replace(APPROVE, principal=MAKER), CHECK, APPROVE]
    assert ENGINE.decide_all(asked) == [ENGINE.decide(one) for one in asked]
    assert ENGINE.decide_all([]) == []


def test_two_questions_that_describe_one_thing_differently_are_asked_apart() -> None:
    other = replace(APPROVE, matter=replace(PROPOSAL, shielded=True))
    answers = ENGINE.decide_all([APPROVE, other, APPROVE])
    assert [answer.allowed for answer in answers] == [True, False, True]


def test_an_unreadable_question_harms_only_itself() -> None:
    wrong = replace(APPROVE, matter=replace(PROPOSAL, people=None), about="p2")  # type: ignore[arg-type]
    answers = ENGINE.decide_all([APPROVE, wrong, CHECK])
    assert [answer.allowed for answer in answers] == [True, False, True]


def test_social_control_cannot_propose_whatever_post_it_claims() -> None:
    ordered = Actor(Officer("head", "zz-sc", Post.INVESTIGATOR), CONTROL, True, True)
    mine = replace(PROPOSAL, made=replace(PROPOSAL.made, maker="head", organ="zz-sc"))
    request = Request(ordered, Act.PROPOSE_MARK, mine, "p1", GOOD)
    assert ENGINE.decide(request).policies == ("F05-empty-row", "F07-colour-power")


def test_a_refusal_says_why_and_keeps_the_ids_for_the_attempts_leaf() -> None:
    with pytest.raises(NotAllowed) as refused:
        require(ENGINE, replace(APPROVE, principal=MAKER))
    assert refused.value.policies == ("F12-own-proposal", "F13-own-line")
    assert "不得复核本人或本机关提出的事项" in refused.value.sentence("zh")
    assert "his organ's proposal" in refused.value.sentence("en")
    assert require(ENGINE, APPROVE).policies == ("P04-approve",)


def test_an_unreadable_question_is_refused_in_words() -> None:
    with pytest.raises(NotAllowed, match="do not fit"):
        require(ENGINE, Request(CHECKER, Act.APPROVE, PROPOSAL, "p1"))


def _actions() -> dict[str, set[str]]:
    """Each action of the schema with the groups it names."""
    found = re.findall(r"action (\w+)(?: in \[([^\]]*)\])?\s*(?:;|appliesTo)", shipped_schema())
    return {name: {g.strip() for g in groups.split(",") if g.strip()} for name, groups in found}


def test_the_schema_has_the_acts_and_their_groups() -> None:
    actions = _actions()

    def all_of(name: str) -> set[str]:
        direct = actions[name]
        return direct.union(*(all_of(group) for group in direct)) if direct else set()

    for act in Act:
        assert all_of(act.value) == {group.value for group in groups_of(act)}, act
    named = {act.value for act in Act}
    assert {name for name in actions if name not in named} == set(_groups())


def _groups() -> list[str]:
    from mingma.authority.acts import Group

    return [group.value for group in Group]


@pytest.mark.parametrize(("name", "words"), [("OrganKind", OrganKind), ("Post", Post)])
def test_closed_lists_are_the_schemas(name: str, words: type[OrganKind | Post]) -> None:
    listed = re.search(rf"entity {name} enum \[(.*?)\];", shipped_schema(), re.DOTALL)
    assert listed
    assert re.findall(r'"(\w+)"', listed[1]) == [word.value for word in words]

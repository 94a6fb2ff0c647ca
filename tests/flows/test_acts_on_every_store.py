"""Every act of staff and citizens on a file and on a server, each to its end; and two at once.

On a server leaves get their index after the act, so what names an earlier leaf waits for its seal;
and two officers write at the same time. Controls broken to see these fail: the turns of proposal,
approval and answer, and each refusal of what is not sealed yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.appeals.appeal import AppealOver, State
from mingma.appeals.form import read_form
from mingma.appeals.terms import ANSWER
from mingma.authority.acts import Act
from mingma.authority.approval import ApprovalRaced
from mingma.authority.posts import Post
from mingma.authority.refusal import NotAllowed
from mingma.cli import main
from mingma.flows.act_case import Done
from mingma.flows.approved_fact import MarkNotSealed
from mingma.flows.erase import KEPT_AFTER, erase_due
from mingma.flows.file_appeal import Acknowledged, NotSealedYet, file_appeal
from mingma.flows.keep_appeals import keep_appeals
from mingma.flows.lot import LotNotYet
from mingma.flows.objection import ProposalPaused
from mingma.flows.offices import GrantNotSealed
from mingma.flows.order_isolation import own_orders
from mingma.flows.own_looks import own_looks
from mingma.flows.perform_act import perform
from mingma.flows.show_code import NoSuchPerson
from mingma.flows.signed_act import ActReplayed, SignedAct
from mingma.flows.tickets import open_call
from mingma.flows.view_record import keep_looks
from mingma.kernel.times import DAY, Instant, print_instant
from mingma.ledger.leaf import Kind
from mingma.ports import Unit
from mingma.storage.postgres.unit import PostgresUnit
from tests import posts as everybody
from tests.appealing import appeals, leaves_of, object_to, shield_of
from tests.everywhere import ByHand, Sending, at_once, beside, in_office, settle
from tests.instances import NOW
from tests.posts import Posts
from tests.rule_changes import APPROVER, AUTHOR, EXECUTOR, NATIONAL, appoint, changed

WHY = "核对了轨迹与购票记录,当日并不在场,依据不成立"
ON_A_SERVER = pytest.mark.postgres
WAYS = [
    pytest.param(("sqlite", False, False), id="a-file"),
    pytest.param(("sqlite", True, False), id="a-file-under-a-policy"),
    pytest.param(("postgres", False, False), id="a-server", marks=ON_A_SERVER),
    pytest.param(("postgres", False, True), id="a-server-and-threads", marks=ON_A_SERVER),
    pytest.param(("postgres", True, False), id="a-server-under-a-policy", marks=ON_A_SERVER),
    pytest.param(
        ("postgres", True, True), id="a-server-and-threads-under-a-policy", marks=ON_A_SERVER
    ),
]


@pytest.fixture(params=WAYS)
def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sending]:
    """Everybody in office, on each store and in each way it is run."""
    store, watched, threads = request.param
    file = f"sqlite:///{tmp_path / 'a.db'}"
    database = file if store == "sqlite" else request.getfixturevalue("empty_postgres")
    monkeypatch.setitem(everybody.BY_ID, NATIONAL.id, NATIONAL)
    with in_office(tmp_path, database, watched=watched, threads=threads) as made:
        yield made


def test_every_act_is_done_to_its_end(here: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = here.stage
    marks_and_their_release(here)
    an_objection(here)
    appeals_upheld_and_lapsed(here)
    looks_and_orders(here)
    grants_and_their_end(here)
    with pytest.raises(NotAllowed):
        here.act("zz-police-liaison", Act.PROPOSE_MARK, {"rows": [{"subject": "p-ann"}]})
    assert {one.act for one in here.attempts()} == {Act.OPEN_CASE, Act.PROPOSE_MARK}
    a_change_of_rules(here)
    assert_all_fits(here, monkeypatch)

    silence_decides(here)
    scene.clock.now = Instant(NOW + 59 * DAY + KEPT_AFTER)
    instance = scene.instance
    assert erase_due(instance.acting, instance.context.organ, scene.clock()) > 0
    instance.catch_up()  # no emergency is in force any more
    with pytest.raises(NoSuchPerson):
        scene.colour("p-ann")
    assert_all_fits(here, monkeypatch)


def assert_all_fits(here: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and log fit, and `mingma audit --database` says the same."""
    settle(here.stage.instance)
    assert [str(one) for one in here.stage.instance.reconcile()] == []
    settings = here.stage.instance.settings
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(here.stage.clock()))
    monkeypatch.setenv("MINGMA_POLICY", settings.policy)
    monkeypatch.setenv("MINGMA_ORGAN", settings.organ)
    monkeypatch.setenv("MINGMA_KEYS", settings.keys)
    assert main(["audit", "--database", settings.database, "--json"]) == 0


def colour(here: Sending, ref: str) -> str:
    """The colour that shows once witnesses have seen what there is."""
    settle(here.stage.instance)
    return here.stage.colour(ref)


def marks_and_their_release(here: Sending) -> None:
    marked = here.mark_contacts("p-ann", "p-bob", "p-cat", "p-dan")
    assert [colour(here, ref) for ref in ("p-ann", "p-bob", "p-cat", "p-dan")] == ["red"] * 4
    approve_release(here, propose_release(here, marked, "p-dan"), "zz-hc-appeal_officer")
    assert colour(here, "p-dan") == "green"
    [ended] = leaves_of(here.stage, "mark.revoke")
    assert ended.answers is not None


def an_objection(here: Sending) -> None:
    """The clerk who was told to propose it objects: it rests; nobody is made worse by it."""
    proposal = here.propose("p-eve")
    settle(here.stage.instance)
    here.act("zz-cdc-investigator", Act.OBJECT, {"proposal": proposal})
    with pytest.raises(ProposalPaused):
        here.approve(proposal)
    assert colour(here, "p-eve") == "green"
    [leaf] = leaves_of(here.stage, "act.object")
    assert leaf.officer is None


def propose_release(here: Posts, marked: str, ref: str) -> str:
    row = [one.subject for one in here.standing(marked).proposal.rows].index(ref)
    [other] = here.visits(ref, hours=-1)
    here.stage.clock.forward(1)
    body = {
        "kind": "release", "pack": "cn-henan-2021-08", "rule": "HA-R3", "region": "410100",
        "rows": [{"subject": ref, "evidence": [other],
                  "data": {"of": f"zz-cdc/act/{marked[:16]}/{row}"}}],
    }  # fmt: skip
    return str(here.act("zz-cdc-investigator", Act.PROPOSE_RELEASE, body).answer["proposal"])


def approve_release(here: Posts, proposal: str, officer: str) -> Done:
    return here.act(officer, Act.APPROVE_RELEASE, approval(here, proposal))


def approval(here: Posts, proposal: str) -> dict[str, Any]:
    return {"proposal": proposal, "seen": here.standing(proposal).state.hex()}


def hearer(here: Posts, ref: str) -> str:
    """An officer of the organ that was asked."""
    return f"{appeals(here.stage, ref)[-1].appeal.asked_of}-appeal_officer"


def answer(here: Posts, ref: str) -> dict[str, Any]:
    number = appeals(here.stage, ref)[-1].appeal.number
    said = {"outcome": "upheld", "reason": "not_this_person", "text": WHY}
    return {"subject": ref, "appeal": number, **said}


def appeals_upheld_and_lapsed(here: Sending) -> None:
    """Ann's is upheld, and she is shielded; nobody answers Bob's."""
    for ref in ("p-ann", "p-bob"):
        filed = here.again(lambda ref=ref: object_to(here.stage, ref))  # type: ignore[misc]
        assert filed.fresh
    here.act(hearer(here, "p-ann"), Act.ANSWER_APPEAL, answer(here, "p-ann"))
    assert [colour(here, ref) for ref in ("p-ann", "p-bob")] == ["green", "red"]
    assert shield_of(here.stage) is not None
    [decided] = leaves_of(here.stage, "appeal.decide")
    assert decided.answers is not None


def looks_and_orders(here: Sending) -> None:
    """The hotline looks at Cat's reason, an investigator orders her isolation, a doctor ends it."""
    instance, now = here.stage.instance, here.stage.clock()
    with instance.acting() as unit:
        call = open_call(unit, "p-cat", now, instance.desk.chance).digits
    body = {"subject": "p-cat", "purpose": "answering_caller", "ticket": {"call": call}}
    assert here.act("zz-hotline-hotline_agent", Act.SEE_REASON, body).answer["colour"] == "red"
    assert keep_looks(instance.acting, now) >= 1 or leaves_of(here.stage, "view.record")
    settle(instance)
    with instance.store.read() as unit:
        assert own_looks(unit, "p-cat", now, instance.signer.sign).used
        number = unit.decisions_of("p-cat")[-1].number
    order = {"subject": "p-cat", "decision": number, "site": "lab-1", "community": "clerk"}
    made = here.act("zz-cdc-investigator", Act.ORDER_ISOLATION, order).answer["order"]
    here.act("zz-hc-appeal_officer", Act.END_ORDER, {"order": made})
    with instance.store.read() as unit:
        [standing] = own_orders(unit, instance.context, "p-cat", now)
    assert standing.over is not None


def grants_and_their_end(here: Sending) -> None:
    done = here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR)
    here.open_case("case-8", "zz-cdc-new")
    here.act("ha-hc-registrar", Act.END_GRANT, {"grant": done.answer["grant"]})
    with pytest.raises(NotAllowed):
        here.open_case("case-9", "zz-cdc-new")
    here.cases.discard("case-9")
    here.act("ha-hc-registrar", Act.END_GRANT, {"grant": "zz-gate-gate_guard-1/0001"})
    settle(here.stage.instance)
    assert [one.answers is not None for one in leaves_of(here.stage, "grant.end")] == [True] * 2


def a_change_of_rules(here: Sending) -> None:
    """Drafted, approved, a day in public, put into force, and every code decided anew."""
    instance, clock = here.stage.instance, here.stage.clock
    appoint(here)
    files = changed("days: [0, 14]", "days: [0, 3]")
    digest = here.act(AUTHOR, Act.DRAFT_RULE, {"files": files}).answer["edition"]
    settle(instance)
    here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})
    clock.forward(DAY)
    here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
    instance.keep_duties()
    assert instance.undone == {}
    assert [(one.id, one.edition) for one in instance.context.packs] == [("cn-henan-2021-08", 2)]
    settle(instance)
    kinds = ("rule.publish", "rule.approve", "rule.activate")
    found = [one for one in leaves_of(here.stage, *kinds) if one.rule == "cn-henan-2021-08@2"]
    assert sorted(one.kind.value for one in found) == sorted(kinds)


def silence_decides(here: Sending) -> None:
    scene = here.stage
    scene.clock.forward(ANSWER.seconds)
    assert scene.colour("p-bob") == "green"
    instance = scene.instance
    keep_appeals(instance.store, instance.acting, instance.context, scene.clock())
    settle(instance)
    [filed] = appeals(scene, "p-bob")
    assert filed.state_at(scene.clock()) is State.LAPSED
    assert len(leaves_of(scene, "appeal.lapse")) == 1


# -- what waits for the seal


@pytest.fixture
def unsettled(tmp_path: Path, empty_postgres: str) -> Iterator[Posts]:
    """On a server, everybody in office and a case open; an act of these hands seals nothing."""
    with in_office(tmp_path, empty_postgres) as made:
        here = Posts(made.stage, made.keys, made.nonces, made.cases, made.sessions)
        here.open_case()
        yield here


@pytest.mark.postgres
def test_what_names_a_leaf_waits_until_it_is_sealed(
    unsettled: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, instance = unsettled, unsettled.stage.instance
    monkeypatch.setattr(instance.sealing, "_sealer", ByHand())

    grant = here.give("zz-cdc-new", "zz-cdc", Post.INVESTIGATOR).answer["grant"]
    with pytest.raises(GrantNotSealed):
        here.propose("p-ann", maker="zz-cdc-new")
    with pytest.raises(GrantNotSealed):
        here.act("ha-hc-registrar", Act.END_GRANT, {"grant": grant})
    instance.seal()
    proposal = here.propose("p-ann", maker="zz-cdc-new")
    with pytest.raises(LotNotYet):
        here.approve(proposal, "zz-hq-checker-0")
    instance.seal()
    here.approve(proposal)
    release = propose_release(here, proposal, "p-ann")
    with pytest.raises(MarkNotSealed):
        approve_release(here, release, "zz-hc-appeal_officer")
    with pytest.raises(NotSealedYet):
        object_to(here.stage)
    instance.seal()
    object_to(here.stage)
    with pytest.raises(NotSealedYet):
        here.act(hearer(here, "p-ann"), Act.ANSWER_APPEAL, answer(here, "p-ann"))
    instance.seal()
    approve_release(here, release, "zz-hc-appeal_officer")
    instance.seal()
    assert here.stage.colour("p-ann") == "green"
    assert here.attempts() == []
    assert instance.reconcile() == []


@pytest.mark.postgres
def test_no_lot_is_drawn_before_the_leaf_of_a_large_batch_is_sealed(
    unsettled: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, instance = unsettled, unsettled.stage.instance
    refs = [f"p-{n}" for n in range(100)]
    body = here.contacts(refs, here.visits(*refs))
    monkeypatch.setattr(instance.sealing, "_sealer", ByHand())
    proposal = here.act("zz-cdc-investigator", Act.PROPOSE_CONTACTS, body).answer["proposal"]
    with instance.store.write() as unit:  # a sealer whose pool the batch's leaf is not in
        rows = [one for one in unit.pool(1000) if not one.subject.startswith("instance:")]
        monkeypatch.setattr(PostgresUnit, "pool", lambda *_: rows)
        instance.log.seal_within(unit, NOW)
        monkeypatch.undo()
    monkeypatch.setattr(instance.sealing, "_sealer", ByHand())
    with pytest.raises(LotNotYet):
        here.drawn(proposal)
    instance.seal()
    for _ in range(2):
        here.approve(proposal)
        instance.seal()
    assert all(one.batch is not None for one in leaves_of(here.stage, Kind.MARK_APPROVE))


# -- two at once


@pytest.fixture
def two(tmp_path: Path, empty_postgres: str) -> Iterator[tuple[Sending, Posts, str]]:
    """Two servers over one database, and its address."""
    with in_office(tmp_path, empty_postgres) as one, beside(one) as other:
        one.open_case()
        yield one, other, empty_postgres


def done_within(here: Posts, signed: SignedAct) -> Any:
    """The act done in a unit of work that somebody else keeps."""
    instance = here.stage.instance

    def within(unit: Unit) -> None:
        done = perform(unit, instance.context, instance.desk, signed, here.stage.clock())
        assert isinstance(done, Done)

    return within


@pytest.mark.postgres
def test_of_two_approvals_at_once_one_counts(two: tuple[Sending, Posts, str]) -> None:
    here, other, dsn = two
    proposal = here.propose("p-ann")
    drawn = here.drawn(proposal).officer.id
    first, second = (here.sign(drawn, Act.APPROVE, approval(here, proposal)) for _ in range(2))
    lost = at_once(
        here, dsn, done_within(here, first), lambda: other.stage.instance.perform(second)
    )
    assert isinstance(lost, ApprovalRaced)
    assert len(here.standing(proposal).approvals) == 1
    assert len(leaves_of(here.stage, "mark.approve")) == 1


@pytest.mark.postgres
def test_of_two_officers_who_approve_a_release_at_once_one_counts(
    two: tuple[Sending, Posts, str],
) -> None:
    here, other, dsn = two
    release = propose_release(here, here.mark_contacts("p-ann"), "p-ann")
    first, second = (
        here.sign(officer, Act.APPROVE_RELEASE, approval(here, release))
        for officer in ("zz-hc-appeal_officer", "ha-hc-appeal_officer")
    )
    lost = at_once(
        here, dsn, done_within(here, first), lambda: other.stage.instance.perform(second)
    )
    assert isinstance(lost, ApprovalRaced)
    assert here.stage.colour("p-ann") == "green"
    assert len(leaves_of(here.stage, "mark.revoke")) == 1


@pytest.mark.postgres
def test_an_act_that_arrives_twice_at_once_is_done_once(two: tuple[Sending, Posts, str]) -> None:
    here, other, dsn = two
    body = here.contacts(["p-ann"], here.visits("p-ann"))
    signed = here.sign("zz-cdc-investigator", Act.PROPOSE_CONTACTS, body)
    lost = at_once(
        here, dsn, done_within(here, signed), lambda: other.stage.instance.perform(signed)
    )
    assert isinstance(lost, ActReplayed)
    assert here.attempts() == []


@pytest.mark.postgres
def test_of_two_lists_at_once_the_second_counts_the_first(two: tuple[Sending, Posts, str]) -> None:
    here, other, dsn = two
    lists = [[f"p-{who}-{n}" for n in range(60)] for who in ("a", "b")]
    signed = [
        here.sign(maker, Act.PROPOSE_CONTACTS, here.contacts(refs, here.visits(*refs)))
        for maker, refs in zip(("zz-cdc-investigator", "zz-cdc-investigator-1"), lists, strict=True)
    ]
    done = at_once(
        here, dsn, done_within(here, signed[0]), lambda: other.stage.instance.perform(signed[1])
    )
    assert isinstance(done, Done)
    assert (done.answer["people"], done.answer["second"]) == (120, True)


@pytest.mark.postgres
def test_of_two_filings_at_once_one_is_the_appeal(two: tuple[Sending, Posts, str]) -> None:
    here, other, dsn = two
    here.mark_contacts("p-ann")
    context, now = here.stage.instance.context, here.stage.clock()
    found = at_once(
        here, dsn, lambda unit: file_appeal(unit, context, "p-ann", read_form({}), now),
        lambda: object_to(other.stage),
    )  # fmt: skip
    assert isinstance(found, Acknowledged)
    assert found.fresh is False
    assert [one.appeal for one in appeals(here.stage)] == [one.appeal for one in found.filed]


@pytest.mark.postgres
def test_of_two_answers_at_once_one_counts(two: tuple[Sending, Posts, str]) -> None:
    here, other, dsn = two
    here.mark_contacts("p-ann")
    object_to(here.stage)
    first, second = (
        here.sign(officer, Act.ANSWER_APPEAL, answer(here, "p-ann"))
        for officer in (hearer(here, "p-ann"), hearer(here, "p-ann") + "-1")
    )
    lost = at_once(
        here, dsn, done_within(here, first), lambda: other.stage.instance.perform(second)
    )
    assert isinstance(lost, AppealOver)
    assert len(leaves_of(here.stage, "appeal.decide")) == 1

"""P14: declared, limited, renewed by another; at its end codes stop and what is personal goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.appeals.form import read_form
from mingma.authority.acts import Act
from mingma.authority.own import Delegate
from mingma.authority.refusal import NotAllowed
from mingma.flows.delegate import give
from mingma.flows.erase import EMERGENCY_OVER, KEPT_AFTER, REFUSED_OVER, erase_due
from mingma.flows.file_appeal import file_appeal
from mingma.flows.link_identities import link_identities
from mingma.flows.tickets import open_call
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.kernel.words import Colour
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.people.provisional import (
    MergeReason,
    MergeRecord,
    ProvisionalRef,
    SplitReason,
    SplitRecord,
)
from mingma.people.pseudonym import PersonRef
from tests.emergencies import another_command, declare, renewal
from tests.instances import NOW, sample
from tests.posts import Posts, posts

AGENT = "zz-hotline-hotline_agent"


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office on a file, and no emergency."""
    with posts(tmp_path, f"sqlite:///{tmp_path / 'a.db'}", emergency=False) as made:
        yield made


def leaves(here: Posts) -> list[Leaf]:
    with here.stage.instance.store.read() as unit:
        return [parse(entry)[0] for entry in unit.leaves(0, unit.head()[0])]


def issued(here: Posts, ref: str = "p-ann") -> bool:
    return here.stage.instance.show(ref, "zh").token is not None


def test_p14_it_is_declared_for_ninety_days_at_most_and_renewed_by_another_organ_s_power(
    calm: Posts,
) -> None:
    calm.stage.send(sample("t1", result="negative"))
    assert not issued(calm)
    for who in sorted(calm.keys):
        if who != "ha-hq-commander":
            with pytest.raises(Problem):
                declare(calm, who=who)
    for days, basis in ((91, "法"), (60, " ")):
        with pytest.raises(NotAllowed):
            declare(calm, days, basis)
    assert not issued(calm)
    id = declare(calm, 90)
    assert issued(calm)
    other = another_command(calm)
    calm.stage.clock.forward(80 * DAY)
    with pytest.raises(NotAllowed):
        calm.act(other, Act.RENEW_EMERGENCY, renewal(calm, id, 60))  # without a report
    calm.stage.instance.publish_yield()
    for who in ("ha-hq-commander", "zz-hq-commander"):
        with pytest.raises(NotAllowed):
            calm.act(who, Act.RENEW_EMERGENCY, renewal(calm, id, 60))
    calm.act(other, Act.RENEW_EMERGENCY, renewal(calm, id, 60))
    declared = [one.organ for one in leaves(calm) if one.kind is Kind.EMERGENCY_DECLARE]
    assert declared == ["ha-hq", "cn-hq"]
    calm.stage.clock.forward(10 * DAY)
    assert calm.stage.instance.keep_duties()  # everybody is decided anew under the new one
    assert calm.stage.instance.undone == {}
    assert issued(calm)
    calm.stage.clock.forward(50 * DAY)  # … and ends at its second, with nothing running
    assert not issued(calm)


def lived(here: Posts) -> list[str]:
    """All that can be kept of people; returns every name of theirs that the rows could have."""
    stage, instance = here.stage, here.stage.instance
    now = stage.clock()
    known = instance.by_name_and_phone("张三", "13800000000")
    stage.send(sample("t0", "p-ann", result="negative"), sample("t2", known, result="negative"))
    here.mark_contacts("p-ann", "p-bob")
    with instance.acting() as unit:
        file_appeal(unit, instance.context, "p-ann", read_form({"asked": "object"}), now)
        call = open_call(unit, "p-ann", stage.clock(), instance.desk.chance)
    body = {"subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": call.digits}}
    here.act(AGENT, Act.SEE_REASON, body)
    with instance.acting() as unit:
        give(
            unit, "p-ann", Delegate.FAMILY, {"type": "passport", "number": "E12345678"},
            Instant(stage.clock() + DAY), stage.clock(),
            identify=instance.holder, chance=instance.desk.chance,
        )  # fmt: skip
    shown = instance.show("p-bob", "zh")
    assert shown.decision is not None
    order = {"subject": "p-bob", "decision": shown.decision.number, "site": "lab-1",
             "community": "clerk"}  # fmt: skip
    here.act("zz-cdc-investigator", Act.ORDER_ISOLATION, order)
    here.act("ha-cdc-investigator", Act.BREAK_GLASS, {"subject": "p-bob", "reason": "fainted"})
    # Merged and parted again.
    merge = MergeRecord("m1", ProvisionalRef(known), PersonRef("p-ann"), stage.clock(), "zz-cdc",
                        MergeReason.PAPER_SHOWN)  # fmt: skip
    with instance.acting() as unit:
        link_identities(unit, instance.context, merge, stage.clock())
    stage.clock.forward(1)
    split = SplitRecord("s1", "m1", stage.clock(), "zz-cdc", SplitReason.ANOTHER_PERSON)
    with instance.acting() as unit:
        link_identities(unit, instance.context, split, stage.clock())
    # Refused records: of somebody who is here, of somebody who is not, and no record at all.
    bad = {**sample("t9", "p-ann"), "region": "nowhere"}
    stranger = {**sample("t8", "p-stranger"), "kind": "no_such_kind"}
    batch = stage.send(bad, stranger)
    assert batch.refused == 2
    with instance.store.read() as unit:
        assert "p-stranger" in "".join(one.record for one in unit.turned("demo", batch.id))
    return ["p-ann", "p-bob", "p-stranger", known]


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("a.db*")))


def test_p14_when_it_ends_codes_stop_and_no_byte_names_anybody_fourteen_days_later(
    calm: Posts, tmp_path: Path
) -> None:
    emergency, stage = declare(calm, 60), calm.stage
    names = lived(calm)
    stage.clock.forward(HOUR)
    with stage.instance.store.read() as unit:
        keys = [one.key for one in unit.people(unit.refs("", 99)).values()]
        people = len(keys)
    # (1) It ends: codes stop in that second.
    assert issued(calm, "p-bob")
    calm.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": emergency})
    for ref in ("p-ann", "p-bob"):
        shown = stage.instance.show(ref, "zh")
        assert (shown.colour, shown.token) == (Colour.UNKNOWN, None)
    over = stage.clock()
    # (2) For fourteen days everybody may object and fetch her bundle; nothing goes.
    stage.clock.now = Instant(over + KEPT_AFTER - 1)
    stage.instance.keep_duties()
    assert all(name.encode() in held(tmp_path) for name in names)
    before = leaves(calm)
    assert not [one for one in before if one.kind is Kind.ERASE_BATCH]
    # (3) Then everything goes, and the log says how much.
    stage.clock.forward(1)
    stage.instance.keep_duties()
    stage.instance.keep_duties()  # a later unit has the store clean its files
    assert stage.instance.undone == {}
    left = held(tmp_path)
    assert [name for name in names if name.encode() in left] == []
    assert not any(key in left for key in keys)
    after = leaves(calm)
    assert after[: len(before)] == before
    said = {one.rule: one.count for one in after if one.kind is Kind.ERASE_BATCH}
    assert said == {REFUSED_OVER: 2, EMERGENCY_OVER: people}
    assert stage.instance.reconcile() == []
    # (4) Whoever comes again meets nothing of it.
    stage.clock.forward(30 * DAY)
    declare(calm, 60)
    hours = (stage.clock() - NOW) / HOUR - 2
    assert stage.send(sample("t1", hours=hours, result="negative")).admitted == 1
    assert stage.colour("p-ann") == "green"
    assert stage.instance.reconcile() == []


def test_p14_refused_records_go_fourteen_days_after_they_came_though_an_emergency_is_in_force(
    calm: Posts, tmp_path: Path
) -> None:
    declare(calm, 60)
    stage = calm.stage
    stage.send({**sample("t9", "p-stranger"), "region": "nowhere"}, sample("t1", "p-ann"))
    instance = stage.instance
    for seconds, there in ((KEPT_AFTER, True), (1, False)):
        stage.clock.forward(seconds)
        assert erase_due(instance.acting, instance.context.organ, stage.clock()) == 0
        instance.keep_duties()
        assert (b"p-stranger" in held(tmp_path)) is there
        assert b"p-ann" in held(tmp_path)
    assert [(one.rule, one.count) for one in leaves(calm) if one.kind is Kind.ERASE_BATCH] == [
        (REFUSED_OVER, 1)
    ]
    assert instance.reconcile() == []

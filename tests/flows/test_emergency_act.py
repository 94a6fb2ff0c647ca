"""An emergency is declared, renewed and ended by the province's command, and within its limits.

Controls broken to see these fail: the other organ, the report, the ninety days, and the pause.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.posts import Post
from mingma.authority.refusal import NotAllowed
from mingma.flows.declare_emergency_act import (
    PAUSE,
    NoSuchEmergency,
    NotSealedYet,
    RenewInstead,
)
from mingma.flows.seal import Log
from mingma.flows.yield_report import last_report
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.ledger.leaf import Kind, parse
from tests.emergencies import BASIS, another_command, declare, renewal
from tests.posts import Posts, posts


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Posts]:
    """Everybody in office, and no emergency."""
    with posts(tmp_path, emergency=False) as made:
        made.give("ha-hc-second", "ha-hc", Post.INVESTIGATOR)
        yield made


def test_the_province_s_command_declares_and_its_leaf_names_the_power(calm: Posts) -> None:
    id = declare(calm)
    i = calm.stage.instance
    with i.store.read() as unit:
        found = unit.emergency_at(calm.stage.clock())
        index = unit.index_of(f"instance:{id}", 0)
        assert found is not None
        assert index is not None
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
    assert (found.organ, leaf.kind, leaf.organ) == ("ha-hq", Kind.EMERGENCY_DECLARE, "ha-hq")
    assert leaf.grant is not None
    assert leaf.officer is not None
    calm.mark_contacts("p-ann")
    assert calm.stage.colour("p-ann") == "red"


@pytest.mark.parametrize(
    ("days", "basis", "who", "rail"),
    [
        (91, BASIS, "ha-hq-commander", "F48-ninety-days"),
        (60, "  ", "ha-hq-commander", "F48-ninety-days"),
        (60, BASIS, "zz-hq-commander", ""),  # the city has no such power
        (60, BASIS, "zz-hc-investigator", "F01-granted"),
    ],
)
def test_beyond_ninety_days_without_a_basis_or_by_another_it_is_refused(
    calm: Posts, days: int, basis: str, who: str, rail: str
) -> None:
    with pytest.raises(NotAllowed) as refused:
        declare(calm, days, basis, who)
    assert rail in (*refused.value.policies, "")
    assert calm.attempts()[0].act == "declare_emergency"


def test_declaring_anew_is_no_way_round_the_renewal(calm: Posts) -> None:
    declare(calm, 10)
    calm.stage.clock.forward(10 * DAY + PAUSE - 1)
    with pytest.raises(RenewInstead):
        declare(calm)
    calm.stage.clock.forward(1)
    declare(calm)


def test_it_is_renewed_by_another_organ_on_a_published_report_only(calm: Posts) -> None:
    id = declare(calm, 30)
    calm.mark_contacts("p-ann")
    other = another_command(calm)
    calm.stage.clock.forward(5 * DAY)
    with pytest.raises(NotAllowed) as refused:
        calm.act(other, Act.RENEW_EMERGENCY, renewal(calm, id, 60))
    assert refused.value.policies == ("F49-renewed-by-another",)
    [report] = calm.stage.instance.publish_yield()
    # The patient of the case was red for five days and she, from a minute later on, nearly so.
    assert (report.people, report.infections) == (2, 0)
    assert report.person_days in {9, 10}
    assert report.days_each is None
    with pytest.raises(NotAllowed) as refused:
        calm.act("ha-hq-commander", Act.RENEW_EMERGENCY, renewal(calm, id, 60))
    assert refused.value.policies == ("F49-renewed-by-another",)
    done = calm.act(other, Act.RENEW_EMERGENCY, renewal(calm, id, 60)).answer
    with calm.stage.instance.store.read() as unit:
        late = unit.emergency_at(Instant(calm.stage.clock() + 40 * DAY))
        assert last_report(unit, id) == report
    assert late is not None
    assert (late.id, late.organ) == (done["emergency"], "cn-hq")


def test_it_is_ended_at_once_with_a_leaf_and_codes_stop(calm: Posts) -> None:
    id = declare(calm)
    calm.mark_contacts("p-ann")
    assert calm.stage.colour("p-ann") == "red"
    calm.stage.clock.forward(HOUR)
    calm.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": id})
    assert calm.stage.colour("p-ann") == "unknown"
    with calm.stage.instance.store.read() as unit:
        index = unit.index_of(f"instance:{id}", 1)
        assert index is not None
        leaf, _ = parse(unit.leaves(index, index + 1)[0])
        assert (leaf.kind, leaf.answers) == (
            Kind.EMERGENCY_END, unit.index_of(f"instance:{id}", 0),
        )  # fmt: skip
    with pytest.raises(NoSuchEmergency):
        calm.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": id})


def test_the_report_counts_only_what_was_restricted_while_it_lasted(calm: Posts) -> None:
    declare(calm, 30)
    calm.mark_contacts("p-ann", "p-bob")
    infection = {
        "id": "i1", "kind": "infection", "subject": "p-eve", "region": "410100",
        "at": print_instant(calm.stage.clock()), "data": {"class": "confirmed"},
    }  # fmt: skip
    batch = calm.stage.send(infection, source="demo")
    calm.stage.clock.forward(3 * DAY + 60)
    [report] = calm.stage.instance.publish_yield()
    assert batch.admitted == report.infections == 1
    assert report.people == 4  # the two, the patient they met, and she who is ill
    assert report.person_days == report.days_each == 12


def test_an_end_before_the_declaration_is_sealed_is_told_to_wait(
    calm: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Log, "seal_within", lambda *_: None)
    id = declare(calm)
    with pytest.raises(NotSealedYet) as refused:
        calm.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": id})
    assert refused.value.status == 409
    monkeypatch.undo()
    calm.stage.instance.seal()
    calm.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": id})
    with pytest.raises(NoSuchEmergency):
        calm.act("ha-hq-commander", Act.END_EMERGENCY, {"emergency": id})

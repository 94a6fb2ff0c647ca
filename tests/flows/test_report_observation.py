"""What staff observe of a person: a closed word, a lead for two days, in her log, and no colour.

Controls broken to see these fail: the places a gate may ask at, its region, the rate, who is not
enrolled, the two days, the looks, and whose region an investigator reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows import report_observation as flow
from mingma.flows.act_case import BodyMalformed
from mingma.flows.look import AnotherPlace, looks_at
from mingma.flows.place_policy import NO_CHECK
from mingma.flows.report_observation import LEAD_FOR, OBSERVATION, Observed
from mingma.kernel.times import DAY
from tests.instances import sample
from tests.posts import Posts, posts

GUARD, WORKER = "zz-gate-gate_guard", "erqi-community-community_worker"
TRACER = "zz-cdc-investigator"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        made.stage.send(sample("s1", result="negative"), sample("s2", "p-bob", result="negative"))
        yield made


def report(here: Posts, officer: str = GUARD, **other: Any) -> dict[str, Any]:
    body = {"subject": "p-ann", "observed": "cough", "place": "airport", "region": "410103"}
    return here.act(officer, Act.REPORT_OBSERVATION, body | other).answer


def leads(here: Posts, region: str = "410100", officer: str = TRACER) -> list[dict[str, Any]]:
    body = {"observations": region, "purpose": "investigation"}
    found: list[dict[str, Any]] = here.act(officer, Act.SEE_RECORD, body).answer["observations"]
    return found


def looked(here: Posts, ref: str = "p-ann") -> list[tuple[object, ...]]:
    with here.stage.instance.store.read() as unit:
        return [(one.body["organ"], one.body["purpose"], one.body["place"])
                for one in looks_at(unit, ref)]  # fmt: skip


def kept(here: Posts) -> int:
    with here.stage.instance.store.read() as unit:
        return len(unit.records_under(OBSERVATION, ""))


def test_what_was_observed_is_told_to_the_investigators_of_the_region_for_two_days(
    here: Posts,
) -> None:
    said = report(here)
    assert said == {"observed": "cough", "lead_until": "2022-06-16T12:00:00+08:00"}
    here.stage.clock.forward(60)
    report(here, WORKER, subject="p-bob", observed="fever", place="residence")
    assert [(one["subject"], one["observed"], one["organ"]) for one in leads(here)] == [
        ("p-ann", "cough", "zz-gate"), ("p-bob", "fever", "erqi-community"),
    ]  # fmt: skip
    assert leads(here, "410105") == []
    here.stage.clock.forward(LEAD_FOR - 60)
    assert [one["subject"] for one in leads(here)] == ["p-bob"]
    assert here.stage.colour("p-ann") == "green"


def test_she_sees_in_her_log_who_reported_it_and_who_read_it(here: Posts) -> None:
    report(here)
    here.stage.clock.forward(1)
    leads(here)
    assert looked(here) == [
        ("zz-gate", "observing", "airport"), ("zz-cdc", "investigation", None),
    ]  # fmt: skip
    assert looked(here, "p-bob") == []


def test_a_gate_observes_nobody_where_it_may_not_ask_nor_outside_its_region(here: Posts) -> None:
    assert report(here, place="court") == NO_CHECK
    with pytest.raises(AnotherPlace):
        report(here, region="410200")
    assert (kept(here), looked(here)) == (0, [])
    assert report(here, WORKER, place="residence")["observed"] == "cough"


def test_who_is_not_enrolled_has_the_same_answer_and_nothing_is_kept(here: Posts) -> None:
    assert report(here, subject="p-nobody") == report(here)
    assert kept(here) == 1


def test_the_word_is_one_of_the_closed_list(here: Posts) -> None:
    for wrong in ("no_test", "red", "", 1, None):
        with pytest.raises(BodyMalformed):
            report(here, observed=wrong)
    for word in Observed:
        assert report(here, observed=word.value)["observed"] == word
        here.stage.clock.forward(1)


def test_an_observation_counts_as_a_look_of_the_officer_s_hour(
    here: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "MOST_AN_HOUR", 2)
    report(here)
    report(here, subject="p-nobody")
    with pytest.raises(NotAllowed) as refused:
        report(here, subject="p-bob")
    assert refused.value.policies == ("F32-looks-an-hour",)
    assert here.attempts()[-1].policies == ("F32-looks-an-hour",)


def test_only_investigators_of_the_region_read_them_for_that_purpose(here: Posts) -> None:
    report(here)
    with pytest.raises(NotAllowed) as refused:
        leads(here, "410200")
    assert "F04-own-region" in refused.value.policies
    with pytest.raises(NotAllowed) as refused:
        leads(here, officer="zz-hc-appeal_officer")
    assert refused.value.policies == ("F31-purpose",)
    with pytest.raises(BodyMalformed):
        here.act(TRACER, Act.SEE_RECORD, {"observations": "410100", "purpose": "entry"})
    assert looked(here) == [("zz-gate", "observing", "airport")]


def test_an_observation_goes_with_the_person(here: Posts) -> None:
    report(here)
    with here.stage.instance.acting() as unit:
        unit.erase(["p-ann"])
    assert kept(here) == 0
    here.stage.clock.forward(DAY)
    assert leads(here) == []

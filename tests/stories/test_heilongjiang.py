"""Heilongjiang: each channel has its own mark and its own end, the worst shows, and red steps down.

Four of the five channels are in the sources; nobody published the fifth, and household registration
is no channel. Controls broken to see these fail: the count of clean days, the clause that a mark
needs, and the next report that takes one's own mark away.
"""

from __future__ import annotations

from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.kernel.times import DAY, HOUR, Instant, day_of, midnight, print_instant
from tests.abuse.scene import MAKER, Office
from tests.instances import NOW, at
from tests.stories.conftest import Offices

PACK = "cn-heilongjiang"


@pytest.fixture
def here(office: Offices) -> Office:
    return office(packs=PACK)


def marked(here: Office, rule: str) -> None:
    """A mark by hand, on a stay of her own, approved by another organ."""
    stay = {"id": f"stay-{rule}", "kind": "area_stay", "subject": "p-ann", "at": at(-30),
            "region": "410100", "data": {"level": "high"}}  # fmt: skip
    assert here.stage.send(stay).admitted == 1
    here.stage.clock.forward(1)
    made = here.done(MAKER, Act.PROPOSE_MARK, mark_of(rule))["proposal"]
    here.done(here.drawn(made), Act.APPROVE, here.approval(made))


def mark_of(rule: str) -> dict[str, Any]:
    row = {"subject": "p-ann", "evidence": [f"demo/stay-{rule}"], "data": {}}
    return {"kind": "mark", "pack": PACK, "rule": rule, "region": "410100", "rows": [row]}


def cured(here: Office, ref: str, **when: str) -> None:
    """Discharged from hospital, as the health commission records it."""
    record = {"id": f"cured-{ref}", "kind": "infection", "subject": ref, "at": at(-20 * 24),
              "region": "410100", "data": {"class": "confirmed", **when}}  # fmt: skip
    assert here.stage.send(record).refused == 0


def report(here: Office, ref: str, *symptoms: str) -> None:
    """Her own daily report."""
    here.client.sign_in(ref)
    said = {"symptoms": list(symptoms), "temperature": 36.5}
    response = here.client.http.post("/v1/me/reports", json=said)
    assert response.status_code == 201, response.text


def ends(here: Office, ref: str) -> dict[str, tuple[str, str]]:
    """By clause: the colour it gives now and its end."""
    with here.stage.instance.store.read() as unit:
        found = unit.decisions_in_force([ref])[ref].spans
    now = here.stage.clock()
    return {
        one.rule: (one.colour.value, print_instant(one.until))
        for one in found
        if one.colour and one.until is not None and one.starts <= now < one.until
    }


def until_day(days: int) -> str:
    """00:00 so many days after the story's first."""
    return print_instant(Instant(midnight(day_of(NOW) + days)))


def test_each_channel_ends_by_itself_and_the_worst_of_them_shows(here: Office) -> None:
    marked(here, "HLJ-ADM")
    marked(here, "HLJ-BD")
    report(here, "p-ann", "fever")
    cured(here, "p-ann", discharged_at=at(-12 * 24))
    assert ends(here, "p-ann") == {
        "HLJ-WJW": ("red", until_day(3)),
        "HLJ-ADM": ("yellow", until_day(8)),
        "HLJ-BD": ("yellow", until_day(15)),
        "HLJ-SELF": ("yellow", until_day(15)),
    }
    assert here.stage.colour("p-ann") == "red"
    here.stage.clock.forward(HOUR)
    report(here, "p-ann")  # the next normal report ends her own mark at once, and nobody else's
    assert set(ends(here, "p-ann")) == {"HLJ-WJW", "HLJ-ADM", "HLJ-BD"}
    here.stage.clock.forward(3 * DAY)
    assert here.stage.colour("p-ann") == "yellow"
    assert "HLJ-ADM" in ends(here, "p-ann")
    here.stage.clock.forward(5 * DAY)  # the administrator's seven days are over, fourteen are not
    assert "HLJ-ADM" not in ends(here, "p-ann")
    assert "HLJ-BD" in ends(here, "p-ann")


def test_household_registration_is_no_channel(here: Office) -> None:
    marked(here, "HLJ-BD")  # she has evidence that other clauses admit
    body = mark_of("HLJ-NEHE")
    body["rows"][0]["evidence"] = ["demo/stay-HLJ-BD"]
    assert here.refused(MAKER, Act.PROPOSE_MARK, body) == {"F09-ground"}


def test_red_is_yellow_when_isolation_ends_and_green_after_fourteen_clean_days(
    here: Office,
) -> None:
    isolated = {"discharged_at": at(-5 * 24), "isolation_ended_at": at(1)}
    for ref in ("p-diligent", "p-forgetful"):
        cured(here, ref, **isolated)
        assert here.stage.colour(ref) == "red"
    here.stage.clock.forward(HOUR)
    for ref in ("p-diligent", "p-forgetful"):
        assert here.stage.colour(ref) == "yellow"  # at the very second, with nothing running
    for day in range(1, 15):
        here.stage.clock.forward(DAY)
        report(here, "p-diligent")
        if day != 5:
            report(here, "p-forgetful")
        assert here.stage.colour("p-diligent") == "yellow"
    here.stage.clock.now = Instant(midnight(day_of(NOW) + 15) - 1)
    assert here.stage.colour("p-diligent") == "yellow"
    here.stage.clock.forward(1)
    assert here.stage.colour("p-diligent") == "green"
    assert here.stage.colour("p-forgetful") == "yellow"  # the count began again after day five
    for _ in range(5):
        report(here, "p-forgetful")
        here.stage.clock.forward(DAY)
    assert here.stage.colour("p-forgetful") == "green"

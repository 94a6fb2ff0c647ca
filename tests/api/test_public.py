"""What everybody may know: statistics, alarms, samples; and nobody in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from mingma.appeals.terms import ANSWER
from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.draw_sample import keep_samples
from mingma.flows.tally_day import TOLERANCE, keep_days
from mingma.kernel.times import HOUR, Instant
from mingma.ledger.tally import OTHER
from tests.api.asking import Client
from tests.appealing import object_to
from tests.instances import NOW, contact, sample
from tests.posts import Posts, posts


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Posts]:
    with posts(tmp_path) as made:
        yield made


@pytest.fixture
def public(app: Litestar, here: Posts) -> Iterator[Client]:
    """Asks the app over a stage with everybody in office."""
    app.state.instance = here.stage.instance
    with TestClient(app, raise_server_exceptions=False) as http:
        yield Client(http)


def get(client: Client, path: str) -> Any:
    response = client.http.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def refuse(here: Posts, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            here.act("zz-social-liaison", Act.PROPOSE_MARK, {"rows": [{"subject": "p-ann"}]})


def over(here: Posts) -> None:
    here.stage.clock.now = Instant(NOW + 12 * HOUR + TOLERANCE)
    instance = here.stage.instance
    keep_days(instance.acting, instance.context.organ, here.stage.clock())
    keep_samples(instance.acting, instance.context, here.stage.clock())


def test_refused_attempts_stand_by_organ_at_once(public: Client, here: Posts) -> None:
    assert get(public, "/v1/public/statistics")["attempts"] == []
    refuse(here, 3)
    assert get(public, "/v1/public/statistics")["attempts"] == [
        {"day": "2022-06-14", "organ": "zz-social", "act": "propose_mark", "size": "1", "count": 3}
    ]


def test_the_days_stand_by_organ_and_clause_with_small_counties_merged(
    public: Client, here: Posts
) -> None:
    here.stage.send(*(sample(f"t{n}", f"p-{n}") for n in range(13)))
    over(here)
    said = get(public, "/v1/public/statistics")
    [red] = [row for row in said["acts"] if row["to"] == "red"]
    assert red["day"] == "2022-06-14"
    assert red["count"] == 13
    assert red["rule"].startswith("cn-henan-2021-08/")
    assert set(red["regions"]) <= {"410100", OTHER}
    assert red["regions"].get(OTHER, 13) == 13
    assert said["channels"]["test"]["age_seconds"] == 12 * HOUR + TOLERANCE
    [drawn] = said["samples"]
    assert drawn["day"] == "2022-06-14"
    assert 0 < drawn["leaves"] <= drawn["of"]


def test_appeals_are_counted_by_way_and_by_help(public: Client, here: Posts) -> None:
    refs = [f"p-{n}" for n in range(11)]
    here.stage.send(*(contact(f"c-{ref}", ref) for ref in refs))
    for ref in refs:
        object_to(here.stage, ref)
    said = get(public, "/v1/public/statistics")
    assert (said["appeals_by_way"], said["appeals_by_help"]) == ({"online": 11}, {"alone": 11})
    assert said["re_marks"] == {}
    here.stage.clock.forward(ANSWER.seconds)
    assert get(public, "/v1/public/statistics")["appeals_by_way"] == {"automatic": 11}


def test_an_alarm_has_figures_and_leaves_that_are_there(public: Client, here: Posts) -> None:
    refuse(here, 5)
    here.stage.instance.keep_duties()
    said = get(public, "/v1/public/alarms")
    [alarm] = said["alarms"]
    assert alarm["detector"] == "attempts"
    assert alarm["about"] == "zz-social"
    with here.stage.instance.store.read() as unit:
        size, _ = unit.head()
    assert alarm["leaves"]
    assert all(index < size for index in alarm["leaves"])
    assert said["false_alarms_a_week"]["attempts"] < 1
    assert get(public, "/readyz")["alarms"] == [alarm["id"]]
    assert "mingma_alarms 1" in public.http.get("/metrics").text


def test_a_sample_is_served_and_a_day_without_one_is_404(public: Client, here: Posts) -> None:
    over(here)
    said = get(public, "/v1/public/samples/2022-06-14")
    assert said["leaves"] == sorted(said["leaves"])
    assert all(said["start"] <= leaf < said["end"] for leaf in said["leaves"])
    for day in ("2022-06-13", "x", "2022-06-14~"):
        assert public.http.get(f"/v1/public/samples/{day}").status_code == 404


def test_nothing_of_it_names_a_person_or_an_officer(public: Client, here: Posts) -> None:
    here.stage.send(*(sample(f"t{n}", f"p-{n}") for n in range(3)))
    refuse(here, 5)
    over(here)
    here.stage.instance.keep_duties()
    for path in ("statistics", "alarms", "samples/2022-06-14"):
        text = public.http.get(f"/v1/public/{path}").text
        assert re.search(r"\bp-\d", text) is None
        assert "liaison" not in text

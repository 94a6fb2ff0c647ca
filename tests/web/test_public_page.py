"""The page of public statistics and alarms: every detector in words, links to leaves, nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.flows.oversee import Watch
from mingma.flows.tally_day import TOLERANCE, keep_days
from mingma.kernel.canonical import canonical
from mingma.kernel.times import HOUR, Instant
from mingma.oversight.signal import Detector
from mingma.records import Record
from mingma.web.texts import known, say
from tests.instances import NOW
from tests.web.reading import read
from tests.web.site import Site


def refused(visit: Site, times: int) -> None:
    """Refused attempts as the door writes them."""
    body = {
        "act": "propose_mark", "bin": int(NOW), "organ": "zz-social", "policies": ["F05"],
        "size": "1000+", "nonce": "",
    }  # fmt: skip
    instance = visit.scene.instance
    with instance.acting() as unit:
        for n in range(times):
            unit.add_record(Record("attempt", f"{NOW:019}/{n}", NOW, canonical(body)))
    Watch().keep(instance.store, instance.acting, NOW)


@pytest.mark.parametrize("detector", Detector)
def test_every_detector_has_words_for_people(detector: Detector) -> None:
    assert known(f"public.detector.{detector.value}")


def test_an_empty_page_says_so(visit: Site) -> None:
    text = visit.text("/public?lang=en")
    for key in ("alarms.none", "attempts.none", "appeals.none", "acts.none", "sample.none"):
        assert say("en", f"public.{key}") in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_alarm_is_shown_with_its_organ_and_figures(visit: Site, lang: str) -> None:
    refused(visit, 4)
    text = visit.text(f"/public?lang={lang}")
    assert say(lang, "public.detector.attempts") in text
    assert "zz-social" in text
    assert say(lang, "public.figure.people_at_least") in text
    if lang == "en":
        assert read(visit.get("/public?lang=en").text).untranslated() == []


def test_a_day_that_is_over_stands_by_organ_and_clause(visit: Site) -> None:
    instance, visit.scene.clock.now = visit.scene.instance, Instant(NOW + 12 * HOUR + TOLERANCE)
    keep_days(instance.acting, instance.context.organ, visit.scene.clock())
    text = visit.text("/public?lang=en")
    assert "2022-06-14" in text
    assert "cn-henan-2021-08/" in text


def test_the_start_page_leads_there(visit: Site, tmp_path: Path) -> None:
    assert "/public" in read(visit.get("/").text).links

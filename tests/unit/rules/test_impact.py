"""The replay of a change: whom it would have coloured otherwise, in counts that name nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma import town as shipped
from mingma.cli import main, packs
from mingma.rules.impact import Town, impact
from mingma.town import age_class
from tests.unit.rules.tiny import clause, contact, files, pack, sample

RED, MILD = (f"phases:\n  - {{colour: {c}, days: [0, 7]}}\n" for c in ("red", "yellow"))
WHEN = "when: {kind: contact_finding, relation: close}\n"
ENDS = contact("2022-10-15 09:00").at


def town(contacts: int, *, county: str = "410102") -> Town:
    """A hundred people, so many of them contacts of the eighth of October."""
    people = {f"p{n}": (county, "20-59" if n % 2 else "0-19") for n in range(100)}
    facts = {f"p{n}": (contact("2022-10-08 10:00", f"f{n}"),) for n in range(contacts)}
    return Town("t", ENDS, people, facts)


def test_a_milder_rule_is_better_for_those_it_is_about() -> None:
    found = impact(town(30), [pack(WHEN + RED)], [pack(WHEN + MILD)])
    assert (found.people, found.worse, found.better, found.merged) == (100, 0, 30, 0)
    assert dict(found.cells) == {
        ("410102", "0-19", "better"): 15, ("410102", "20-59", "better"): 15,
    }  # fmt: skip


def test_ten_times_the_days_show_ten_times_the_people() -> None:
    facts = {f"p{n}": (contact(f"2022-10-{1 + n % 10:02} 10:00", f"f{n}"),) for n in range(100)}
    everybody = Town("t", ENDS, town(0).people, facts)
    short = "phases:\n  - {colour: red, days: [0, 1]}\n"
    found = impact(everybody, [pack(WHEN + short)], [pack(WHEN + RED)])
    assert (found.worse, found.better) == (100, 0)


def test_a_change_of_words_touches_nobody() -> None:
    assert impact(town(30), [pack(WHEN + RED)], [pack(WHEN + RED)]).worse == 0


def test_who_is_worse_off_on_any_day_counts_as_worse() -> None:
    late = "phases:\n  - {colour: red, days: [3, 7]}\n"
    early = "phases:\n  - {colour: red, days: [0, 2]}\n"
    found = impact(town(12), [pack(WHEN + early)], [pack(WHEN + late)])
    assert (found.worse, found.better) == (12, 0)


def test_small_cells_are_merged_and_under_ten_is_not_told() -> None:
    few = impact(town(7), [pack(WHEN + MILD)], [pack(WHEN + RED)])
    assert few.body()["worse"] is None
    assert few.body()["cells"] == [{"age": "other", "area": "other", "who": "other", "count": None}]
    some = impact(town(18), [pack(WHEN + MILD)], [pack(WHEN + RED)])
    assert some.body()["cells"] == [{"age": "other", "area": "other", "who": "other", "count": 18}]
    assert impact(town(0), [pack(WHEN + MILD)], [pack(WHEN + RED)]).body()["cells"] == []


def test_a_pack_that_goes_or_comes_counts_too() -> None:
    assert impact(town(20), [], [pack(WHEN + RED)]).worse == 20
    assert impact(town(20), [pack(WHEN + RED)], []).better == 20


def test_facts_outside_the_fourteen_days_change_nothing() -> None:
    old = {"p0": (contact("2022-08-01 10:00"), sample("2022-10-10"))}
    people = {"p0": ("410102", "20-59")}
    assert impact(Town("t", ENDS, people, old), [], [pack(WHEN + RED)]).merged == 0


@pytest.mark.parametrize(
    ("band", "found"), [("00-04", "0-19"), ("15-19", "0-19"), ("20-24", "20-59"), ("85-89", "80-")]
)
def test_age_classes(band: str, found: str) -> None:
    assert age_class(band) == found


def test_the_command_shows_the_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packs, "shipped_town", lambda: town(30))
    for name, phases in (("old", MILD), ("new", RED)):
        for path, text in files(clause(WHEN + phases)).items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    words = ["packs", "impact", str(tmp_path / "new"), "--against", str(tmp_path / "old")]
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[1] == "worse off 30, better off 0"
    assert main(["packs", "impact", "no-such", "--against", "no-such"]) == 2


def test_the_shipped_town_is_the_frozen_city() -> None:
    found = shipped.shipped_town()
    assert len(found.people) == 20_000
    assert set(found.facts) <= set(found.people)

"""A table of a day that says another county than the evidence is found, and the day is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mingma.flows import tally_day
from mingma.flows.erase import erase_due
from mingma.flows.reconcile import Amiss, Found, reconcile
from mingma.flows.reconcile_nightly import keep_nights
from mingma.flows.reconcile_tables import check_tables
from mingma.flows.tally_day import ACT, READ, TALLY, keep_days
from mingma.kernel.canonical import canonical
from mingma.kernel.times import DAY, HOUR, day_of
from mingma.ledger.leaf import Kind, Leaf
from mingma.oversight.signal import Detector
from mingma.records import Outgoing, Record
from tests.flows.test_reconcile import sql
from tests.instances import NOW, Stage, contact, sample, stage

TODAY, LATER = "2022-06-14", "2022-06-16"
COUNTIES = ("410105", "410203", "410305")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    """An instance in a file, and twelve who turned red in each of three counties."""
    with stage(tmp_path, f"sqlite:///{tmp_path / 'a.db'}") as made:
        for n, county in enumerate(COUNTIES):
            turn_red(made, county, 12 * n)
        yield made


def turn_red(scene: Stage, county: str, start: int, count: int = 12) -> None:
    hours = (scene.clock() - NOW) / HOUR - 2
    found = (sample(f"t{n}", f"p-{n}", hours) for n in range(start, start + count))
    scene.send(*({**one, "region": county} for one in found))


def keep(scene: Stage, days: int = 1) -> int:
    """Some days pass; tables that are due are made."""
    scene.clock.forward(days * DAY)
    return keep_days(scene.instance.acting, scene.instance.context.organ, scene.clock())


def everything(scene: Stage) -> list[Found]:
    with scene.instance.store.read() as unit:
        return list(reconcile(unit, scene.instance.context, scene.clock()))


def of_tables(scene: Stage) -> list[Found]:
    with scene.instance.store.read() as unit:
        return [one for page in check_tables(unit) for one in page]


def named(scene: Stage, day: str, why: str) -> Found:
    """The finding that names a day by its table's leaf."""
    number = day_of(NOW) + int(day[-2:]) - int(TODAY[-2:])
    with scene.instance.store.read() as unit:
        index = unit.index_of(ACT, number)
    assert index is not None
    return Found(Amiss.TABLE, index, what=f"{day} {why}")


def test_honest_tables_are_what_the_evidence_makes_them(scene: Stage) -> None:
    assert of_tables(scene) == []
    scene.send(contact("c", "p-0"), contact("d", "p-new"))
    assert keep(scene) == 1
    turn_red(scene, "410105", 50)
    assert keep(scene) == 1
    assert everything(scene) == []


def elsewhere(true: Callable[..., Any]) -> Callable[..., Any]:
    """The counties as somebody wants them: nobody fell ill in the capital."""

    def counties(*given: Any) -> Any:
        regions, untold = true(*given)
        return {n: one.replace("410105", "410203") for n, one in regions.items()}, untold

    return counties


def test_a_cell_that_was_false_from_the_start_is_found_and_the_day_is_named(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(scene, 2)
    turn_red(scene, "410105", 60)
    with monkeypatch.context() as patched:
        patched.setattr(tally_day, "counties", elsewhere(tally_day.counties))
        assert keep(scene) == 1  # its leaf has the digest of what it says: from outside it holds
    assert everything(scene) == [named(scene, LATER, "regions")]


def test_a_table_that_tells_no_county_where_it_could_is_found(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(scene, 2)
    turn_red(scene, "410105", 60, 3)
    turn_red(scene, "410106", 70, 9)  # together ten: their prefecture is told
    with monkeypatch.context() as patched:
        patched.setattr(tally_day, "counties", lambda *_: ({}, set()))
        keep(scene)
    assert everything(scene) == [named(scene, LATER, "regions")]


def edited(body: bytes) -> bytes:
    """A cell moved: the sums stay."""
    said = json.loads(body)
    row = next(row for row in said["acts"] if "410105" in row["regions"])
    row["regions"]["410203"] += row["regions"].pop("410105")
    return canonical(said)


def test_a_stored_table_that_was_edited_or_taken_away_is_found(
    scene: Stage, tmp_path: Path
) -> None:
    keep(scene)
    with scene.instance.store.read() as unit:
        body = unit.records("tally")[0].body
    changed = edited(body).hex()
    sql(tmp_path, f"UPDATE record SET body = X'{changed}' WHERE kind = 'tally'")
    assert everything(scene) == [named(scene, TODAY, "digest")]
    sql(tmp_path, "UPDATE record SET id = '2022-06-15' WHERE kind = 'tally'")
    assert everything(scene) == [named(scene, TODAY, "missing")]


def test_a_table_that_counts_too_few_is_found(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = tally_day.make_table

    def fewer(day: int, start: int, entries: list[bytes], regions: Any) -> bytes:
        said = json.loads(true(day, start, entries, regions))
        said["acts"] = [row for row in said["acts"] if row["to"] != "red"]
        return canonical(said)

    with monkeypatch.context() as patched:
        patched.setattr(tally_day, "make_table", fewer)
        keep(scene)
    assert everything(scene) == [named(scene, TODAY, "acts")]


@pytest.mark.parametrize(("start", "why"), [(0, "form"), (3, "leaf")])
def test_a_leaf_that_names_no_table_or_leaves_some_out_is_found(
    scene: Stage, start: int, why: str
) -> None:
    scene.clock.forward(DAY)
    with scene.instance.acting() as unit:
        size, _ = unit.head()
        leaf = Leaf(
            kind=Kind.TALLY_DAY, organ="o", day=day_of(NOW), digest=sha256(b"{}").digest(),
            index=start, end=size, count=size - start,
        )  # fmt: skip
        unit.add_record(Record(TALLY, TODAY, NOW, b"{}"))
        unit.add_leaves([Outgoing(ACT, day_of(NOW), leaf.unsealed(), scene.clock())])
    assert of_tables(scene) == [named(scene, TODAY, why)]


def test_a_line_of_which_somebody_was_erased_is_held_to_its_sum_alone(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.send(contact("c", "p-yellow", -10 * 24))
    with monkeypatch.context() as patched:
        patched.setattr(tally_day, "counties", elsewhere(tally_day.counties))
        keep(scene)
    assert of_tables(scene) == [named(scene, TODAY, "regions")]
    scene.clock.forward(200 * DAY)
    assert erase_due(scene.instance.acting, scene.instance.context.organ, scene.clock()) > 36
    assert of_tables(scene) == []


def test_what_cannot_be_read_is_said_by_its_own_word(scene: Stage, tmp_path: Path) -> None:
    keep(scene)
    sql(tmp_path, "UPDATE fact SET body = '{}' WHERE sid = 'p-1'")
    found = {one.word for one in everything(scene)}
    assert Amiss.FACT_UNREADABLE in found
    assert Amiss.TABLE not in found


def test_a_large_day_is_counted_page_by_page(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert READ > 1000
    keep(scene, 2)
    monkeypatch.setattr("mingma.flows.reconcile_tables.READ", 7)
    assert of_tables(scene) == []
    turn_red(scene, "410305", 90)
    with monkeypatch.context() as patched:
        patched.setattr(tally_day, "counties", lambda *_: ({}, set()))
        keep(scene)
    assert of_tables(scene) == [named(scene, LATER, "regions")]


def test_the_nightly_look_raises_an_alarm_with_the_table_s_leaf(
    scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tally_day, "counties", elsewhere(tally_day.counties))
        keep(scene)
    instance = scene.instance
    assert keep_nights(instance.store, instance.context, scene.clock, lambda: False) == 1
    with instance.store.read() as unit:
        [alarm] = [json.loads(one.body) for one in unit.records("alarm")]
    assert alarm["leaves"] == [named(scene, TODAY, "").index]
    assert Detector.ROWS.value in str(alarm)

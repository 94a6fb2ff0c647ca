"""The auditor's console, over a database and over the public files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.draw_sample import keep_samples, sample_of
from mingma.flows.export_log import export_log
from mingma.flows.tally_day import TOLERANCE, keep_days
from mingma.kernel.times import HOUR, Instant, print_instant
from tests.cli.files import Run
from tests.instances import NOW, sample
from tests.posts import Posts, posts

TODAY = "2022-06-14"
OVER = Instant(NOW + 12 * HOUR + TOLERANCE)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posts]:
    """A day over: refusals, a sample; the database a file, the log exported."""
    folder = tmp_path_factory.mktemp("oversight")
    with posts(folder, f"sqlite:///{folder / 'a.db'}") as made:
        made.stage.send(*(sample(f"t{n}", f"p-{n}") for n in range(5)))
        for _ in range(12):
            with pytest.raises(NotAllowed):
                made.act("zz-social-liaison", Act.PROPOSE_MARK, {"rows": [{"subject": "p-1"}]})
        instance = made.stage.instance
        made.stage.clock.now = OVER
        keep_days(instance.acting, instance.context.organ, OVER)
        keep_samples(instance.acting, instance.context, OVER)
        export_log(instance.public_log, folder / "log")
        yield made


@pytest.fixture
def database(here: Posts, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("MINGMA_CLOCK", print_instant(OVER))
    return "--database", here.stage.instance.settings.database


@pytest.fixture
def public(here: Posts) -> tuple[str, str]:
    folder = Path(here.stage.instance.settings.database.removeprefix("sqlite:///")).parent
    return "--public", str(folder / "log")


def test_alarms_of_a_database_say_what_is_kept_and_what_a_look_adds(
    run: Run, here: Posts, database: tuple[str, str]
) -> None:
    done = run("oversight", "alarms", *database, "--json")
    assert done.status == 1, done.err
    about = {(one["detector"], one["about"]) for one in done.records}
    assert about == {("attempts", "zz-social"), ("roster", "zz-hq")}  # twelve by night
    assert {one["kept"] for one in done.records} == {False}
    assert "12" in run("oversight", "alarms", *database).out
    with here.stage.instance.store.read() as unit:
        assert unit.records("alarm") == []  # looking wrote nothing


def test_the_public_files_show_the_day_s_refusals(run: Run, public: tuple[str, str]) -> None:
    done = run("oversight", "alarms", *public, "--json")
    assert done.status == 1, done.err
    [alarm] = done.records
    assert (alarm["detector"], alarm["about"]) == ("attempts", "zz-social")
    assert alarm["figures"]["refused"] == 12
    [row] = run("oversight", "attempts", *public, "--json").records
    assert row == {"day": TODAY, "organ": "zz-social", "count": 12}


def test_anybody_draws_the_sample_of_the_database_again_from_the_public_files(
    run: Run, here: Posts, database: tuple[str, str], public: tuple[str, str]
) -> None:
    [kept] = run("oversight", "sample", TODAY, *database, "--json").records
    with here.stage.instance.store.read() as unit:
        found = sample_of(unit, TODAY)
    assert found is not None
    assert kept == found.plain()
    words = ("--size", kept["size"], "--region", "410000")
    [again] = run("oversight", "sample", TODAY, *public, *words, "--json").records
    assert {name: kept[name] for name in again} == again


@pytest.mark.parametrize(
    ("words", "slug", "status"),
    [
        (("sample", "2022-06-13"), "oversight.no_sample", 1),
        (("leaf", "100000"), "oversight.no_such_leaf", 1),
        (("leaf", "-1"), "oversight.no_such_leaf", 1),
    ],
)
def test_what_is_not_there_is_said(
    run: Run,
    database: tuple[str, str],
    public: tuple[str, str],
    words: tuple[str, ...],
    slug: str,
    status: int,
) -> None:
    for place in (database, public):
        done = run("oversight", *words, *place, "--json")
        assert done.status == status
        assert done.problem["slug"] == slug


def test_a_head_beyond_the_public_files_is_a_wrong_command(
    run: Run, public: tuple[str, str]
) -> None:
    done = run("oversight", "sample", TODAY, *public, "--size", "999999", "--json")
    assert done.status == 2
    assert done.problem["slug"] == "oversight.size_too_large"


def test_a_leaf_is_the_same_in_both_and_names_nobody(
    run: Run, database: tuple[str, str], public: tuple[str, str]
) -> None:
    [row] = run("oversight", "leaf", 3, *database, "--json").records
    [published] = run("oversight", "leaf", 3, *public, "--json").records
    assert {name: row[name] for name in published} == published
    assert row["unsealed_so_far"] == 0
    assert row["entry"]["t"] == TODAY


def test_organs_are_counted_alike_from_both(
    run: Run, here: Posts, database: tuple[str, str], public: tuple[str, str]
) -> None:
    rows = run("oversight", "organs", *database, "--json").records
    with here.stage.instance.store.read() as unit:
        assert sum(row["count"] for row in rows) == unit.head()[0]
    assert run("oversight", "organs", *public, "--json").records == rows
    assert {"organ": "zz-social", "kind": "attempt", "rule": "", "from": "", "to": "",
            "count": 12} in rows  # fmt: skip
    [row] = run("oversight", "attempts", *database, "--json").records
    assert row == {"day": TODAY, "organ": "zz-social", "act": "propose_mark", "size": "1",
                   "count": 12}  # fmt: skip


def test_bench_oversight_prints_both_tables(run: Run) -> None:
    done = run("bench", "oversight", "--quick")
    assert done.status == 0, done.err
    assert "invented" in done.out
    assert "document: 45 min, 46 marks" in done.out
    assert "maker and checker together" in done.out

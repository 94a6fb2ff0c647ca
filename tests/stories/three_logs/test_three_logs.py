"""Three provinces cosign each other's logs; one is tampered with, in every way we could think of.

Nobody need be trusted for this: the audit names what was done and at which leaf, a gate believes
none of it, and nobody's code gets worse by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.codes.results import Result
from mingma.flows.show_code import Shown
from mingma.serving import create_app
from mingma.witness_client import HttpWitnesses
from tests.cli.files import Run, runner
from tests.stories.three_logs.good import ANN, Copy, Good, two_days
from tests.stories.three_logs.provinces import Province, three_provinces
from tests.stories.three_logs.tampering import FILES, ROWS, Way
from tests.under_policy import infected


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Good]:
    with (
        three_provinces(tmp_path_factory.mktemp("provinces")) as provinces,
        two_days(provinces, tmp_path_factory.mktemp("kept")) as found,
    ):
        yield found


@pytest.fixture
def run(good: Good, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line with the province's settings."""
    settings = good.province.settings(good.folder)
    for name in ("organ", "origin", "region", "keys", "policy", "clock"):
        monkeypatch.setenv(f"MINGMA_{name.upper()}", getattr(settings, name))
    return runner(capsys)


def audit(run: Run, copy: Copy, *words: object) -> tuple[int, list[tuple[str, int | None]]]:
    """The exit status, and each finding with its leaf; a refusal as its slug."""
    key = (copy.good.folder / "keys" / "log.vkey").read_text()
    policy = copy.good.folder / "policy"
    done = run("audit", "--public", copy.public, "--policy", policy, "--key", key, *words, "--json")
    if not done.out:
        return done.status, [(done.problem["slug"], None)]
    found: list[dict[str, Any]] = json.loads(done.out)["findings"]
    return done.status, [(one["word"], one["index"]) for one in found]


def red(province: Province, ref: str) -> Shown:
    """What a red person shows, which a gate of that province finds proven."""
    shown = province.here.show(ref, "en")
    assert shown.colour.value == "red"
    assert shown.token is not None
    seen = province.gate().check(shown.token, shown.frame)
    assert seen.result is Result.OK
    assert seen.proven is not None
    assert seen.proven.index == shown.leaf_index
    return shown


def test_each_seals_publishes_and_is_cosigned_by_both_others(tmp_path: Path) -> None:
    """A red shows once both others have cosigned it, and its short receipt convinces a gate."""
    with three_provinces(tmp_path) as provinces:
        henan, hebei, hubei = provinces.values()
        for one in provinces.values():
            one.send(infected("i1", ANN))
            assert one.ready()["cosigned"] == one.ready()["leaves"]
            shown = red(one, ANN)
            assert one.gate().check(shown.token or "", None).reasons == ("receipt.missing",)
            assert (one.folder / "public" / "checkpoint").exists()
        # A red of one province proves nothing in another.
        shown = red(hubei, ANN)
        seen = hebei.gate().check(shown.token or "", shown.frame)
        assert seen.result is Result.UNKNOWN_KEY
        # One witness is away: evidence is taken in and sealed, and nobody gets worse.
        hubei.stop()
        henan.send(infected("i2", "p-bob"))
        assert henan.ready()["cosigned"] < henan.ready()["leaves"]
        shown = henan.here.show("p-bob", "en")
        assert (shown.colour.value, shown.frame) == ("green", None)
        assert henan.here.show(ANN, "en").colour.value == "red"
        # It comes back, and the head is cosigned.
        hubei.start()
        assert henan.here.ask_witnesses()
        red(henan, "p-bob")
        assert [one.here.reconcile() for one in provinces.values()] == [[], [], []]


def test_files_that_nobody_touched_have_nothing_and_start(
    good: Good, run: Run, tmp_path: Path
) -> None:
    copy = good.copy(tmp_path / "copy")
    assert audit(run, copy, "--database", f"sqlite:///{copy.database}") == (0, [])
    instance = copy.open()
    try:
        copy.nobody_is_worse(instance)
        assert instance.show(ANN, "en").frame is not None
        create_app(instance)
    finally:
        instance.close()
    assert copy.start() == 0


@pytest.mark.parametrize("name", ROWS)
def test_what_is_done_to_the_rows_is_named_and_makes_nobody_worse(
    good: Good, run: Run, tmp_path: Path, name: str
) -> None:
    way, copy = ROWS[name], good.copy(tmp_path / "copy")
    # (1) Beside a running instance, whose look before the start is past.
    if way.live:
        instance = copy.open()
        try:
            way.edit(copy)
            copy.nobody_is_worse(instance)
        finally:
            instance.close()
    else:
        way.edit(copy)
    # (2) The audit names it.
    status, found = audit(run, copy, "--database", f"sqlite:///{copy.database}")
    assert status == 1
    assert (way.word, at(way, good)) in found
    # (3) The true issuer's key and all of the rows make no red that a gate believes.
    assert good.gate.check(*copy.forged()).result is Result.UNPROVEN
    # (4) It does not start, or makes nobody worse.
    client = HttpWitnesses() if way.asks else None
    assert copy.start(client) == way.start
    if way.start == 0:
        instance = copy.open(HttpWitnesses() if way.asks else None)
        try:
            copy.nobody_is_worse(instance)
        finally:
            instance.close()


@pytest.mark.parametrize("name", FILES)
def test_what_is_done_to_the_public_files_is_named_and_proves_nothing(
    good: Good, run: Run, tmp_path: Path, name: str
) -> None:
    way, copy = FILES[name], good.copy(tmp_path / "copy")
    way.edit(copy)
    status, found = audit(run, copy)
    assert status == 1
    assert (way.word, at(way, good)) in found
    assert good.gate.check(*copy.forged()).result is Result.UNPROVEN


def test_there_are_more_than_twenty_ways_each_with_a_name() -> None:
    assert len(ROWS) > 20
    assert len(FILES) > 6


def at(way: Way, good: Good) -> int | None:
    return None if way.index is None else way.index(good)

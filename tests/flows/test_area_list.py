"""The list of areas an instance stands on: published once, and changed by its owner's signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from mingma.app import Instance
from mingma.cli import main
from mingma.flows.area_list import (
    LIST,
    SUBJECT,
    AreasNeverPublished,
    ListNotSigned,
    ListSignatureMalformed,
    Signed,
    bring_list,
    keep_founding_list,
    list_must_be_published,
    published_list,
    signature_file,
    statement,
)
from mingma.flows.reconcile_found import Amiss, sealed_leaf
from mingma.kernel.errors import Place
from mingma.kernel.times import Instant, print_instant
from mingma.opening import open_instance
from mingma.records import Record
from tests.instances import KEYS, LAB_KEY, NOW
from tests.under_policy import Watched, under_policy

HEADER = "level,province,city,county,community,first_seen,gone_by\n"
ROW = "H,河南省,郑州市,中原区,某小区,2022-06-01,{}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "areas.csv"
    made.write_text(HEADER + ROW.format(""), "utf-8")
    return made


@pytest.fixture
def here(tmp_path: Path, file: Path) -> Iterator[Watched]:
    """An instance that has published its list."""
    with under_policy(tmp_path, f"sqlite:///{tmp_path}/a.db", areas=str(file)) as made:
        made.instance.keep_duties()
        made.clock.forward(60)
        yield made


def restarted(here: Watched, **settings: Any) -> Instance:
    settings = {"clock": print_instant(here.clock()), **settings}
    made = open_instance(replace(here.instance.settings, **settings), witness_client=here.witnesses)
    made.clock = here.clock
    return made


def digest(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["areas", "digest", str(file)]) == 0
    return capsys.readouterr().out.strip()


def sign(file: Path, capsys: pytest.CaptureFixture[str], at: int, source: str = "lab-1") -> None:
    """The owner's command: FILE.sig."""
    key = file.with_name("owner.pem")
    pem = KEYS[source].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.touch(0o600)
    key.write_bytes(pem)
    words = ["--id", source, "--key", str(key), "--at", print_instant(Instant(at))]
    assert main(["areas", "sign", str(file), *words]) == 0
    assert capsys.readouterr().out.strip() == f"{file}.sig"


def words(instance: Instance) -> set[Amiss]:
    return {one.word for one in instance.reconcile()}


def test_the_first_list_is_a_public_leaf_once(
    here: Watched, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = here.instance
    with instance.store.read() as unit:
        index = unit.index_of(SUBJECT, 0)
        assert index is not None
        found = sealed_leaf(unit, index)
        assert found is not None
        assert found[0].digest == bytes.fromhex(digest(file, capsys))
        assert found[0].rule == "area-list"
    areas = instance.context.base_areas
    assert keep_founding_list(instance.acting, "ha-hq", areas, here.clock()) == 0
    assert Amiss.AREA_LIST not in words(instance)
    restarted(here).close()


@pytest.mark.parametrize("areas", ["", "other.csv"])
def test_a_start_with_another_list_or_none_is_refused(
    here: Watched, tmp_path: Path, areas: str
) -> None:
    other = tmp_path / "other.csv"
    other.write_text(HEADER, "utf-8")
    with pytest.raises(AreasNeverPublished) as refused:
        restarted(here, areas=areas and str(other))
    assert "docs/formats/areas.md" in str(refused.value)
    assert refused.value.place.field == "areas"


def test_the_same_rows_in_another_order_are_the_same_list(here: Watched, file: Path) -> None:
    file.write_text(HEADER + ROW.format("") + ROW.format(""), "utf-8")
    restarted(here).close()


def test_an_instance_founded_without_a_list_cannot_be_given_one(tmp_path: Path, file: Path) -> None:
    with under_policy(tmp_path, f"sqlite:///{tmp_path}/a.db") as here:
        here.instance.keep_duties()
        with pytest.raises(AreasNeverPublished):
            restarted(here, areas=str(file))


def test_before_its_first_day_there_is_nothing_to_hold_a_list_against(
    tmp_path: Path, file: Path
) -> None:
    with under_policy(tmp_path, f"sqlite:///{tmp_path}/a.db") as here:
        restarted(here, areas=str(file)).close()


def test_a_newer_list_that_its_owner_signed_is_published_and_used(
    here: Watched, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + ROW.format("2022-06-10"), "utf-8")
    sign(file, capsys, here.clock())
    again = restarted(here)
    with again.store.read() as unit:
        last = published_list(unit)
        assert last is not None
        assert (last.number, last.digest) == (1, digest(file, capsys))
        assert unit.index_of(SUBJECT, 1) is not None
    assert Amiss.AREA_LIST not in words(again)
    again.close()
    restarted(here).close()  # and from then on it is the list
    file.write_text(HEADER + ROW.format(""), "utf-8")  # the founding one is over
    with pytest.raises(ListNotSigned):
        restarted(here)


def test_a_list_that_was_held_back_is_not_brought_in_after_a_later_one(
    here: Watched, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = here.clock()
    here.clock.forward(60)
    file.write_text(HEADER + ROW.format("2022-06-10"), "utf-8")
    sign(file, capsys, here.clock())
    restarted(here).close()
    file.write_text(HEADER + ROW.format("2022-06-30"), "utf-8")
    sign(file, capsys, early)
    with pytest.raises(ListNotSigned, match="older"):
        restarted(here)


@pytest.mark.parametrize("source", ["clerk", "demo"])
def test_a_source_that_states_no_stays_and_a_demo_source_sign_no_list(
    here: Watched, file: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER, "utf-8")
    sign(file, capsys, here.clock(), source)
    with pytest.raises(ListNotSigned, match="area_stay"):
        restarted(here)


def test_a_signature_of_another_list_or_of_the_future_carries_nothing(
    here: Watched, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER, "utf-8")
    sign(file, capsys, here.clock() + 3600)
    with pytest.raises(ListNotSigned, match="future"):
        restarted(here)
    sign(file, capsys, here.clock())
    file.write_text(HEADER + ROW.format("2022-06-30"), "utf-8")
    with pytest.raises(ListNotSigned, match="not that of"):
        restarted(here)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": 1, "signature": "?", "source": "x"}'])
def test_a_file_that_is_no_signature_is_named(here: Watched, file: Path, text: str) -> None:
    file.write_text(HEADER, "utf-8")
    file.with_name("areas.csv.sig").write_text(text)
    with pytest.raises(ListSignatureMalformed) as refused:
        restarted(here)
    assert refused.value.place.file == f"{file}.sig"


def test_a_signature_file_is_what_the_format_says(here: Watched) -> None:
    signed = Signed("lab-1", NOW, LAB_KEY.sign(statement("lab-1", NOW, "00")))
    said = json.loads(signature_file(signed))
    assert sorted(said) == ["at", "signature", "source"]
    assert statement("lab-1", NOW, "00") == (
        b"mingma/area-list/1\nlab-1\n2022-06-14T12:00:00+08:00\n00\n"
    )


# -- rows that somebody edits


def test_a_row_put_beside_the_leaves_admits_no_list(here: Watched, file: Path) -> None:
    instance = here.instance
    with instance.store.write() as unit:
        last = published_list(unit)
        assert last is not None
        body = json.dumps({"areas": "00" * 32, "at": int(here.clock())}).encode()
        unit.add_record(Record(LIST, "000001", here.clock(), body))
    with instance.store.read() as unit, pytest.raises(AreasNeverPublished):
        list_must_be_published(unit, instance.context.base_areas, Place())
    file.write_text(HEADER, "utf-8")
    with pytest.raises(AreasNeverPublished):
        restarted(here)


def test_a_list_published_without_its_owner_is_named_by_its_leaf(
    here: Watched, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = here.instance
    monkeypatch.setattr("mingma.flows.area_list.why_not", lambda *_: "")
    with instance.acting() as unit:
        signed = Signed("lab-1", here.clock(), b"x" * 64)
        without = replace(instance.context, areas=None)
        bring_list(unit, without, signed, here.clock(), str(file))
    found = [one for one in instance.reconcile() if one.word is Amiss.AREA_LIST]
    with instance.store.read() as unit:
        index = unit.index_of(SUBJECT, 1)
    assert [(one.index, one.what) for one in found] == [(index, "record"), (index, "list")]

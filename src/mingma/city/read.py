"""A city's folder, read back: facts as CONTRACT's records, people as values.

Trusts the files as far as the manifest's sizes go; `verify` compares the digests. What a fact
says is checked where all facts are, at `evidence.admit`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow.parquet as pq

from mingma.city.facts import COLUMNS
from mingma.city.generate import MANIFEST, PEOPLE
from mingma.city.writer import digest
from mingma.kernel.errors import Malformed

BATCH: Final = 16_384  # rows decoded at once


class NotACity(Malformed):
    """A folder without a readable manifest: nothing, or a generation that was broken off."""

    slug = "city.not_a_city"
    zh = "`{value}` 里没有完整的城市数据"
    en = "`{value}` holds no complete city"
    remedy_zh = "请用 mingma city generate 重新生成"
    remedy_en = "make it anew with mingma city generate"


class CityDamaged(Malformed):
    """A file that is not the one the manifest lists."""

    slug = "city.damaged"
    zh = "文件 `{value}` 与清单不符"
    en = "the file `{value}` is not the one in the manifest"
    remedy_zh = "请用 mingma city generate 重新生成"
    remedy_en = "make it anew with mingma city generate"


@dataclass(frozen=True, slots=True)
class Resident:
    """One person of the city. Everything about him is invented."""

    subject: str
    household: str
    school_class: str | None
    team: str | None
    age_band: str
    region: str
    community: str
    id_type: str
    id_number: str
    name: str
    name_masked: str


@dataclass(frozen=True, slots=True)
class City:
    """A city's folder and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def fact_files(self) -> list[Path]:
        """The parts, in the order of the days."""
        return [
            self.folder / file["name"]
            for file in self.manifest["files"]
            if file["name"].startswith("facts/")
        ]

    def facts(self) -> Iterator[dict[str, Any]]:
        """The facts as records that `admit` takes, in the manifest's order; nulls left out."""
        for path in self.fact_files:
            yield from _ndjson(path) if path.suffix == ".ndjson" else _parquet(path)

    def people(self) -> Iterator[Resident]:
        """The people, by subject."""
        for batch in pq.ParquetFile(self.folder / PEOPLE).iter_batches(BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield Resident(*row)

    def verify(self) -> None:
        """Compare every file with its digest; raises CityDamaged."""
        for file in self.manifest["files"]:
            if digest(self.folder / file["name"]) != file["sha256"]:
                raise CityDamaged(value=file["name"])


def read_city(folder: Path) -> City:
    """The city in a folder; raises NotACity or CityDamaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        files = [(file["name"], file["bytes"]) for file in manifest["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotACity(value=str(folder)) from None
    for name, size in files:
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise CityDamaged(value=name)
    return City(folder, manifest)


def shipped_city() -> City:
    """The frozen city of the wheel."""
    return read_city(Path(__file__).resolve().parents[1] / "data" / "city")


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    for batch in pq.ParquetFile(path).iter_batches(BATCH):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            record = {name: value for name, value in zip(COLUMNS, row, strict=True) if value}
            record["data"] = decode(record["data"])
            yield record


def _ndjson(path: Path) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with path.open("rb") as lines:
        for line in lines:
            yield decode(line)

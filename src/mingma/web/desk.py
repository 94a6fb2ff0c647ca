"""The demo's import desk: signs good rows with its own demo source key and sends them in.

Only a specimen under development has one. What it may bring in is decided at the one door, by its
registration; this module decides nothing about a row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from mingma.app import Instance
from mingma.evidence.linelist import TABLES, GoodRow, LineList
from mingma.flows.receive_evidence import Envelope
from mingma.keys import SourceKey, source_key
from mingma.records import Batch, Source

SOURCE: Final = "demo-desk"
KEY_FILE: Final = "demo-desk.key"


def send(instance: Instance, linelist: LineList) -> Batch:
    """Sign the good rows of a list and receive them; raises Refused."""
    key = _open(instance)
    records = [(good.row, _record(instance, good)) for good in linelist.good]
    body = b"".join(
        json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        for _, record in records
    )
    return instance.receive(Envelope(SOURCE, body, key.sign(body), records))


def _open(instance: Instance) -> SourceKey:
    """The desk's key, and the desk registered as a demo source."""
    key = source_key(Path(instance.settings.keys) / KEY_FILE)
    with instance.store.write() as unit:
        if SOURCE not in unit.sources():
            unit.add_source(
                Source(
                    id=SOURCE,
                    organ=instance.context.organ,
                    title="演示导入台 / demo import desk",
                    key=key.public,
                    kinds=frozenset(TABLES),
                    demo=True,
                )
            )
    return key


def _record(instance: Instance, good: GoodRow) -> Mapping[str, Any]:
    """The row's record, with a reference in place of a name and a telephone."""
    record = dict(good.record)
    known = record.pop("provisional", None)
    if known is not None:
        record["subject"] = instance.by_name_and_phone(known["name"], known["phone"])
    return record

"""Who sends what in the demo: one organ's key for each group of kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mingma.keys import SourceKey, source_key
from mingma.ports import Unit
from mingma.records import Source

# id, organ, title, kinds
SENDERS: Final = (
    ("lab-1", "zhengzhou.example/laboratory", "郑州检测中心", "test"),
    ("hospital-1", "zhengzhou.example/hospital", "郑州定点医院", "infection clinic_visit"),
    ("cdc-1", "zhengzhou.example/cdc", "郑州市疾控中心", "contact_finding cold_chain_contact"),
    ("telecom-1", "henan.example/telecom", "通信数据接口", "companion_match"),
    ("border-1", "national.example/border", "出入境登记", "entry closed_loop_end"),
    ("transport-1", "national.example/transport", "客票登记", "trip"),
    ("venues-1", "zhengzhou.example/venues", "场所码登记", "check_in"),
    ("citizens-1", "zhengzhou.example/citizens", "本人申报", "daily_report"),
    ("stays-1", "zhengzhou.example/stays", "旅居登记", "area_stay"),
    ("clinics-1", "zhengzhou.example/vaccination", "接种点", "vaccination"),
    ("command-1", "zhengzhou.example/command", "郑州市疫情防控指挥部",
     "assistance_request risk_notice mark release withdrawal"),
    ("exchange-1", "national.example/exchange", "跨省互认接口", "foreign_statement"),
)  # fmt: skip
SENDER_OF: Final = {kind: id for id, _, _, kinds in SENDERS for kind in kinds.split()}


def register_senders(unit: Unit, keys: Path) -> dict[str, SourceKey]:
    """Register every demo sender with a key of its own; returns the keys by sender."""
    made = {}
    for id, organ, title, kinds in SENDERS:
        key = source_key(keys / f"{id}.key")
        unit.add_source(Source(id, organ, title, key.public, frozenset(kinds.split()), demo=True))
        made[id] = key
    return made

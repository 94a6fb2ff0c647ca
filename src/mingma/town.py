"""The frozen city of the wheel as rule changes are tried on it: read once, kept while we run.

Nobody lives in it: everything about its people is invented (data/README.md). Half a minute of
reading on a slow machine is paid by the first change of rules, never by a code.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Final

from mingma.engines.fact_files import read_facts
from mingma.evidence.areas.matching import AreaHistory
from mingma.evidence.model import Fact
from mingma.rules.impact import Town
from mingma.shipped import demo_area_listings, divisions

FOLDER: Final = Path(__file__).resolve().parent / "data" / "city"
NAME: Final = "generated city 20221016"  # its seed, as the manifest says
YOUNG, GROWN, OLD = 20, 60, 80  # years at which an age class begins


@cache
def shipped_town() -> Town:
    """The frozen city; its list of areas is the shipped one."""
    import pyarrow.parquet as pq

    columns = pq.read_table(FOLDER / "people.parquet", columns=["subject", "region", "age_band"])
    people = {
        row["subject"]: (row["region"], age_class(row["age_band"])) for row in columns.to_pylist()
    }
    facts: defaultdict[str, list[Fact]] = defaultdict(list)
    for path in sorted((FOLDER / "facts").glob("*.parquet")):
        for fact in read_facts(path, divisions()):
            facts[fact.subject].append(fact)
    ends = max(fact.at for own in facts.values() for fact in own if fact.kind != "area_stay")
    history = AreaHistory.of(demo_area_listings(), divisions())
    match = cache(history.match)
    return Town(NAME, ends, people, dict(facts), match)


def age_class(band: str) -> str:
    """The class of a band of five years: `15-19` is `0-19`."""
    years = int(band[:2])
    if years < YOUNG:
        return f"0-{YOUNG - 1}"
    if years < GROWN:
        return f"{YOUNG}-{GROWN - 1}"
    return f"{GROWN}-{OLD - 1}" if years < OLD else f"{OLD}-"

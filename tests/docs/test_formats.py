"""The format documents name what the code and the vectors have."""

from __future__ import annotations

import json
import re

from mingma.codes.results import Result
from mingma.codes.token import COLOURS, Flags
from mingma.ledger.leaf import FIELDS, Kind
from tests.paths import ROOT, SOURCE

TOKEN = (ROOT / "docs" / "formats" / "token.md").read_text(encoding="utf-8")
LEAF = (ROOT / "docs" / "formats" / "leaf.md").read_text(encoding="utf-8")


def test_the_results_of_a_check_are_listed() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| .+\| (said|as signed|–) \|$", TOKEN, re.MULTILINE)
    assert [name for name, _ in rows] == [str(result) for result in Result]
    assert {name for name, colour in rows if colour != "–"} == {"OK", "STALE_LISTS"}


def test_the_reasons_of_a_check_are_listed_and_are_those_of_the_code() -> None:
    section = TOKEN.split("## Reasons")[1].split("## Not yet")[0]
    listed = re.findall(r"`([a-z0-9]+\.[a-z_]+)`", section)
    assert len(listed) == len(set(listed))
    families = {one.split(".")[0] for one in listed}
    code = [*(SOURCE / "codes").glob("*.py"), SOURCE / "flows" / "check_token.py"]
    written = {
        reason
        for path in code
        for reason in re.findall(r'"([a-z0-9]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))
        if reason.split(".")[0] in families
    }
    slugs = {"token.unreadable", "token.no_certificate"}
    trailing = {one for one in listed if one.endswith("_trailing")}
    assert {one.removesuffix("_trailing") for one in trailing} <= written
    assert set(listed) - trailing == written - slugs
    cases = [
        case
        for name in ("good", "bad")
        for case in json.loads((ROOT / "tests/vectors/token" / f"{name}.json").read_text("utf-8"))
    ]
    assert {reason for case in cases for reason in case["reasons"]} <= set(listed)


def test_the_colours_and_flags_are_listed_in_their_order() -> None:
    assert ", ".join(COLOURS) in TOKEN
    for flag in Flags:
        first = str(flag.name).lower().split("_")[0]
        assert re.search(rf"\b{int(flag)} (shown by )?{first}\b", TOKEN)


ROW = re.compile(r"^\| `([a-z.]+)` \| `([a-z ]+)` \| (?:`([a-z ]+)`)? ?\|$", re.MULTILINE)


def test_the_kinds_of_leaves_are_listed_with_their_fields() -> None:
    listed = {
        kind: (frozenset(must.split()), frozenset(must.split() + may.split()))
        for kind, must, may in ROW.findall(LEAF)
    }
    assert listed == {kind.value: fields for kind, fields in FIELDS.items()}
    closed = set(Kind) - set(FIELDS)
    assert all(f"`{kind.value}`" in LEAF for kind in closed)

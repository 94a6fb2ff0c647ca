"""The format documents name what the code and the vectors have."""

from __future__ import annotations

import ast
import json
import re

import msgspec

from mingma.codes.bundle import Fails
from mingma.codes.results import Result
from mingma.codes.token import COLOURS, Flags
from mingma.evidence import admit
from mingma.evidence.areas import listings
from mingma.evidence.areas.listings import parse_listings
from mingma.evidence.areas.matching import NoMatch
from mingma.evidence.channels import CHANNELS, KINDS
from mingma.evidence.lines import read_line
from mingma.flows.reconcile import Amiss
from mingma.kernel.errors import Malformed, Problem
from mingma.ledger import witnessing
from mingma.ledger.audit_found import Wrong
from mingma.ledger.leaf import FIELDS, Kind
from mingma.ledger.witnessing import NotTheLatest
from mingma.rules import examples, grounds
from mingma.rules.ground import Is, Report, Since
from mingma.rules.pack import GRADES, RUNGS
from mingma.shipped import divisions
from tests.paths import ROOT, SOURCE

TOKEN = (ROOT / "docs" / "formats" / "token.md").read_text(encoding="utf-8")
SLUG = re.compile(r"`(witness\.\w+)`")
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
    slugs = {"token.unreadable", "token.no_certificate", "receipt.frame_unreadable"}
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


# -- witness


def test_the_refusals_of_a_witness_are_listed_with_their_status() -> None:
    text = (ROOT / "docs" / "formats" / "witness.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \| .+ \|$", text, re.MULTILINE)
    listed = {(int(status), slug) for status, said in rows for slug in SLUG.findall(said)}
    listed |= {(int(status), NotTheLatest.slug) for status, said in rows if said == "–"}
    written = {
        (one.status, one.slug)
        for one in vars(witnessing).values()
        if isinstance(one, type) and issubclass(one, Problem)
        and one.__module__ == witnessing.__name__
    }  # fmt: skip
    assert listed == written


# -- facts and areas

FACTS = (ROOT / "docs" / "formats" / "facts.md").read_text(encoding="utf-8")
AREAS = (ROOT / "docs" / "formats" / "areas.md").read_text(encoding="utf-8")
PACK = (ROOT / "docs" / "formats" / "pack.md").read_text(encoding="utf-8")


def block(document: str, kind: str) -> str:
    return document.split(f"```{kind}\n")[1].split("```", maxsplit=1)[0]


def test_the_envelope_of_a_fact_is_the_one_of_the_door() -> None:
    part = FACTS.split("## Envelope")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", part, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(admit.FIELDS)
    assert tuple(name for name, must in rows if must == "yes") == admit.REQUIRED


def test_the_examples_of_facts_pass_the_door() -> None:
    facts = [
        admit.admit(read_line(line.encode()), divisions())
        for line in block(FACTS, "json").splitlines()
    ]
    assert [fact.kind for fact in facts] == ["test", "contact_finding", "withdrawal"]


def test_every_kind_and_every_field_of_it_is_in_the_format_of_facts() -> None:
    sections = FACTS.split("\n### ")[1:]
    assert [section.split("\n")[0] for section in sections] == list(KINDS)
    for section, channel in zip(sections, CHANNELS, strict=True):
        rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", section, re.MULTILINE)
        assert [(name, must) for name, must in rows] == [
            (info.encode_name, "yes" if info.required else "no")
            for info in msgspec.structs.fields(channel)
        ]


def test_the_example_of_an_area_list_is_read() -> None:
    rows = parse_listings(block(AREAS, "csv").splitlines(keepends=True), "example")
    assert [row.level for row in rows] == ["H", "M", "L"]
    assert rows[2].ends is None


def test_what_an_area_list_is_refused_for_is_listed() -> None:
    slugs = {
        fault.slug
        for fault in vars(listings).values()
        if isinstance(fault, type) and issubclass(fault, Malformed) and hasattr(fault, "slug")
        and fault.__module__ == listings.__name__
    }  # fmt: skip
    assert slugs | {"file.not_utf8", "file.truncated_gzip"} == set(
        re.findall(r"`((?:areas|file)\.\w+)`", AREAS)
    )


def test_the_reasons_of_a_failed_match_are_listed_in_their_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", AREAS.split("matched nothing")[1], re.MULTILINE)
    assert rows == [(str(reason), reason.sentence()) for reason in NoMatch]


def test_the_words_of_a_pack_are_listed() -> None:
    for word in (*Is, *grounds.INSTANTS, *Since, *Report, *GRADES, *RUNGS, *examples.CASES):
        if word not in ("one_of", "anchor", "S", "A", "B", "C"):
            assert re.search(rf"\b{word}\b", PACK), word
    for name in grounds.NOTICES - {f"popup{n}" for n in range(2, 5)}:
        assert re.search(rf"\b{name}\b", PACK), name
    assert all(re.search(rf"\b{reason}\b", PACK) for reason in grounds.REASONS)


# -- audit and bundle


def said_beside_the_leaves() -> set[str]:
    """The words that the audit's commands report, as their code writes them."""
    words, whys = set(), set()
    for file in [*(SOURCE / "cli").glob("audit*.py"), SOURCE / "ledger" / "files.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "report.add":
                words.add(ast.unparse(node.args[1]).strip("'"))
            elif isinstance(node, ast.keyword) and node.arg == "why" and file.stem == "files":
                whys.add(ast.unparse(node.value).strip("'"))
    elsewhere = {"one.word.value", "f'file_{fault.why}"}  # lists of their own; and what follows
    return words - elsewhere | {f"file_{why}" for why in whys}


def test_what_an_audit_says_beside_the_leaves_is_listed() -> None:
    guide = (ROOT / "docs" / "guides" / "audit.md").read_text(encoding="utf-8")
    before = guide.split("## From the public leaves alone")[0]
    listed = re.findall(r"^\| `(\w+)` \| ", before, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == said_beside_the_leaves()


def test_what_an_audit_and_a_bundle_s_check_can_say_is_listed() -> None:
    guide = (ROOT / "docs" / "guides" / "audit.md").read_text(encoding="utf-8")
    public, database = guide.split("## From the public leaves alone")[1].split("## The database")
    row = re.compile(r"^\| `(\w+)` \| ", re.MULTILINE)
    assert row.findall(public) == [word.value for word in Wrong]
    assert row.findall(database) == [word.value for word in Amiss]
    bundle = (ROOT / "docs" / "formats" / "bundle.md").read_text(encoding="utf-8")
    assert row.findall(bundle.split("## Checking")[1]) == [word.value for word in Fails]

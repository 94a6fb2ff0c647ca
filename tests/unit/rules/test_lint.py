"""A change of rules keeps to the nation's bounds, and every shipped pack does."""

from __future__ import annotations

import re

import pytest

from mingma.rules import lint as bounds
from mingma.rules.lint import NATION, NotTheNextEdition, OutOfBounds, follows, lint, smallest_area
from mingma.shelf import load_pack, pack_ids
from mingma.shipped import divisions
from tests.paths import ROOT
from tests.unit.rules.tiny import pack


@pytest.mark.parametrize("id", pack_ids())
def test_every_shipped_pack_keeps_to_the_bounds(id: str) -> None:
    lint(load_pack(id))
    assert smallest_area(load_pack(id), divisions()) >= bounds.COUNTY


MATCH = "when: {kind: companion_match%s}\nphases:\n  - {notice: companion, days: [0, %s]}\n"
CLOSE = "when: {kind: contact_finding, relation: close}\nphases:\n  - {colour: red, %s}\n%s"
BEYOND = {
    "a minute for ten": MATCH % (", overlap_minutes: {at_least: '1'}", 14),
    "nine minutes": MATCH % (", overlap_minutes: {at_least: '9.9'}", 14),
    "ten times the days": MATCH % (", overlap_minutes: {at_least: '10'}", 140),
    "a day too long": CLOSE % ("days: [0, 31]", ""),
    "an hour too long": CLOSE % ("hours: 169", ""),
    "release tests over months": CLOSE % ("days: [0, 7]", "negatives: {count: 2, hours: 700}"),
    "company of last year": CLOSE % ("days: [0, 7]", "needs: {facts: {kind: entry}, hours: 9000}"),
    "forty clean reports": CLOSE % ("days: [0, 30], clean_reports: 40", ""),
    "a listing of last month": (
        "when: {kind: area_stay, area: {levels: [high], stay: ended, look_back: 15}}\n"
        "phases:\n  - {colour: red, days: [0, 7]}\n"
    ),
    "no fever at all": (
        "when: {kind: daily_report, temperature: {at_least: '36'}}\n"
        "phases:\n  - {colour: yellow, days: [0, 7]}\n"
    ),
}


@pytest.mark.parametrize("what", BEYOND)
def test_a_number_beyond_the_bounds_is_refused(what: str) -> None:
    with pytest.raises(OutOfBounds, match="T-1"):
        lint(pack(BEYOND[what]))


def test_what_is_on_the_bound_is_allowed() -> None:
    lint(pack(MATCH % (", overlap_minutes: {at_least: '10'}", 30), CLOSE % ("hours: 168", "")))


@pytest.mark.parametrize(
    ("region", "people"),
    [('{within: "41"}', 500), ('{within: "4101"}', 500), ('{within: "410102"}', 500),
     ('"410102"', 500), ('{within: "419999"}', 0), ('{outside: "99"}', 0)],
)  # fmt: skip
def test_a_clause_names_divisions_of_the_table_or_nobody(region: str, people: int) -> None:
    body = f"when: {{kind: contact_finding, relation: close, region: {region}}}\n"
    found = pack(body + "phases:\n  - {colour: red, days: [0, 7]}\n")
    assert smallest_area(found, divisions()) == people


def test_a_clause_that_names_no_division_is_for_the_nation() -> None:
    assert smallest_area(pack(CLOSE % ("days: [0, 7]", "")), divisions()) == NATION


def test_an_edition_follows_the_one_in_force() -> None:
    one = pack(CLOSE % ("days: [0, 7]", ""))
    follows(None, 1, None, "tiny")
    follows(one, 2, one.digest, "tiny")
    for edition, kept in ((1, None), (3, one.digest), (2, "0" * 64), (2, None)):
        with pytest.raises(NotTheNextEdition):
            follows(one, edition, kept, "tiny")


def test_the_document_names_the_bounds() -> None:
    text = (ROOT / "docs" / "formats" / "pack.md").read_text("utf-8")
    table = text.partition("## Bounds")[2].partition("## Examples")[0]
    numbers = {float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", table)}
    assert numbers == {
        bounds.LONGEST_DAYS, bounds.LONGEST_HOURS, bounds.LONGEST_LOOK_BACK,
        bounds.LONGEST_COMPANY, bounds.MOST_CLEAN_REPORTS, *bounds.LEAST.values(),
    }  # fmt: skip

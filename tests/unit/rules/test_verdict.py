"""Which span shows, which is next, and how a verdict is written."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.output import line_of, record_of
from mingma.rules.verdict import (
    PackRef,
    Span,
    Verdict,
    live,
    next_change,
    shown,
    worst,
)
from tests.unit.rules.tiny import CLOSE, HEAD, contact, fact, pack, sample, t, verdict

RULES = st.sampled_from(["R-1", "R-2", "R-3"])
COLOURS = st.sampled_from([colour for colour in SEVERITY if colour is not Colour.GREEN])


def span(
    rule: str = "R-1",
    colour: Colour | None = Colour.RED,
    starts: int = 0,
    until: int | None = 100,
    pack: str = "a",
    notice: str | None = None,
    evidence: tuple[str, ...] = ("f",),
    way: tuple[str, ...] = (),
) -> Span:
    kind = None if colour else notice or "measure"
    return Span(pack, rule, rule, colour, kind, starts, until, evidence, "time", way)


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Any spans, a few of which give way."""
    return [
        span(
            draw(RULES), draw(st.none() | COLOURS), starts := draw(st.integers(0, 20)),
            draw(st.none() | st.integers(starts + 1, 40)), draw(st.sampled_from("ab")),
            way=draw(st.lists(RULES, max_size=1).map(tuple)),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]  # fmt: skip


def test_the_worst_colour_shows() -> None:
    order = [Colour.RED, Colour.ORANGE, Colour.YELLOW, Colour.BLUE, Colour.GREY]
    found = [span(colour=colour) for colour in reversed(order)]
    for colour in order:
        first = worst(found)
        assert first is not None
        assert first.colour is colour
        found.remove(first)
    assert worst(found) is None


def test_of_equal_colours_the_later_end_shows_and_none_is_the_last() -> None:
    early, late, never = span(until=50), span(until=60), span(until=None)
    assert worst([early, late]) == late
    assert worst([never, late, early]) == late


def test_of_equal_ends_the_pack_s_id_decides_and_then_the_rule_s() -> None:
    assert worst([span(pack="b", rule="A"), span(pack="a", rule="Z")]) == span(pack="a", rule="Z")
    assert worst([span(rule="R-2"), span(rule="R-1")]) == span(rule="R-1")


def test_a_notice_is_no_colour() -> None:
    assert shown([span(colour=None)], 1) is Colour.GREEN


def test_a_span_is_half_open() -> None:
    one = span(starts=10, until=20)
    assert [one.covers(at) for at in (9, 10, 19, 20)] == [False, True, True, False]
    assert span(starts=10, until=None).covers(1 << 40)


@given(spans(), st.integers(-1, 41))
def test_the_next_change_is_the_first_instant_at_which_the_colour_differs(
    found: list[Span], at: int
) -> None:
    change = next_change(tuple(found), at)
    before = shown(found, at)
    differs = [i for i in range(at + 1, 43) if shown(found, i) is not before]
    if change is None:
        assert differs == []
    else:
        assert (change.at, change.colour) == (differs[0], shown(found, differs[0]))


@given(spans(), st.integers(0, 40))
def test_what_counts_is_live_and_gives_way_to_no_live_colour_of_its_pack(
    found: list[Span], at: int
) -> None:
    counted = live(found, at)
    for one in found:
        yields = any(
            o.covers(at) and o.colour and o.pack == one.pack and o.rule in one.gives_way_to
            for o in found
        )
        assert (one in counted) is (one.covers(at) and not yields)


# -- as a record

NEXT = """\
when: {kind: contact_finding, relation: close}
phases:
  - {colour: red, days: [0, 7]}
  - {colour: yellow, days: [8, 10]}
final_test: yes
"""
KEYS = "subject colour notices rule pack edition since until next findings".split()


def test_a_record_has_the_contract_s_keys_in_their_order() -> None:
    found = verdict(pack(NEXT), [contact("2022-10-01 10:00")], "2022-10-02")
    record = json.loads(line_of(found))
    assert list(record) == KEYS
    assert record == {
        "subject": "p",
        "colour": "red",
        "notices": [],
        "rule": "T-1",
        "pack": "tiny",
        "edition": 1,
        "since": "2022-10-01T10:00:00+08:00",
        "until": "2022-10-09T00:00:00+08:00",
        "next": {"colour": "yellow", "at": "2022-10-09T00:00:00+08:00"},
        "findings": [
            {
                "rule": "T-1",
                "colour": "red",
                "from": "2022-10-01T10:00:00+08:00",
                "until": "2022-10-09T00:00:00+08:00",
                "evidence": ["f"],
                "release": "time|release_order",
            }
        ],
    }


def test_a_line_has_no_spaces_is_utf_8_and_ends_in_a_line_feed() -> None:
    found = verdict(
        pack(NEXT), [contact("2022-10-01 10:00", subject="甲")], "2022-10-02", subject="甲"
    )
    line = line_of(found)
    assert line.endswith(b"}\n")
    assert b" " not in line
    assert "甲".encode() in line


def test_green_names_no_rule_no_time_and_no_finding() -> None:
    record = record_of(verdict(pack(NEXT), [contact("2022-10-01")], "2022-10-12"))
    assert record["colour"] == "green"
    assert [record[key] for key in ("rule", "since", "until", "next")] == [None] * 4
    assert record["findings"] == []
    assert record["notices"] == [{"kind": "test_due", "rule": "T-1"}]


def test_green_that_will_be_red_says_so_in_next() -> None:
    later = NEXT.replace("[0, 7]", "[2, 7]")
    record = record_of(verdict(pack(later), [contact("2022-10-01")], "2022-10-02"))
    assert record["colour"] == "green"
    assert record["next"] == {"colour": "red", "at": "2022-10-03T00:00:00+08:00"}


def test_unknown_says_nothing_more() -> None:
    ref = PackRef("tiny", 1, "0" * 64)
    record = record_of(Verdict("p", 1, (ref,), (span(colour=None), span()), known=False))
    assert record["colour"] == "unknown"
    assert (record["notices"], record["findings"], record["next"]) == ([], [], None)


def test_the_pack_is_the_winner_s_else_the_first_given() -> None:
    one = pack(CLOSE, head=HEAD.replace("pack: tiny", "pack: one"))
    yellow = CLOSE.replace("red", "yellow").replace("close", "potential")
    two = pack(yellow, head=HEAD.replace("pack: tiny", "pack: two"))
    facts = [contact("2022-10-01", relation="potential")]
    assert record_of(verdict([one, two], facts, "2022-10-02"))["pack"] == "two"
    assert record_of(verdict([one, two], [sample("2022-10-01")], "2022-10-02"))["pack"] == "one"


def test_a_notice_of_one_rule_is_listed_once() -> None:
    body = "when: {kind: companion_match}\nphases:\n  - {notice: companion, days: [0, 7]}\n"
    facts = [
        fact("companion_match", f"2022-10-0{n}", f"m{n}", overlap_minutes=40, cell="c")
        for n in (1, 2)
    ]
    record = record_of(verdict(pack(body), facts, "2022-10-03"))
    assert record["notices"] == [{"kind": "companion", "rule": "T-1"}]


def test_findings_are_listed_worst_first() -> None:
    yellow = CLOSE.replace("red", "yellow")
    found = verdict(pack(yellow, CLOSE), [contact("2022-10-01")], "2022-10-02")
    assert [f["rule"] for f in record_of(found)["findings"]] == ["T-2", "T-1"]
    assert t("2022-10-02") == found.at

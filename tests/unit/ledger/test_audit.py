"""What is wrong with a log is found from its public leaves alone, and an honest one has nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.words import SEVERITY
from mingma.ledger.audit import (
    ANSWERED_WITHIN,
    LONGEST_EMERGENCY,
    ONE_SEAL,
    Finding,
    Wrong,
    audit,
)
from mingma.ledger.audit_marks import CEILING, WINDOW
from mingma.ledger.leaf import Kind, Leaf, parse
from mingma.ledger.leaf_values import LeafUnreadable
from mingma.ledger.skim import day, skim
from mingma.ledger.tag_index import index_of
from tests.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "leaf"
GOOD = [one["entry"].encode() for one in json.loads((VECTORS / "good.json").read_text("utf-8"))]
BAD = [one["entry"].encode() for one in json.loads((VECTORS / "bad.json").read_text("utf-8"))]
DAY = 19_157  # 14 June 2022
WORSE = {colour.value: rank for colour, rank in SEVERITY.items()}
ORGAN, OTHER = "410100-hc", "410105-hc"
U1, U2, U3 = b"one---", b"two---", b"three-"


class Made:
    """A log as it is being written: each leaf with a tag of its own, on the day that is set."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.day = DAY
        self.given: int | None = None

    def power(self) -> int:
        """A grant to act under, given once."""
        if self.given is None:
            self.given = self.add(
                Kind.GRANT_GIVE, commitment=b"c" * 32, until=self.day + 365, what="checker"
            )
        return self.given

    def add(self, kind: Kind, **fields: Any) -> int:
        """Append a leaf with what its kind must have; gives its index."""
        index = len(self.entries)
        usual: dict[str, Any] = {"organ": ORGAN}
        if kind.value.startswith(("decision", "fall", "mark", "appeal", "enrol")):
            usual |= {"commitment": b"c" * 32, "tag": index.to_bytes(16, "big")}
        leaf = Leaf(kind=kind, **{**usual, **fields})
        self.entries.append(leaf.sealed(self.day))
        return index

    def emergency(self, days: int = 60) -> int:
        return self.add(Kind.EMERGENCY_DECLARE, digest=b"h" * 32, until=self.day + days)

    def rule(self, name: str = "cn-x/HA-R3") -> int:
        return self.add(Kind.RULE_PUBLISH, digest=b"h" * 32, rule=name)

    def decision(self, before: str = "green", after: str = "red", **fields: Any) -> int:
        fields.setdefault("rule", "cn-x/HA-R3" if after != "green" else None)
        return self.add(Kind.DECISION, before=before, after=after, **fields)

    def mark(self, rule: int | str, proposer: bytes = U1, approver: bytes = U2, **both: Any) -> int:
        """A proposal of one organ and its approval by another."""
        grant = self.power()
        proposed = self.add(Kind.MARK_PROPOSE, rule=rule, grant=grant, officer=proposer, **both)
        return self.add(
            Kind.MARK_APPROVE, rule=rule, grant=grant, officer=approver, answers=proposed,
            **{"organ": OTHER, **both},
        )  # fmt: skip

    def findings(self, origin: str | None = None) -> list[Finding]:
        return found(self.entries, origin)


def found(entries: Sequence[bytes], origin: str | None = None) -> list[Finding]:
    return list(audit(lambda: iter(entries), len(entries), WORSE, origin))


def words(entries: Sequence[bytes] | Made) -> list[tuple[int, Wrong]]:
    given = entries.entries if isinstance(entries, Made) else entries
    return [(one.index, one.word) for one in found(given)]


@pytest.fixture
def log() -> Made:
    """A log that begins with an emergency of sixty days."""
    made = Made()
    made.emergency()
    return made


def test_an_honest_log_has_no_finding(log: Made) -> None:
    log.add(Kind.ENROL)
    rule = log.rule()
    red = log.decision(rule=rule)
    log.mark(rule)
    log.decision("red", "green", answers=red)
    log.day += 1
    appeal = log.add(Kind.APPEAL_OPEN, answers=red)
    log.add(Kind.FALL, before="red", after="green")
    log.day += ANSWERED_WITHIN
    log.add(Kind.APPEAL_LAPSE, answers=appeal)
    log.add(Kind.RULE_WITHDRAW, answers=rule, rule=rule)
    log.add(Kind.ERASE_BATCH, count=3, rule="retention")
    log.add(Kind.ATTEMPT, commitment=b"c" * 32)
    log.day += 90
    log.decision("red", "green")  # what gets better needs no emergency
    log.decision("green", "unknown", rule=None)
    assert log.findings() == []
    assert found([]) == []


@pytest.mark.parametrize("entry", [b"", b"{}", b"no json", BAD[0], GOOD[0][:-1]])
def test_a_leaf_that_cannot_be_read_is_named_and_the_rest_is_still_audited(
    log: Made, entry: bytes
) -> None:
    log.entries.append(entry)
    log.decision(answers=99)
    assert words(log) == [(1, Wrong.UNREADABLE), (2, Wrong.POINTS_FORWARD)]


def test_a_day_that_goes_backwards_is_found(log: Made) -> None:
    log.day -= 1
    log.add(Kind.ENROL)
    log.day += 1
    log.add(Kind.ENROL)
    assert log.findings() == [Finding(1, Wrong.DAY_BACKWARDS, 0)]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.DECISION, {"answers": 5, "before": "red", "after": "green"}),
        (Kind.DECISION, {"batch": 5, "before": "red", "after": "green"}),
        (Kind.DECISION, {"rule": 5, "before": "red", "after": "green"}),
        (Kind.RULE_WITHDRAW, {"answers": 4, "rule": "x"}),
        (Kind.APPEAL_OPEN, {"answers": 6}),
    ],
)
def test_an_index_that_points_forward_or_at_itself_is_found(
    log: Made, kind: Kind, fields: dict[str, Any]
) -> None:
    for _ in range(3):
        log.add(Kind.ENROL)
    log.add(kind, **fields)
    [one] = log.findings()
    about = next(value for name, value in fields.items() if name in {"answers", "batch", "rule"}
                 and isinstance(value, int))  # fmt: skip
    assert one == Finding(4, Wrong.POINTS_FORWARD, about)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.MARK_APPROVE, {"rule": "x", "grant": 0, "officer": U1}),
        (Kind.MARK_REVOKE, {}),
        (Kind.MARK_EXPIRE, {}),
        (Kind.RULE_WITHDRAW, {"rule": "x"}),
        (Kind.APPEAL_OPEN, {}),
        (Kind.APPEAL_LAPSE, {}),
        (Kind.APPEAL_DECIDE, {"grant": 0, "officer": U1}),
        (Kind.EMERGENCY_END, {}),
    ],
)
def test_an_index_of_a_leaf_of_another_kind_is_found(
    log: Made, kind: Kind, fields: dict[str, Any]
) -> None:
    enrolled = log.add(Kind.ENROL)
    if "grant" in fields:
        fields = {**fields, "grant": log.power()}
    index = log.add(kind, answers=enrolled, **fields)
    assert log.findings() == [Finding(index, Wrong.WRONG_KIND, enrolled, "enrol")]


def test_a_power_and_a_batch_that_are_none_are_found(log: Made) -> None:
    grant = log.power()
    said: dict[str, Any] = {"rule": "x", "officer": U1}
    opened = log.add(Kind.BATCH_OPEN, commitment=b"c" * 32, grant=grant, count=100, **said)
    good = log.add(Kind.MARK_PROPOSE, grant=grant, batch=opened, **said)
    bad = log.add(Kind.MARK_PROPOSE, grant=0, batch=grant, **said)
    assert (good, words(log)) == (bad - 1, [(bad, Wrong.WRONG_KIND), (bad, Wrong.WRONG_KIND)])


def test_a_power_used_after_its_end_is_found(log: Made) -> None:
    grant = log.power()
    log.add(Kind.GRANT_END, answers=grant, grant=grant, officer=U1)
    assert log.findings() == []
    index = log.add(Kind.MARK_PROPOSE, rule="x", grant=grant, officer=U1)
    assert log.findings() == [Finding(index, Wrong.GRANT_ENDED, grant)]


def test_an_index_of_a_leaf_that_nobody_can_read_is_one_of_the_wrong_kind(log: Made) -> None:
    log.entries.append(b"?")
    log.add(Kind.APPEAL_OPEN, answers=1)
    assert words(log) == [(1, Wrong.UNREADABLE), (2, Wrong.WRONG_KIND)]


def test_an_approver_of_the_proposer_s_organ_or_with_his_pseudonym_is_found(log: Made) -> None:
    rule = log.rule()
    log.mark(rule)
    assert log.findings() == []
    own = log.mark(rule, organ=ORGAN)
    self_made = log.mark(rule, U3, U3)
    assert words(log) == [(own, Wrong.SAME_ORGAN), (self_made, Wrong.SAME_OFFICER)]


def test_an_approval_under_another_rule_than_its_proposal_s_is_found(log: Made) -> None:
    one, other = log.rule(), log.rule("cn-x/HA-R4")
    grant = log.power()
    proposed = log.add(Kind.MARK_PROPOSE, rule=one, grant=grant, officer=U1)
    approved = log.add(
        Kind.MARK_APPROVE, rule=other, grant=grant, officer=U2, answers=proposed, organ=OTHER
    )
    assert log.findings() == [Finding(approved, Wrong.OTHER_PROPOSAL, proposed)]


def test_an_officer_who_decides_without_an_approved_act_is_found(log: Made) -> None:
    rule = log.rule()
    approved = log.mark(rule)
    log.decision(rule=rule, officer=U1, answers=approved)
    alone = log.decision(rule=rule, officer=U1)
    proposed = log.decision(rule=rule, grant=log.power(), answers=approved - 1)
    assert words(log) == [(alone, Wrong.OFFICER_ALONE), (proposed, Wrong.OFFICER_ALONE)]


def test_a_rule_used_after_its_withdrawal_is_found(log: Made) -> None:
    rule = log.rule()
    log.decision(rule=rule)
    log.add(Kind.RULE_WITHDRAW, answers=rule, rule=rule)
    late, named = log.decision(rule=rule), log.decision(rule="cn-x/HA-R3")
    assert log.findings() == [
        Finding(late, Wrong.RULE_WITHDRAWN, rule),
        Finding(named, Wrong.RULE_WITHDRAWN, rule),
    ]
    log.rule()  # published again
    log.decision(rule="cn-x/HA-R3")
    assert len(log.findings()) == 2


def test_a_rule_used_before_it_was_published_is_found(log: Made) -> None:
    used = log.decision(rule="cn-x/HA-R3")
    log.decision(rule="cn-x/HA-R3")
    log.decision(rule="cn-x/HA-R9")
    rule = log.rule("cn-x/HA-R3")
    assert log.findings() == [Finding(used, Wrong.RULE_TOO_LATE, rule, "cn-x/HA-R3")]


def test_a_worse_colour_without_a_rule_is_found(log: Made) -> None:
    index = log.decision(rule=None)
    assert words(log) == [(index, Wrong.RULE_MISSING)]


def test_a_worsening_without_an_emergency_in_force_is_found() -> None:
    log = Made()
    before = log.decision()
    log.day += 1
    declared = log.emergency(days=3)
    log.decision()
    log.day += 3
    log.decision()  # its last day
    log.day += 1
    after = log.decision("yellow", "red")
    log.decision("red", "red")
    log.decision("red", "yellow")
    log.day += 1
    again = log.emergency()
    log.add(Kind.EMERGENCY_END, answers=again)
    log.decision()  # the day it was ended: a leaf has no hour
    log.day += 1
    ended = log.decision()
    wrong = [(one, Wrong.NO_EMERGENCY) for one in (before, after, ended)]
    assert words(log) == wrong
    assert declared == 1


def test_a_declaration_may_stand_behind_its_first_decision_in_one_seal_and_no_further() -> None:
    log = Made()
    log.decision()
    log.emergency()
    assert log.findings() == []
    log = Made()
    log.decision()
    for _ in range(ONE_SEAL):
        log.add(Kind.ENROL)
    log.decision()
    log.emergency()
    assert words(log) == [(0, Wrong.NO_EMERGENCY)]


def test_an_emergency_that_lasts_over_ninety_days_is_found() -> None:
    log = Made()
    log.emergency(LONGEST_EMERGENCY)
    log.emergency(LONGEST_EMERGENCY + 1)
    assert log.findings() == [Finding(1, Wrong.EMERGENCY_TOO_LONG, None, "91 days")]


def test_an_appeal_that_nobody_closed_in_time_is_found_once(log: Made) -> None:
    red = log.decision()
    open_, late = (log.add(Kind.APPEAL_OPEN, answers=red) for _ in range(2))
    log.day += ANSWERED_WITHIN
    log.add(Kind.ENROL)
    assert log.findings() == []
    log.add(Kind.APPEAL_LAPSE, answers=open_)
    twice = log.add(Kind.APPEAL_LAPSE, answers=open_)
    log.day += 1
    log.add(Kind.APPEAL_LAPSE, answers=late)
    assert words(log) == [
        (twice, Wrong.APPEAL_CLOSED_TWICE),
        (late, Wrong.APPEAL_OVERDUE),
        (len(log.entries) - 1, Wrong.APPEAL_CLOSED_TWICE),
    ]


def test_a_tag_that_stands_twice_is_found_wherever_it_stands(log: Made) -> None:
    for _ in range(3000):
        log.add(Kind.ENROL)
    twice = [log.add(Kind.ENROL, tag=(index).to_bytes(16, "big")) for index in (1, 700, 2999)]
    assert log.findings() == [
        Finding(index, Wrong.TAG_TWICE, first)
        for index, first in zip(twice, (1, 700, 2999), strict=True)
    ]


# -- what the log says of itself


def test_an_hour_s_index_is_remade_from_its_leaves(log: Made) -> None:
    def index(start: int, end: int, **other: Any) -> int:
        made = index_of(start, log.entries[start:end]).commitment
        fields = {"count": made.count, "digest": made.root, **other}
        return log.add(Kind.INDEX_HOUR, index=start, end=end, **fields)

    for _ in range(40):
        log.add(Kind.ENROL)
    index(0, 20)
    index(20, 42)
    assert log.findings() == []
    log.add(Kind.ENROL)
    wrong = [index(42, 44, count=0), index(44, 45, digest=b"x" * 32)]
    gap, again = index(46, 46), index(0, 20)
    assert log.findings() == [
        Finding(wrong[0], Wrong.INDEX_DIFFERS, 42),
        Finding(wrong[1], Wrong.INDEX_DIFFERS, 44),
        Finding(gap, Wrong.RANGE_BROKEN, 46),
        Finding(again, Wrong.RANGE_BROKEN, 0),
    ]
    log.add(Kind.INDEX_HOUR, index=20, end=99, count=1, digest=b"x" * 32)
    assert log.findings()[-1].word is Wrong.POINTS_FORWARD


def test_a_tag_twice_within_an_hour_has_no_index(log: Made) -> None:
    for _ in range(2):
        log.add(Kind.ENROL, tag=b"t" * 16)
    log.add(Kind.INDEX_HOUR, index=0, end=3, count=2, digest=b"x" * 32)
    assert {one.word for one in log.findings()} == {Wrong.INDEX_DIFFERS, Wrong.TAG_TWICE}


def test_a_day_s_table_counts_the_leaves_of_its_day(log: Made) -> None:
    def tally(start: int, end: int, today: int) -> int:
        return log.add(
            Kind.TALLY_DAY, index=start, end=end, count=end - start, day=today, digest=b"h" * 32
        )

    log.add(Kind.ENROL)
    log.day += 1
    tally(0, 2, DAY)
    log.add(Kind.ENROL)
    log.day += 2
    tally(2, 4, DAY + 1)
    tally(4, 4, DAY + 2)  # a day without a leaf
    assert log.findings() == []
    log.day += 1
    short = tally(4, 5, DAY + 3)
    assert log.findings() == [Finding(short, Wrong.TALLY_DIFFERS, 4)]


def test_a_leaf_after_the_end_of_the_log_is_found(log: Made) -> None:
    log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="witness")
    log.add(Kind.ENROL)
    end = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="ledger.x.example/2027")
    assert log.findings() == []
    after = log.add(Kind.ENROL)
    assert log.findings() == [Finding(after, Wrong.LOG_ENDED, end)]


def year(log: Made, number: int) -> tuple[int, int]:
    """The leaf that ends a year's log, and the one with which the next year's goes on."""
    name = "ledger.x.example/{}".format
    end = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin=name(number + 1))
    fields = {"what": "previous_log", "origin": name(number)}
    return end, log.add(Kind.KEY_ROTATE, digest=b"h" * 32, **fields)


def test_a_log_that_goes_on_from_another_is_one_line(log: Made) -> None:
    log.add(Kind.ENROL)
    for number in (2026, 2027):
        year(log, number)
        log.add(Kind.ENROL)
    log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="ledger.x.example/2029")
    for origin in (None, "ledger.x.example/2028"):
        assert log.findings(origin) == []


def test_a_log_that_goes_on_under_the_name_that_ended_is_found(log: Made) -> None:
    log.add(Kind.ENROL)
    _, begun = year(log, 2026)
    log.add(Kind.ENROL)
    assert log.findings("ledger.x.example/2026") == [
        Finding(begun, Wrong.LOG_ENDED, what="it goes on at ledger.x.example/2027")
    ]


def test_a_log_goes_on_only_from_the_one_that_ended_right_before(log: Made) -> None:
    first = log.add(
        Kind.KEY_ROTATE, digest=b"h" * 32, what="previous_log", origin="ledger.x.example/2025"
    )
    log.add(Kind.ENROL)
    year(log, 2026)
    end, other = year(log, 2030)
    end_again = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="log", origin="l.example/2")
    late = log.add(Kind.ENROL)
    begun = log.add(Kind.KEY_ROTATE, digest=b"h" * 32, what="previous_log", origin="l.example/1")
    assert log.findings() == [
        Finding(first, Wrong.LOG_BEGINS, None, "no log ended before it"),
        Finding(other, Wrong.LOG_BEGINS, end, "another log ended before it"),
        Finding(late, Wrong.LOG_ENDED, end_again),
        Finding(begun, Wrong.LOG_ENDED, end_again),
        Finding(begun, Wrong.LOG_BEGINS, end_again, "no log ended before it"),
    ]


# -- Zhengzhou, June 2022: 1,317 people made red on no ground of health by a handful of officials


def zhengzhou(marks: int = 1317, days: int = 3, **fields: Any) -> Made:
    """Marks of one organ under a rule for a “special area”, by two officers, over some days."""
    log = Made()
    log.emergency()
    for _ in range(500):  # a city's other leaves between them
        log.add(Kind.ENROL)
        log.decision(rule="cn-henan-2021-08/HA-R3")
    rule = log.rule("cn-henan-2021-08/special-area")
    for done in range(marks):
        if done and done % -(-marks // days) == 0:
            log.day += 1
        day = log.day.to_bytes(3, "big")  # a pseudonym is an organ's and a day's
        log.mark(rule, b"pro" + day, b"app" + day, **fields)
        log.decision(rule="cn-henan-2021-08/HA-R3")
    return log


def test_zhengzhou_is_found_from_the_public_leaves_alone() -> None:
    bulk, few = found(zhengzhou().entries)
    assert [bulk.word, few.word] == [Wrong.BULK_WITHOUT_BATCH, Wrong.BULK_BY_FEW]
    assert bulk.what.startswith(f"1317 marks of {ORGAN} under rule 1001 within 3 days")
    log = zhengzhou().entries
    assert bulk.about is not None
    assert [json.loads(log[index])["k"] for index in (bulk.index, bulk.about)] == [
        "mark.approve", "mark.approve",
    ]  # fmt: skip


def test_marks_in_small_portions_are_counted_together_and_few_are_not_many() -> None:
    assert [one.word for one in found(zhengzhou(CEILING, WINDOW).entries)] == [
        Wrong.BULK_WITHOUT_BATCH, Wrong.BULK_BY_FEW,
    ]  # fmt: skip
    assert found(zhengzhou(CEILING - 1, 1).entries) == []


def test_marks_by_many_officers_are_in_bulk_and_not_by_few() -> None:
    log = Made()
    rule = log.rule()
    for number in range(CEILING):
        log.mark(rule, b"%06d" % number, b"x%05d" % number)
    assert [one.word for one in found(log.entries)] == [Wrong.BULK_WITHOUT_BATCH]


def test_weeks_apart_are_counted_apart() -> None:
    log = Made()
    rule = log.rule()
    for _ in range(2):
        for _ in range(CEILING - 1):
            log.mark(rule)
        log.day += WINDOW
    assert log.findings() == []
    for _ in range(2):
        for _ in range(CEILING):
            log.mark(rule)
        log.day += WINDOW
    assert [one.word for one in log.findings()].count(Wrong.BULK_WITHOUT_BATCH) == 2


# -- reading at speed


def as_parsed(entry: bytes) -> object:
    try:
        leaf, sealed_on = parse(entry)
    except LeafUnreadable as refused:
        return refused.details["why"]
    return leaf.kind, sealed_on, {k: v for k, v in json.loads(entry).items() if k not in "kv"}


def as_skimmed(entry: bytes) -> object:
    try:
        kind, fields = skim(entry)
    except LeafUnreadable as refused:
        return refused.details["why"]
    written = {key: text for key, text in fields.items() if text is not None}
    plain: dict[str, object] = {
        key: int(text) if key in {*"abgijn", "grace"} or (key == "r" and text[:1] != b'"') else
        text.decode().strip('"')
        for key, text in written.items()
    }  # fmt: skip
    assert fields["t"] is not None
    return kind, day(fields["t"]), plain


@pytest.mark.parametrize("entry", GOOD + BAD)
def test_what_is_skimmed_is_what_is_parsed(entry: bytes) -> None:
    assert as_skimmed(entry) == as_parsed(entry)


@given(st.sampled_from(GOOD), st.data())
def test_a_changed_leaf_is_skimmed_as_it_is_parsed(entry: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entry)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.binary(max_size=3) | st.sampled_from(b'0 1 - " , : { } A a _ /'.split()))
    changed = entry[:at] + put + entry[at + cut :]
    assert as_skimmed(changed) == as_parsed(changed)


@pytest.mark.parametrize("text", [b"1899-12-31", b"2101-01-01", b"2022-02-30", b"2022-00-01"])
def test_a_day_that_is_none_is_skimmed_as_it_is_parsed(text: bytes) -> None:
    for entry in GOOD:
        sealed_on = json.loads(entry)["t"].encode()
        changed = entry.replace(b'"t":"' + sealed_on, b'"t":"' + text)
        assert as_skimmed(changed) == as_parsed(changed) == "value"

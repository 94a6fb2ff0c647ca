"""Logs as they are being written, for whoever audits their leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mingma.flows.leaf_posts import LEAF_POSTS
from mingma.kernel.words import SEVERITY
from mingma.ledger.audit import audit
from mingma.ledger.audit_found import Finding, Wrong
from mingma.ledger.leaf import Kind, Leaf
from tests.paths import ROOT

VECTORS = ROOT / "tests" / "vectors" / "leaf"
GOOD = [one["entry"].encode() for one in json.loads((VECTORS / "good.json").read_text("utf-8"))]
BAD = [one["entry"].encode() for one in json.loads((VECTORS / "bad.json").read_text("utf-8"))]
DAY = 19_157  # 14 June 2022
WORSE = {colour.value: rank for colour, rank in SEVERITY.items()}
ORGAN, OTHER, GIVER = "410100-hc", "410105-hc", "410000-hq"
U1, U2, U3 = b"one---", b"two---", b"three-"


class Made:
    """A log as it is being written: each leaf with a tag of its own, on the day that is set."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.day = DAY
        self.powers: dict[tuple[str, str], int] = {}
        self.first: int | None = None  # the power of the ceremony that all others rest on

    def power(self, post: str = "investigator", organ: str = ORGAN) -> int:
        """The grant that an organ's officers in a post act under, given once."""
        if (post, organ) not in self.powers:
            self.powers[post, organ] = self.grant(post, organ)
        return self.powers[post, organ]

    def grant(self, post: str, organ: str = ORGAN, days: int = 365) -> int:
        if self.first is None:
            self.first = self.given("registrar", GIVER, by=OTHER)
        return self.given(post, organ, days, by=GIVER, grant=self.first)

    def given(
        self, post: str, organ: str = ORGAN, days: int = 365, *, by: str, grant: int | None = None
    ) -> int:
        return self.add(
            Kind.GRANT_GIVE, commitment=b"c" * 32, organ=by, receiver=organ,
            until=self.day + days, what=post, grant=grant,
        )  # fmt: skip

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
        said: dict[str, Any] = {"rule": rule, **both}
        grant = self.power("investigator", both.get("organ", ORGAN))
        proposed = self.add(Kind.MARK_PROPOSE, grant=grant, officer=proposer, **said)
        approving: dict[str, Any] = {"organ": OTHER, **said, "answers": proposed}
        grant = self.power("checker", approving["organ"])
        return self.add(Kind.MARK_APPROVE, grant=grant, officer=approver, **approving)

    def findings(self, origin: str | None = None) -> list[Finding]:
        return found(self.entries, origin)


def found(entries: Sequence[bytes], origin: str | None = None) -> list[Finding]:
    return list(audit(lambda: iter(entries), len(entries), WORSE, LEAF_POSTS, origin))


def words(entries: Sequence[bytes] | Made) -> list[tuple[int, Wrong]]:
    given = entries.entries if isinstance(entries, Made) else entries
    return [(one.index, one.word) for one in found(given)]


# Zhengzhou, June 2022: 1,317 people made red on no ground of health by a handful of officials.
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

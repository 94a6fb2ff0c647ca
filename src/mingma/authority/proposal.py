"""A proposal about people, and the digest that whoever approves it signs.

The digest covers every person's reference with the evidence cited for her, the clause, the pack,
the end the rule computed, the kind of act, the case and the maker: change anything and no approval
given before is about it any more (ACCOUNTABILITY section 4). Rows stand in one order only, each
person once. A proposal nobody decided within a day is stale.

INVARIANT: every row cites evidence; who has none of her own cannot be in a proposal (Z1, Z5).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from mingma.authority.organs import Line
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import DAY, Instant

OPEN_FOR: Final = DAY  # seconds in which a proposal is decided or lapses: evidence ages
MOST_ROWS: Final = 2_000  # one batch; Zhengzhou's list had 1,317
DIGEST_BYTES: Final = 32
_PROPOSAL: Final = b"mingma/proposal/1\0"
_ROW: Final = b"mingma/proposal-row/1\0"


class ActKind(StrEnum):
    """What a person of an organ may assert about another (ARCHITECTURE section 7)."""

    CONTACT_FINDING = "contact_finding"
    COLD_CHAIN_CONTACT = "cold_chain_contact"
    ASSISTANCE_REQUEST = "assistance_request"
    RISK_NOTICE = "risk_notice"
    MARK = "mark"
    RELEASE = "release"
    WITHDRAWAL = "withdrawal"


class ProposalMalformed(Malformed):
    """A proposal that cannot be one. `why` is one of rows, many, twice, evidence, clause, end."""

    slug = "proposal.malformed"
    zh = "提案不成立(`{why}`)"
    en = "this is no proposal (`{why}`)"
    remedy_zh = "逐人写明证据编号,一人一行,写明条款与规则算出的截止时间,一批至多 2000 人"
    remedy_en = "one row a person with her evidence, a clause, the rule's end, 2,000 rows at most"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One person, the evidence of her own that is cited, and when the rule says it ends.

    `laboratory`: the fact is confirmed by a laboratory, so it does not count towards the hundred.
    `says` is the SHA-256, in hex, of the very fact that is asserted about her.
    """

    subject: str
    evidence: tuple[str, ...]
    until: Instant | None
    laboratory: bool = False
    says: str = ""

    def digest(self) -> bytes:
        """The digest of this row alone, by which it is refused or approved."""
        return hashlib.sha256(_ROW + canonical(self.body())).digest()

    def body(self) -> list[object]:
        """The row as it is hashed."""
        until = None if self.until is None else int(self.until)
        return [self.subject, list(self.evidence), until, self.laboratory, self.says]


@dataclass(frozen=True, slots=True)
class Maker:
    """Who proposes: the officer, the organ and its line."""

    officer: str
    organ: str
    line: Line


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed. Build it with `propose`, which puts the rows in order and checks them."""

    kind: ActKind
    maker: Maker
    region: str
    rule: str
    clause_digest: bytes
    pack_digest: bytes
    case: str | None
    made_at: Instant
    rows: tuple[Row, ...]
    worsens: bool
    instructed_by: str | None = None  # the officer or organ of record who asked for it
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", _digest(self))

    @property
    def people(self) -> int:
        """How many of its rows count towards the hundred: a release frees and counts for none."""
        return sum(not row.laboratory for row in self.rows) if self.worsens else 0

    @property
    def lapses(self) -> Instant:
        """When it is stale if nobody decided it."""
        return Instant(self.made_at + OPEN_FOR)


def propose(
    *,
    kind: ActKind,
    maker: Maker,
    region: str,
    rule: str,
    clause_digest: bytes,
    pack_digest: bytes,
    case: str | None,
    made_at: Instant,
    rows: tuple[Row, ...],
    instructed_by: str | None = None,
) -> Proposal:
    """The proposal with its rows in order; raises ProposalMalformed."""
    worsens = kind not in {ActKind.RELEASE, ActKind.WITHDRAWAL}
    ordered = tuple(
        sorted(
            (replace(row, evidence=tuple(sorted(set(row.evidence)))) for row in rows),
            key=lambda row: row.subject,
        )
    )
    why = _fault(ordered, rule, (clause_digest, pack_digest), made_at)
    if why is not None:
        raise ProposalMalformed(Place(field=why), why=why)
    return Proposal(
        kind, maker, region, rule, clause_digest, pack_digest, case, made_at, ordered, worsens,
        instructed_by,
    )  # fmt: skip


def _fault(
    rows: tuple[Row, ...], rule: str, digests: tuple[bytes, ...], made_at: Instant
) -> str | None:
    subjects = [row.subject for row in rows]
    faults = {
        "rows": not rows,
        "many": len(rows) > MOST_ROWS,
        "twice": len(set(subjects)) < len(subjects),
        "evidence": not all(row.evidence and all(row.evidence) for row in rows),
        "clause": not rule or any(len(digest) != DIGEST_BYTES for digest in digests),
        "end": any(row.until is not None and row.until <= made_at for row in rows),
    }
    return next((why for why, found in faults.items() if found), None)


def _digest(proposal: Proposal) -> bytes:
    body: dict[str, object] = {
        "case": proposal.case,
        "clause": proposal.clause_digest.hex(),
        "kind": proposal.kind.value,
        "made_at": int(proposal.made_at),
        "maker": [proposal.maker.officer, proposal.maker.organ, proposal.maker.line.value],
        "pack": proposal.pack_digest.hex(),
        "region": proposal.region,
        "rows": [row.body() for row in proposal.rows],
        "rule": proposal.rule,
    }
    if proposal.instructed_by is not None:
        body["instructed_by"] = proposal.instructed_by
    return hashlib.sha256(_PROPOSAL + canonical(body)).digest()


def challenge(act_digest: bytes) -> bytes:
    """What a passkey signs as WebAuthn's challenge: SHA-256 of the digest of the act."""
    return hashlib.sha256(act_digest).digest()

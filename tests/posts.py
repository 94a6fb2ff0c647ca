"""Everybody who takes part in Henan: organs, officers with passkeys and grants, a full roster.

`posts(folder)` opens a stage, holds the ceremony, and lets the two founding registrars give every
other office through the one door, so nothing here is anything an operator could not do.
Officers' ids are `<organ>-<post>` or `<organ>-<post>-<n>`; the two registrars are `ha-hq-registrar`
and `ha-hc-registrar`. Checkers: 14 by day and 9 by night of `zz-hq`, 8 and 3
of `ha-hq`. Officers of organs without power are `<organ>-liaison`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from mingma.authority.acts import Act
from mingma.authority.approval import Standing
from mingma.authority.grants import appointment_digest
from mingma.authority.matters import Status
from mingma.authority.organs import POWERLESS, Level, Organ, OrganKind
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.authority.roster import Drawn
from mingma.flows import proposals
from mingma.flows.act_case import Done
from mingma.flows.agree_key import agreement
from mingma.flows.attempts import Attempt, attempts_since
from mingma.flows.hold_ceremony import ceremony_digest, read_ceremony
from mingma.flows.log_time import log_time
from mingma.flows.lot import turns
from mingma.flows.officer_session import Beginning, Begun, beginning_digest
from mingma.flows.signed_act import SignedAct, act_digest
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from tests.authenticators import Authenticator
from tests.instances import NOW, Stage, stage

K = OrganKind
ORGANS: tuple[Organ, ...] = (
    Organ("ha-hq", K.HEADQUARTERS, Level.PROVINCE, "410000", "省指挥部", "province's headquarters"),
    Organ("zz-hq", K.HEADQUARTERS, Level.CITY, "410100", "郑州市指挥部", "city's headquarters"),
    Organ("ha-hc", K.HEALTH_COMMISSION, Level.PROVINCE, "410000", "省卫健委", "province's HC"),
    Organ("zz-hc", K.HEALTH_COMMISSION, Level.CITY, "410100", "郑州市卫健委", "city's HC"),
    Organ("ha-cdc", K.CDC, Level.PROVINCE, "410000", "省疾控中心", "province's CDC"),
    Organ("zz-cdc", K.CDC, Level.CITY, "410100", "郑州市疾控中心", "city's CDC"),
    Organ("zz-data", K.DATA_BUREAU, Level.CITY, "410100", "郑州市大数据局", "city's data bureau"),
    Organ("ha-data", K.DATA_BUREAU, Level.PROVINCE, "410000", "省大数据局", "province's bureau"),
    Organ("zz-social", K.HEADQUARTERS_SOCIAL_CONTROL, Level.CITY, "410100", "社会管控部", "social"),
    Organ("zz-stability", K.STABILITY_OFFICE, Level.CITY, "410100", "维稳办", "stability office"),
    Organ("erqi-community", K.COMMUNITY, Level.COUNTY, "410103", "二七区某社区", "a community"),
    Organ("zz-gate", K.GATE, Level.CITY, "410100", "地铁卡口", "metro gate"),
    Organ("zz-hotline", K.HOTLINE, Level.CITY, "410100", "12345 热线", "hotline 12345"),
    Organ("ha-supplier", K.SUPPLIER, Level.PROVINCE, "410000", "技术供应商", "supplier"),
    Organ("ha-audit", K.AUDITOR, Level.PROVINCE, "410000", "省审计厅", "province's auditors"),
    Organ("cn-audit", K.AUDITOR, Level.NATIONAL, "000000", "审计署", "national auditors"),
    Organ("zz-police", K.POLICE, Level.CITY, "410100", "郑州市公安局", "city's police"),
    Organ("zz-court", K.COURT, Level.CITY, "410100", "郑州市法院", "city's court"),
)
BY_ID = {organ.id: organ for organ in ORGANS}
FOUNDERS = ("ha-hq", "ha-hc")
SECOND = {"ha-hq-registrar": "ha-hc-registrar"}  # who signs with him; with the others `ha-hq`'s
DAY_SHIFT, NIGHT_SHIFT = (NOW, NOW + 12 * HOUR), (NOW + 12 * HOUR, NOW + 24 * HOUR)
OPERATORS = ("ha-data-executor", "ha-data-executor-1")  # given when they are needed
CHECKERS = {"zz-hq": (14, 9), "ha-hq": (8, 3)}  # by day, by night
# Who else works where: how many of a post in an organ.
STAFF: Mapping[str, Mapping[Post, int]] = {
    "ha-hq": {Post.COMMANDER: 1, Post.APPEAL_OFFICER: 2, Post.RULE_APPROVER: 1},
    "zz-hq": {Post.COMMANDER: 1, Post.APPEAL_OFFICER: 2},
    "ha-hc": {Post.INVESTIGATOR: 1, Post.APPEAL_OFFICER: 2, Post.RULE_AUTHOR: 1},
    "zz-hc": {Post.INVESTIGATOR: 1, Post.APPEAL_OFFICER: 2},
    "ha-cdc": {Post.INVESTIGATOR: 1},
    "zz-cdc": {Post.INVESTIGATOR: 3},
    "zz-data": {Post.EXECUTOR: 2},
    "erqi-community": {Post.COMMUNITY_WORKER: 2},
    "zz-gate": {Post.GATE_GUARD: 2},
    "zz-hotline": {Post.HOTLINE_AGENT: 2},
    "ha-audit": {Post.AUDITOR: 1},
    "cn-audit": {Post.AUDITOR: 1},
}


@dataclass(slots=True)
class Posts:
    """The stage with its officers, and what they do."""

    stage: Stage
    keys: dict[str, Authenticator] = field(default_factory=dict)
    nonces: Iterator[int] = field(default_factory=count)
    cases: set[str] = field(default_factory=set)
    sessions: dict[str, Begun] = field(default_factory=dict)

    def key(self, officer: str) -> Authenticator:
        """The officer's passkey, the same for the same id."""
        return self.keys.setdefault(officer, Authenticator(officer))

    def sign(
        self, officer: str, act: Act, body: Mapping[str, Any], *, at: Instant | None = None
    ) -> SignedAct:
        """The act as the officer signs it now; a new officer's grant both registrars sign."""
        at = self.stage.clock() if at is None else at
        if act is Act.GIVE_GRANT and "passkey" in body and "second" not in body:
            body = self.seconded(body, at, by=SECOND.get(officer, "ha-hq-registrar"))
        return self.sign_alone(officer, act, body, at)

    def seconded(self, body: Mapping[str, Any], at: Instant, *, by: str) -> dict[str, Any]:
        """The body of a new officer's grant as a second registrar signs it, too."""
        signed = self.key(by).sign(challenge(appointment_digest(body, at)))
        return {**body, "second": by, "assertion": signed}

    def sign_alone(self, officer: str, act: Act, body: Mapping[str, Any], at: Instant) -> SignedAct:
        """An act as it stands, with nobody's signature but the officer's."""
        nonce, session = f"nonce-{next(self.nonces):016}", self.session(officer)
        signed = self.key(officer).sign(
            challenge(act_digest(act, officer, at, nonce, body, session))
        )
        return SignedAct(act, officer, at, nonce, body, signed, session)

    def session(self, officer: str) -> str:
        """The word of the officer's session, begun where there is none; empty for nobody known."""
        at = self.stage.clock()
        begun = self.sessions.get(officer)
        if begun is None or begun.ends <= at:
            try:
                begun = self.sessions[officer] = self.begin(officer)
            except Problem:
                return ""
        return begun.session

    def begin(self, officer: str) -> Begun:
        """A new session of the officer's."""
        return self.stage.instance.begin_session(self.beginning(officer))

    def beginning(self, officer: str) -> Beginning:
        """What the officer's passkey signs to begin a session."""
        at, nonce = self.stage.clock(), f"nonce-{next(self.nonces):016}"
        signed = self.key(officer).sign(challenge(beginning_digest(officer, at, nonce)))
        return Beginning(officer, at, nonce, signed)

    def act(self, officer: str, act: Act, body: Mapping[str, Any]) -> Done:
        """The act signed and done; raises its refusal."""
        return self.stage.instance.perform(self.sign(officer, act, body))

    def agree_key(self, what: str, digest: bytes, **other: Any) -> dict[str, Any]:
        """The body by which the province's operators and its auditor agree to a key."""
        for operator in OPERATORS:
            if operator not in self.keys:
                self.give(operator, "ha-data", Post.EXECUTOR)
        said = {"what": what, "digest": digest.hex()}
        asked = challenge(agreement(what, said["digest"], self.stage.clock()))
        signed = {
            "second": OPERATORS[1], "assertion": self.key(OPERATORS[1]).sign(asked),
            "auditor": "ha-audit-auditor",
            "auditor_assertion": self.key("ha-audit-auditor").sign(asked),
        }  # fmt: skip
        return {**said, **signed, **other}

    def attempts(self) -> list[Attempt]:
        """Every refused attempt in public, oldest first."""
        with self.stage.instance.store.read() as unit:
            return attempts_since(unit, Instant(0))

    def give(self, officer: str, organ: str, post: Post, **other: Any) -> Done:
        """A founding registrar of another organ gives the officer the whole of a post."""
        known = officer in self.keys
        body = {
            "officer": officer,
            "organ": organ,
            "post": post.value,
            "region": BY_ID[organ].region.replace("000000", "410000"),  # as far as ours goes
            "acts": ["*"],
            "starts": print_instant(self.stage.clock()),
            "ends": print_instant(Instant(self.stage.clock() + 300 * DAY)),
            **({} if known else {"passkey": self.key(officer).as_registered()}),
            **other,
        }
        giver = "ha-hq-registrar" if organ == "ha-hc" else "ha-hc-registrar"
        return self.act(giver, Act.GIVE_GRANT, body)

    def put(self, organ: str, officers: Sequence[str], starts: int, ends: int) -> Done:
        """The organ's commander puts its checkers on duty."""
        shifts = [
            {
                "officer": one,
                "starts": print_instant(Instant(starts)),
                "ends": print_instant(Instant(ends)),
            }
            for one in officers
        ]
        return self.act(f"{organ}-commander", Act.PUT_ROSTER, {"organ": organ, "shifts": shifts})

    # -- the act path

    def open_case(self, case: str = "case-7", officer: str = "zz-cdc-investigator") -> None:
        """A patient with a laboratory's positive who was at venue v1 for days; once each."""
        if case in self.cases:
            return
        self.cases.add(case)
        clock, patient = self.stage.clock(), f"p-of-{case}"
        positive = {
            "id": f"positive-{case}", "kind": "test", "subject": patient, "region": "410100",
            "at": print_instant(Instant(clock - 3 * HOUR)),
            "data": {"assay": "pcr", "result": "positive", "tube": "single",
                     "sample": f"sample-{case}",
                     "reported_at": print_instant(Instant(clock - HOUR))},
        }  # fmt: skip
        stay = {
            "id": f"stay-{case}", "kind": "check_in", "subject": patient, "region": "410100",
            "at": print_instant(Instant(clock - 13 * DAY)),
            "until": print_instant(Instant(clock + 13 * DAY)),
            "data": {"venue": "v1", "grade": "A"},
        }  # fmt: skip
        assert self.stage.send(positive, stay, source="lab-1").refused == 0
        self.act(officer, Act.OPEN_CASE, {
            "case": case, "subject": patient, "evidence": f"lab-1/positive-{case}",
            "region": "410100",
        })  # fmt: skip

    def visits(self, *refs: str, grade: str = "A", hours: float = -30) -> list[str]:
        """Evidence of their own for each: a presence with a case's; returns the facts' ids."""
        records = [
            {
                "id": f"visit-{ref}-{hours}-{next(self.nonces)}",
                "kind": "check_in",
                "subject": ref,
                "at": print_instant(Instant(self.stage.clock() + int(hours * HOUR))),
                "region": "410100",
                "data": {"venue": "v1", "grade": grade},
            }
            for ref in refs
        ]
        source = "demo" if self.stage.instance.context.specimen else "lab-1"
        batch = self.stage.send(*records, source=source)
        assert batch.admitted == len(refs)
        return [f"{source}/{record['id']}" for record in records]

    def contacts(
        self, refs: Sequence[str], evidence: Sequence[str], *, case: str = "case-7", **other: Any
    ) -> dict[str, Any]:
        """The body of a proposal that these people are close contacts of a case."""
        self.open_case(case)
        at = print_instant(Instant(self.stage.clock() - 30 * HOUR))
        return {
            "kind": "contact_finding",
            "pack": "cn-henan-2021-08",
            "rule": "HA-R3",
            "region": "410100",
            "case": case,
            "rows": [
                {
                    "subject": ref,
                    "evidence": [cited],
                    "at": at,
                    "data": {"relation": "close", "index": case},
                }
                for ref, cited in zip(refs, evidence, strict=True)
            ],
        } | other

    def propose(self, *refs: str, maker: str = "zz-cdc-investigator", case: str = "case-7") -> str:
        """A proposal of close contacts, each with evidence of her own; returns its digest."""
        body = self.contacts(refs, self.visits(*refs), case=case)
        self.stage.clock.forward(1)
        return str(self.act(maker, Act.PROPOSE_CONTACTS, body).answer["proposal"])

    def standing(self, proposal: str) -> Standing:
        """Where a proposal stands."""
        with self.stage.instance.store.read() as unit:
            return proposals.standing_of(unit, proposals.kept(unit, proposal))

    def drawn(self, proposal: str) -> Drawn:
        """On whom the lot fell now; of several who are asked, the first."""
        return self.asked(proposal)[0]

    def asked(self, proposal: str) -> list[Drawn]:
        """Everybody whose turn it is now: of two lots the city's first."""
        i = self.stage.instance
        with i.store.read() as unit:
            one = proposals.kept(unit, proposal)
            standing = proposals.standing_of(unit, one)
            now = log_time(unit, self.stage.clock())
            return turns(unit, i.context, i.desk.roots, one, standing, now)

    def approve(
        self, proposal: str, officer: str | None = None, *, refused: Sequence[str] = ()
    ) -> Done:
        """The approval by whom the lot fell on, or by another; `refused` are people."""
        standing = self.standing(proposal)
        body = {
            "proposal": proposal,
            "seen": standing.state.hex(),
            "refused": [
                row.digest().hex() for row in standing.proposal.rows if row.subject in refused
            ],
        }
        second = standing.status is Status.FIRST
        act = Act.APPROVE_SECOND if second else Act.APPROVE
        return self.act(officer or self.drawn(proposal).officer.id, act, body)

    def mark_contacts(self, *refs: str, case: str = "case-7") -> str:
        """The whole path: proposed, approved by the lot, in effect; returns the digest."""
        proposal = self.propose(*refs, case=case)
        self.stage.clock.forward(30)
        while self.approve(proposal).answer["status"] == Status.FIRST:
            self.stage.clock.forward(30)
        return proposal


def checker_ids(organ: str) -> list[str]:
    day, night = CHECKERS[organ]
    return [f"{organ}-checker-{n}" for n in range(day + night)]


def ceremony_of(here: Posts, organs: Sequence[Organ] = ORGANS) -> dict[str, Any]:
    """The ceremony's file, signed by both founders."""
    registrars = {organ: f"{organ}-registrar" for organ in FOUNDERS}
    now = here.stage.clock()
    said: dict[str, Any] = {
        "organs": [
            {"id": o.id, "kind": o.kind.value, "level": o.level.value, "region": o.region,
             "zh": o.zh, "en": o.en}
            for o in organs
        ],
        "founders": [
            {"officer": registrars[o], "organ": o,
             "passkey": here.key(registrars[o]).as_registered()}
            for o in FOUNDERS
        ],
        "liaisons": [
            {"officer": f"{o.id}-liaison", "organ": o.id,
             "passkey": here.key(f"{o.id}-liaison").as_registered()}
            for o in organs
            if o.kind in POWERLESS
        ],
        "grants": [
            {"officer": registrars[o], "region": "410000", "starts": print_instant(now),
             "ends": print_instant(Instant(now + 365 * DAY)), "given_by": registrars[other]}
            for o, other in (FOUNDERS, FOUNDERS[::-1])
        ],
    }  # fmt: skip
    return signed_by_founders(here, said)


def signed_by_founders(here: Posts, said: dict[str, Any]) -> dict[str, Any]:
    """The same file under the founders' signatures."""
    asked = challenge(ceremony_digest(said))
    signatures = {one["officer"]: here.key(one["officer"]).sign(asked) for one in said["founders"]}
    return {**said, "signatures": signatures}


def hold(here: Posts) -> None:
    """The ceremony, and everybody's office after it."""
    here.stage.instance.hold_ceremony(read_ceremony(ceremony_of(here)))
    for organ, staff in STAFF.items():
        for post, many in staff.items():
            for n in range(many):
                here.give(f"{organ}-{post.value}" + (f"-{n}" if n else ""), organ, post)
    for organ, (day, _) in CHECKERS.items():
        every = checker_ids(organ)
        for officer in every:
            here.give(officer, organ, Post.CHECKER)
        here.put(organ, every[:day], max(DAY_SHIFT[0], here.stage.clock()), DAY_SHIFT[1])
        here.put(organ, every[day:], *NIGHT_SHIFT)


@contextmanager
def posts(folder: Path, database: str = "memory:", **other: Any) -> Iterator[Posts]:
    """A stage with everybody in office."""
    with stage(folder, database, **other) as made:
        here = Posts(made)
        hold(here)
        yield here

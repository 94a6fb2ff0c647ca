"""The demo's offices: organs, officers with software passkeys, grants and a roster.

The ceremony is held by two founding registrars of two organs; every other office is given through
the one door, as in a real instance. Officers' ids are `<organ>-<post>`, `<organ>-<post>-<n>` where
there are several, and `<organ>-liaison` for organs that have no power at all.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.authority.approval import Standing
from mingma.authority.grants import appointment_digest
from mingma.authority.organs import POWERLESS, Level, Organ, OrganKind
from mingma.authority.posts import Post
from mingma.authority.proposal import challenge
from mingma.demo.authenticator import SoftwarePasskey
from mingma.demo.sources import register_senders
from mingma.flows import proposals
from mingma.flows.act_case import Done
from mingma.flows.attempts import Attempt, attempts_since
from mingma.flows.hold_ceremony import ceremony_digest, read_ceremony
from mingma.flows.lot import turns
from mingma.flows.officer_session import Beginning, Begun, beginning_digest
from mingma.flows.receive_evidence import Envelope
from mingma.flows.signed_act import SignedAct, act_digest
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.keys import SourceKey
from mingma.records import Batch

K = OrganKind
ORGANS: Final = (
    Organ("ha-hq", K.HEADQUARTERS, Level.PROVINCE, "410000", "省指挥部", "province's command"),
    Organ("zz-hq", K.HEADQUARTERS, Level.CITY, "410100", "市指挥部", "city's command"),
    Organ("ha-hc", K.HEALTH_COMMISSION, Level.PROVINCE, "410000", "省卫健委", "province's HC"),
    Organ("zz-hc", K.HEALTH_COMMISSION, Level.CITY, "410100", "市卫健委", "city's HC"),
    Organ("zz-cdc", K.CDC, Level.CITY, "410100", "市疾控中心", "city's CDC"),
    Organ("zz-data", K.DATA_BUREAU, Level.CITY, "410100", "市大数据局", "city's data bureau"),
    Organ("zz-social", K.HEADQUARTERS_SOCIAL_CONTROL, Level.CITY, "410100", "社会管控部",
          "social control"),
    Organ("zz-court", K.COURT, Level.CITY, "410100", "市法院", "city's court"),
    Organ("ha-supplier", K.SUPPLIER, Level.PROVINCE, "410000", "技术供应商", "supplier"),
)  # fmt: skip
FOUNDERS: Final = ("ha-hq", "ha-hc")
STAFF: Final[Mapping[str, Mapping[Post, int]]] = {
    "ha-hq": {Post.COMMANDER: 1, Post.APPEAL_OFFICER: 1, Post.CHECKER: 8},
    "zz-hq": {Post.COMMANDER: 1, Post.APPEAL_OFFICER: 1, Post.CHECKER: 14},
    "ha-hc": {Post.APPEAL_OFFICER: 1},
    "zz-hc": {Post.APPEAL_OFFICER: 1},
    "zz-cdc": {Post.INVESTIGATOR: 1},
    "zz-data": {Post.EXECUTOR: 1},
}


@dataclass(slots=True)
class StageClock:
    """The demo's log time: it stands until the story moves it on."""

    now: Instant

    def __call__(self) -> Instant:
        return self.now

    def forward(self, seconds: int) -> None:
        """Let time pass."""
        self.now = Instant(self.now + seconds)


@dataclass(slots=True)
class Offices:
    """An instance with everybody in office, and what they do there."""

    instance: Instance
    clock: StageClock
    senders: Mapping[str, SourceKey] = field(default_factory=dict)
    _passkeys: dict[str, SoftwarePasskey] = field(default_factory=dict)
    _sessions: dict[str, Begun] = field(default_factory=dict)

    def passkey(self, officer: str) -> SoftwarePasskey:
        """The officer's passkey, the same all through a run."""
        settings = self.instance.settings
        if officer not in self._passkeys:
            self._passkeys[officer] = SoftwarePasskey(settings.rp_id, settings.staff_origin)
        return self._passkeys[officer]

    def act(self, officer: str, act: Act, body: Mapping[str, Any]) -> Done:
        """An act as the officer signs it now; raises its refusal."""
        session = self.session(officer)
        at, nonce = self.clock(), secrets.token_urlsafe(16)
        digest = act_digest(act, officer, at, nonce, body, session)
        assertion = self.passkey(officer).sign(challenge(digest))
        return self.instance.perform(SignedAct(act, officer, at, nonce, body, assertion, session))

    def session(self, officer: str) -> str:
        """The word of the officer's session, begun where there is none or it is over."""
        at, nonce = self.clock(), secrets.token_urlsafe(16)
        begun = self._sessions.get(officer)
        if begun is None or begun.ends <= at:
            digest = beginning_digest(officer, at, nonce)
            assertion = self.passkey(officer).sign(challenge(digest))
            begun = self.instance.begin_session(Beginning(officer, at, nonce, assertion))
            self._sessions[officer] = begun
        return begun.session

    def refused(self, officer: str, act: Act, body: Mapping[str, Any]) -> Problem | None:
        """Why an act was refused; None where it was done."""
        try:
            self.act(officer, act, body)
        except Problem as problem:
            return problem
        return None

    def send(self, sender: str, records: Sequence[Mapping[str, Any]]) -> Batch:
        """Records as one signed batch of a sender."""
        lines = [json.dumps(one, ensure_ascii=False).encode() for one in records]
        body = b"".join(line + b"\n" for line in lines)
        numbered = list(enumerate(lines, start=1))
        signature = self.senders[sender].sign(body)
        return self.instance.receive(Envelope(sender, body, signature, numbered))

    def attempts(self) -> list[Attempt]:
        """Every refused attempt as everybody reads it, oldest first."""
        with self.instance.store.read() as unit:
            return attempts_since(unit, Instant(0))

    def standing(self, proposal: str) -> Standing:
        """Where a proposal stands."""
        with self.instance.store.read() as unit:
            return proposals.standing_of(unit, proposals.kept(unit, proposal))

    def drawn(self, proposal: str) -> str:
        """The officer on whom the lot fell; of several who are asked, the first."""
        i = self.instance
        with i.store.read() as unit:
            kept = proposals.kept(unit, proposal)
            standing = proposals.standing_of(unit, kept)
            found = turns(unit, i.context, i.desk.roots, kept, standing, self.clock())
        return found[0].officer.id

    def approval(self, proposal: str) -> dict[str, Any]:
        """What a checker signs who refuses nobody in it."""
        return {"proposal": proposal, "seen": self.standing(proposal).state.hex(), "refused": []}


def take_office(instance: Instance, clock: StageClock) -> Offices:
    """The ceremony, everybody's grant, the roster and the demo's senders."""
    here = Offices(instance, clock)
    instance.hold_ceremony(read_ceremony(_ceremony(here)))
    for organ, posts in STAFF.items():
        for post, many in posts.items():
            for officer in _ids(organ, post, many):
                _give(here, officer, organ, post)
    for organ, posts in STAFF.items():
        if Post.CHECKER in posts:
            _put_on_duty(here, organ, _ids(organ, Post.CHECKER, posts[Post.CHECKER]))
    with instance.acting() as unit:
        here.senders = register_senders(unit, Path(instance.settings.keys))
    return here


def _ids(organ: str, post: Post, many: int) -> list[str]:
    if many == 1:
        return [f"{organ}-{post.value}"]
    return [f"{organ}-{post.value}-{n}" for n in range(1, many + 1)]


def _ceremony(here: Offices) -> dict[str, Any]:
    """The ceremony's file, signed by both founders."""
    now = here.clock()
    until = print_instant(Instant(now + 365 * DAY))
    registrars = {organ: f"{organ}-registrar" for organ in FOUNDERS}

    def one(officer: str, organ: str) -> dict[str, Any]:
        key = here.passkey(officer).as_registered()
        return {"officer": officer, "organ": organ, "passkey": key}

    said: dict[str, Any] = {
        "organs": [
            {"id": o.id, "kind": o.kind.value, "level": o.level.value, "region": o.region,
             "zh": o.zh, "en": o.en}
            for o in ORGANS
        ],
        "founders": [one(registrars[organ], organ) for organ in FOUNDERS],
        "liaisons": [one(f"{o.id}-liaison", o.id) for o in ORGANS if o.kind in POWERLESS],
        "grants": [
            {"officer": registrars[organ], "region": "410000", "starts": print_instant(now),
             "ends": until, "given_by": registrars[other]}
            for organ, other in (FOUNDERS, FOUNDERS[::-1])
        ],
    }  # fmt: skip
    asked = challenge(ceremony_digest(said))
    signatures = {name: here.passkey(name).sign(asked) for name in registrars.values()}
    return {**said, "signatures": signatures}


def _give(here: Offices, officer: str, organ: str, post: Post) -> None:
    """The registrar of the other founding organ gives the officer a post; both sign it."""
    region = next(one.region for one in ORGANS if one.id == organ)
    giver = "ha-hq-registrar" if organ == "ha-hc" else "ha-hc-registrar"
    second = next(f"{one}-registrar" for one in FOUNDERS if f"{one}-registrar" != giver)
    now = here.clock()
    body = {
        "officer": officer, "organ": organ, "post": post.value, "region": region, "acts": ["*"],
        "starts": print_instant(now), "ends": print_instant(Instant(now + 300 * DAY)),
        "passkey": here.passkey(officer).as_registered(),
    }  # fmt: skip
    signed = here.passkey(second).sign(challenge(appointment_digest(body, now)))
    here.act(giver, Act.GIVE_GRANT, {**body, "second": second, "assertion": signed})


def _put_on_duty(here: Offices, organ: str, officers: Sequence[str]) -> None:
    now = here.clock()
    starts, ends = print_instant(now), print_instant(Instant(now + 12 * HOUR))
    shifts = [{"officer": one, "starts": starts, "ends": ends} for one in officers]
    here.act(f"{organ}-commander", Act.PUT_ROSTER, {"organ": organ, "shifts": shifts})

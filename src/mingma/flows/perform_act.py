"""The one door for staff: an officer's signed act is done, or refused in public.

(1) The passkey signed this act, freshly, and it was never sent before. (2) Officer, organ and
grants are on record, and the act is of the session that the key began last. (3) The act's own file
reads the facts. (4) The policies are asked. (5) Only then is anything written, colour only ever
through evidence and `redecide`. A refusal on permission or grounds leaves an attempt in the public
log; the caller raises it after the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mingma.authority.acts import Act, Group, acts_in, groups_of
from mingma.authority.matters import Actor, InstanceMatter
from mingma.authority.organs import KINDS, NATION
from mingma.authority.posts import Grant, granted, grants_in_force
from mingma.authority.refusal import NotAllowed, refusal
from mingma.authority.request import Answer, Request
from mingma.flows import offices, passkey_uses, rosters
from mingma.flows.act_case import Attempted, Case, Denied, Desk, Done, Held, Prepared, size_of
from mingma.flows.acts import HANDLERS
from mingma.flows.attempt_flood import MOST, TooManyAttempts, note_attempt
from mingma.flows.attempts import write_attempt
from mingma.flows.context import Context
from mingma.flows.leaf_names import NONCE_SIZE
from mingma.flows.log_time import log_time
from mingma.flows.officer_session import lacks_session
from mingma.flows.passkey_uses import PasskeyCloned
from mingma.flows.signed_act import (
    ACT,
    FRESH,
    OFFICER_FORM,
    ActReplayed,
    ActStale,
    SignedAct,
    session_name,
)
from mingma.flows.vouched_rows import NotVouched, must_be_vouched, strangers
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Malformed, Place, Problem, Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Passkey, PasskeyRefused, Record

UNNAMED: Final = frozenset({Act.OBJECT})  # refused without an attempt, which would say by whom
FORBIDDEN: Final = 403  # the status of a refusal that is a public attempt


class NotThisWay(Malformed):
    """An act that is done elsewhere, not through the door for signed acts."""

    slug = "act.not_this_way"
    status = 404
    zh = "此行为不在此办理:`{act}`"
    en = "this act is not done here: `{act}`"
    remedy_zh = "请对照 docs/formats/act.md"
    remedy_en = "docs/formats/act.md lists the acts"


def perform(
    unit: Unit, context: Context, desk: Desk, signed: SignedAct, now: Instant
) -> Done | Denied:
    """Do the act, or write its refusal; raises what is no attempt, and then nothing is kept."""
    # (1) Fresh, once, and by the officer's own passkey.
    digest = signed.digest().hex()
    if abs(now - signed.at) > FRESH:
        raise ActStale(Place(field="at"))
    for named in _officers_in(signed):  # an officer's acts take turns from here on
        offices.take_turn(unit, named)
    key = offices.passkey(unit, signed.officer)
    if any(record.id == digest for record in unit.records_under(ACT, digest)):
        raise ActReplayed
    officer = offices.officer(unit, signed.officer)
    organ = offices.organ(unit, officer.organ) if officer else None
    if key is None or officer is None or organ is None:
        must_be_vouched(unit, offices.OFFICER, signed.officer)
        must_be_vouched(unit, offices.ORGAN, officer.organ if officer else "")
        raise PasskeyRefused
    proved = desk.passkeys.verify(signed.assertion, key, signed.challenge())

    # (2) Who this is. From here on the act counts as sent, and its counter as used. It is done in
    # log time: a clock put back brings back no colour to look at, and no grant.
    now = log_time(unit, now)
    duty = rosters.on_duty(unit, officer, now)
    actor = Actor(officer, organ, passkey=proved.hardware, on_duty=duty)
    case = Case(unit, context, desk, signed, actor, now, people=size_of(signed.body))
    cloned = not passkey_uses.counts_on(unit, key, proved.count)
    unit.add_record(Record(ACT, digest, now, _kept(signed, actor)))
    passkey_uses.add_use(
        unit, key, now, act=signed.act, id=digest, count=proved.count,
        session=session_name(signed.session), refused=PasskeyCloned.slug if cloned else "",
    )  # fmt: skip
    if cloned:
        return _denied(case, digest, PasskeyCloned(), ("F03-passkey",))

    # (3) May this officer do such an act anywhere? Only then is anything read for it.
    grants = offices.grants_of(unit, officer.id)
    unfit = _unfit(case, digest, key, grants)
    if unfit is not None:
        return unfit

    # (4) The facts, and the policies over them.
    try:
        prepared = _prepare(case)
        held = _held(case, prepared, grants)
        answer = desk.engine.decide(_request(case, prepared, granted_=held is not None))
        if not answer.allowed or held is None:
            raise Attempted(refusal(signed.act, answer), answer.policies)
    except Attempted as attempted:
        case.people = attempted.people or case.people
        attempted.told()
        return _denied(case, digest, attempted.problem, attempted.policies)
    except Refused as problem:
        if problem.status != FORBIDDEN:
            raise
        return _denied(case, digest, problem, _policies(problem))

    # (5) Do it.
    return Done(signed.act, digest, prepared.do(held))


def _officers_in(signed: SignedAct) -> list[str]:
    """Whose passkeys the act may need, in one order: crossed acts wait and lock nobody out."""
    named = [signed.body.get(name) for name in ("officer", "second", "auditor")]
    fitting = {one for one in named if isinstance(one, str) and OFFICER_FORM.fullmatch(one)}
    return sorted({signed.officer, *fitting})


def _unfit(case: Case, digest: str, key: Passkey, grants: Sequence[Grant]) -> Denied | None:
    """The refusal of what nobody may do, of whoever has no grant for it, or no session."""
    if Group.NEVER in groups_of(case.act):
        asked = Request(case.actor, case.act, InstanceMatter(), "instance")
        return _refused(case, digest, case.desk.engine.decide(asked).policies)
    if not any(one.gives(case.act) for one in grants_in_force(grants, case.now)):
        return _without_grant(case, digest)
    outside = lacks_session(case.unit, key, case.signed, case.now)
    if outside is not None:
        return _denied(case, digest, outside, (outside.slug,))
    return None


def _prepare(case: Case) -> Prepared:
    handler = HANDLERS.get(case.act)
    if handler is None:
        refused = NotThisWay(Place(field="act"), act=case.act.value)
        # Nobody runs by hand what was approved: whoever tries is seen to have tried.
        raise Attempted(refused) if case.act in acts_in(Group.COLOUR) else refused
    return handler(case)


def _held(case: Case, prepared: Prepared, grants: Sequence[Grant]) -> Held | None:
    region = getattr(prepared.matter, "region", NATION)
    grant = granted(grants, case.actor.officer, case.act, region, case.now)
    if grant is None:
        return None
    return Held(grant, offices.sealed_index(case.unit, grant))


def _request(case: Case, prepared: Prepared, *, granted_: bool) -> Request:
    circumstances = replace(prepared.circumstances, granted=granted_, step_up=True)
    return Request(case.actor, case.act, prepared.matter, prepared.about, circumstances)


def _without_grant(case: Case, digest: str) -> Denied:
    """The rails that refuse whoever has no grant for an act, whatever it is about."""
    empty = ("F05-empty-row",) if KINDS[case.actor.organ.kind].powerless else ()
    policies = ("F01-granted", *empty)
    for id in strangers(case.unit, offices.GRANT, f"{case.actor.officer.id}/"):
        return _denied(case, digest, NotVouched(kind=offices.GRANT, id=id), policies)
    return _refused(case, digest, policies)


def _refused(case: Case, digest: str, policies: tuple[str, ...]) -> Denied:
    problem = refusal(case.act, Answer(allowed=False, policies=policies))
    return _denied(case, digest, problem, policies)


def _policies(problem: Refused) -> tuple[str, ...]:
    return problem.policies if isinstance(problem, NotAllowed) else (problem.slug,)


def _denied(case: Case, digest: str, problem: Problem, policies: Sequence[str]) -> Denied:
    """Write the attempt and hand back the refusal; a flood of them is counted."""
    if case.act in UNNAMED:
        raise problem
    own = note_attempt(
        case.unit, act=case.act, officer=case.actor.officer.id, organ=case.actor.organ.id,
        policies=policies, people=case.people, now=case.now,
    )  # fmt: skip
    if not own:
        return Denied(case.act, digest, TooManyAttempts(most=MOST), tuple(policies))
    write_attempt(
        case.unit,
        act=case.act,
        id=digest,
        organ=case.actor.organ,
        officer_id=case.actor.officer.id,
        policies=policies,
        people=case.people,
        now=case.now,
        nonce=case.desk.chance(NONCE_SIZE),
        audit_key=case.desk.audit_key,
    )
    return Denied(case.act, digest, problem, tuple(policies))


def _kept(signed: SignedAct, actor: Actor) -> bytes:
    """The signed act as it is kept: whoever has it can verify the passkey's signature again.

    Numbers of papers are left out, as everywhere: where one was, it has to be filled in first.
    """
    return canonical(
        {
            "act": signed.act.value,
            "assertion": _plain(signed.assertion),
            "at": int(signed.at),
            "body": _without_papers(signed.body),
            "nonce": signed.nonce,
            "officer": signed.officer,
            "organ": actor.organ.id,
            "session": session_name(signed.session),
        }
    )


def _without_papers(value: Any, name: str = "") -> Any:
    """A body without the number of any paper in it, however deep."""
    if isinstance(value, Mapping):
        return {
            key: None if name == "identity" and key == "number" else _without_papers(one, key)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_papers(one, name) for one in value]
    return value


def _plain(assertion: Any) -> dict[str, Any]:
    """Of an assertion what its verification needs; browsers add what changes."""
    response = assertion["response"]
    names = ("authenticatorData", "clientDataJSON", "signature")
    return {
        "rawId": assertion["rawId"],
        "response": {name: response[name] for name in names},
    }

"""A person's own code, decisions, receipts, notices and bundle.

Whose they are is taken from the session only (`acting.subject_for`). Reading writes nothing (P9).
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from mingma.api.acting import acting_for, subject_for
from mingma.api.problems import Asked, language, no
from mingma.app import Instance
from mingma.authority.acts import Act
from mingma.codes.decision import Decision
from mingma.evidence.channels import KINDS
from mingma.flows.own_history import Sealed, own_decisions, own_notices
from mingma.flows.show_code import Shown
from mingma.kernel.times import print_instant
from mingma.kernel.words import Colour
from mingma.rules.explain import COLOURS, NOTICES, Reason
from mingma.rules.verdict import live, next_change, worst

RECEIPT = "application/octet-stream"
SPECIMEN = {"zh": "样本,不证明任何事", "en": "specimen, proves nothing"}


class Next(msgspec.Struct):
    """The next change if no further evidence arrives."""

    colour: str
    at: str


class Age(msgspec.Struct):
    """When a kind of evidence last arrived here, from anybody about anybody."""

    kind: str
    word: str
    last_received: str
    age_seconds: int


class PackUsed(msgspec.Struct):
    """Which edition of which pack answered."""

    id: str
    edition: int
    digest: str


class DecidedBy(msgspec.Struct):
    """Who decided, when, under which emergency and packs."""

    organ: str
    authority: str
    at: str
    number: int
    outcome: str
    emergency: str | None
    packs: list[PackUsed]


class Code(msgspec.Struct):
    """Everything a code page shows. Instants at +08:00; texts in the language asked for."""

    colour: str
    word: str
    lapsed: bool
    specimen: str | None
    name: str
    last_four: str
    rule: str | None
    since: str | None
    until: str | None
    next: Next | None
    next_step: str
    evidence: str
    way_out: str
    reasons: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    decided_by: DecidedBy | None
    objection: str
    queried_at: str
    channels: list[Age]
    token: str | None
    token_expires: str | None
    receipt: str | None  # the second frame beside the token of a colour worse than green
    leaf_index: int | None


class Decided(msgspec.Struct):
    """One decision of the past or in force; a `void` one made nothing worse, and cannot."""

    decided_by: DecidedBy
    colour: str
    rule: str | None
    evidence: list[str]
    since: str | None
    until: str | None
    expires: str | None
    leaf_index: int | None
    effect: str  # full, waiting or void


class Told(msgspec.Struct):
    """One notice: what changed, by which clause, until when."""

    number: int
    at: str
    before: str
    after: str
    words: str
    notices: list[dict[str, str]]
    pack: str | None
    rule: str | None
    until: str | None


@get(
    "/v1/me/code",
    sync_to_thread=True,
    tags=["me"],
    summary="One's own code now",
    responses=no(401, 404),
)
def own_code(request: Asked, state: State) -> Code:
    """The colour of this very instant and why; nothing is written."""
    lang = language(request)
    instance: Instance = state.instance
    ref, held = acting_for(request, Act.SHOW_OWN_CODE)
    return _code(instance, instance.show(ref, lang, by_delegate=held is not None), lang)


@post(
    "/v1/me/code",
    status_code=200,
    sync_to_thread=True,
    tags=["me"],
    summary="Have oneself decided anew",
    responses=no(401, 404, 503),
)
def renew_own_code(request: Asked, state: State) -> Code:
    """Decide anew on the evidence there is, as after an emergency was renewed, and show it."""
    lang = language(request)
    instance: Instance = state.instance
    ref, held = acting_for(request, Act.SHOW_OWN_CODE)
    instance.renew(ref)
    return _code(instance, instance.show(ref, lang, by_delegate=held is not None), lang)


@get(
    "/v1/me/decisions",
    sync_to_thread=True,
    tags=["me"],
    summary="All decisions about oneself",
    responses=no(401, 404),
)
def own_decisions_list(request: Asked, state: State) -> list[Decided]:
    """Newest first."""
    instance: Instance = state.instance
    ref = subject_for(request, Act.READ_OWN_HISTORY)
    with instance.store.read() as unit:
        found = own_decisions(unit, instance.context, ref, instance.clock())
    return [_decided(instance, one) for one in found]


@get(
    "/v1/me/decisions/{number:int}/receipt",
    sync_to_thread=True,
    media_type=RECEIPT,
    tags=["me"],
    summary="The receipt of a decision about oneself",
    responses=no(401, 404, 503),
)
def decision_receipt(request: Asked, state: State, number: FromPath[int]) -> Response[bytes]:
    """A .tlog-proof with what opens the leaf's commitment, to keep and check offline for years."""
    instance: Instance = state.instance
    found = instance.own_receipt(subject_for(request, Act.READ_OWN_HISTORY), number)
    name = f"decision-{number}.tlog-proof"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(bytes(found), headers=headers, media_type=RECEIPT)


@get(
    "/v1/me/bundle",
    sync_to_thread=True,
    media_type="application/json",
    tags=["me"],
    summary="Everything decided about oneself, with its proofs, to keep",
    responses=no(401, 404),
)
def own_bundle_file(request: Asked, state: State) -> Response[bytes]:
    """A file that holds one's own key, too: whoever has it can tell one's leaves in the log."""
    instance: Instance = state.instance
    found = instance.own_bundle(subject_for(request, Act.READ_OWN_HISTORY))
    headers = {
        "Content-Disposition": 'attachment; filename="mingma-bundle.json"',
        "Cache-Control": "no-store",
    }
    return Response(found, headers=headers, media_type="application/json")


@get(
    "/v1/me/notices",
    sync_to_thread=True,
    tags=["me"],
    summary="All notices to oneself",
    responses=no(401, 404),
)
def own_notices_list(request: Asked, state: State) -> list[Told]:
    """Newest first."""
    instance: Instance = state.instance
    ref = subject_for(request, Act.READ_OWN_HISTORY)
    with instance.store.read() as unit:
        found = own_notices(unit, ref)
    lang = language(request)
    return [_told(one.number, one.at, json.loads(one.body), lang) for one in found]


def _code(instance: Instance, shown: Shown, lang: str) -> Code:
    decision, why = shown.decision, shown.explanation
    issued = shown.colour is not Colour.UNKNOWN
    spans = decision.spans if decision and issued else ()
    first = worst(live(spans, shown.at))
    change = next_change(spans, shown.at)
    main = why.reasons[0] if why.reasons else None
    return Code(
        colour=shown.colour.value,
        word=why.word,
        lapsed=shown.lapsed,
        specimen=SPECIMEN[lang] if instance.context.specimen else None,
        name=shown.person.name,
        last_four=shown.person.last_four,
        rule=first.rule if first else None,
        since=print_instant(first.starts) if first else None,
        until=_printed(first.until) if first else None,
        next=Next(change.colour.value, print_instant(change.at)) if change else None,
        next_step=why.next_step,
        evidence=main.evidence if main else "",
        way_out=main.way_out if main else "",
        reasons=[_reason(one) for one in why.reasons],
        notices=[_reason(one) for one in why.notices],
        decided_by=_decided_by(instance, decision) if decision else None,
        objection=main.objection if main else instance.context.packs[0].objection.get(lang),
        queried_at=print_instant(shown.at),
        channels=[
            Age(kind, getattr(KINDS[kind], lang), print_instant(last), max(0, shown.at - last))
            for kind, last in sorted(shown.ages.items())
        ],
        token=shown.token,
        token_expires=_printed(shown.token_ends),
        receipt=shown.frame,
        leaf_index=shown.leaf_index,
    )


def _reason(reason: Reason) -> dict[str, Any]:
    return {name: getattr(reason, name) for name in reason.__slots__}


def _decided_by(instance: Instance, decision: Decision) -> DecidedBy:
    first = decision.finding_at(decision.decided_at)
    packs = {pack.id: pack for pack in instance.context.packs}
    pack = packs.get(first.pack if first else decision.packs[0].id)
    return DecidedBy(
        organ=instance.context.organ,
        authority=pack.authority if pack else "",
        at=print_instant(decision.decided_at),
        number=decision.number,
        outcome=decision.outcome.value,
        emergency=decision.emergency,
        packs=[PackUsed(one.id, one.edition, one.digest) for one in decision.packs],
    )


def _decided(instance: Instance, made: Sealed) -> Decided:
    decision = made.decision
    first = decision.finding_at(decision.decided_at)
    return Decided(
        decided_by=_decided_by(instance, decision),
        colour=decision.colour_at(decision.decided_at).value,
        rule=first.rule if first else None,
        evidence=list(first.evidence) if first else [],
        since=print_instant(first.starts) if first else None,
        until=_printed(first.until) if first else None,
        expires=_printed(decision.expires),
        leaf_index=made.leaf_index,
        effect=made.effect.value,
    )


def _told(number: int, at: int, body: dict[str, Any], lang: str) -> Told:
    side = 0 if lang == "zh" else 1
    words = " → ".join(COLOURS[Colour(body[name])][side] for name in ("from", "to"))
    return Told(
        number=number,
        at=print_instant(at),
        before=body["from"],
        after=body["to"],
        words=words,
        notices=[
            {"kind": kind, "rule": rule, "words": NOTICES[kind][side]}
            for kind, rule in body["notices"]
        ],
        pack=body["pack"],
        rule=body["rule"],
        until=_printed(body["until"]),
    )


def _printed(instant: int | None) -> str | None:
    return None if instant is None else print_instant(instant)

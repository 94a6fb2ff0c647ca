"""Receive a batch of records from a registered source, and decide anew for the people in it.

An envelope that is unsigned, or signed by another key, is refused whole and nothing is kept. In a
good envelope each record is admitted or refused on its own, and refused ones are kept and can be
listed. The same record again, by source and id, is admitted once; the same batch again changes
nothing and answers as before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mingma.evidence.admit import admit
from mingma.evidence.channels import KINDS, Intake
from mingma.evidence.lines import read_line
from mingma.evidence.model import Fact
from mingma.flows.context import Context
from mingma.flows.decide import Judge, redecide
from mingma.flows.enrol import Chance, enrol
from mingma.kernel.errors import Malformed, Place, Problem, Refused
from mingma.kernel.times import Instant
from mingma.ports import Batch, Received, Source, Turned, Unit
from mingma.rules.assess import known_since

AHEAD: Final = 300  # seconds a source's clock may be ahead of ours
KEPT_TEXT: Final = 4096  # characters of a refused record that are kept for its sender

Identify = Callable[[object], str]  # an `identity` object → the person's reference


class UnknownSource(Refused):
    """No such source is registered."""

    slug = "source.unknown"
    status = 401
    zh = "来源 `{source}` 未登记"
    en = "the source `{source}` is not registered"
    remedy_zh = "请先登记来源及其公钥"
    remedy_en = "register the source and its public key first"


class BadSignature(Refused):
    """The signature is not the source's over these very bytes."""

    slug = "source.bad_signature"
    status = 401
    zh = "签名不是来源 `{source}` 对这批数据所作"
    en = "the signature is not `{source}`'s over these bytes"
    remedy_zh = "用登记的私钥对请求体原样签名"
    remedy_en = "sign the exact body with the registered key"


class KindNotYours(Refused):
    """The source's key is not bound to this kind of record."""

    slug = "source.kind_not_yours"
    zh = "来源 `{source}` 无权报送 `{kind}`"
    en = "the source `{source}` may not bring in `{kind}`"
    remedy_zh = "由登记了该类别的来源报送"
    remedy_en = "send it through a source registered for the kind"


class ActNotOpen(Refused):
    """A kind that needs an approved act: nobody's signature alone brings it in."""

    slug = "act.not_open"
    zh = "`{kind}` 须经提出、另一机关批准并封存,不能直接报送"
    en = "`{kind}` needs an approved act: it cannot be sent in directly"
    remedy_zh = "经审批流程提出"
    remedy_en = "propose it through the act path"


class FromTheFuture(Refused):
    """A record of something that has not happened yet."""

    slug = "record.from_the_future"
    zh = "记录时刻 `{at}` 晚于接收时刻"
    en = "the record's instant `{at}` lies after it was received"
    remedy_zh = "请核对时钟与时区"
    remedy_en = "check the clock and the offset"


class DuplicateOfSource(Malformed):
    """An id of this source with another content."""

    slug = "record.duplicate_id"
    status = 409
    zh = "编号 `{value}` 已用于内容不同的记录"
    en = "the id `{value}` was used for another record"
    remedy_zh = "每条记录用自己的编号;更正请另报"
    remedy_en = "give each record an id of its own; send a correction as a new record"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A batch as it came: the source's name, the exact body, its signature, its numbered records.

    A record is a line's bytes, a decoded object, or the refusal its reading ended in.
    """

    source: str
    body: bytes
    signature: bytes
    records: Iterable[tuple[int, Any]]

    @property
    def batch(self) -> str:
        """The batch's name: the digest of its body."""
        return hashlib.sha256(self.body).hexdigest()


def signed_by(source: Source | None, envelope: Envelope) -> Source:
    """The registered source whose signature the envelope bears; raises Refused."""
    if source is None:
        raise UnknownSource(Place(field="source"), source=envelope.source)
    try:
        Ed25519PublicKey.from_public_bytes(source.key).verify(envelope.signature, envelope.body)
    except (InvalidSignature, ValueError):
        raise BadSignature(Place(field="signature"), source=envelope.source) from None
    return source


def receive_evidence(
    unit: Unit,
    context: Context,
    envelope: Envelope,
    now: Instant,
    *,
    identify: Identify,
    chance: Chance,
    judge: Judge | None = None,
) -> Batch:
    """Admit or refuse each record, decide anew for the people concerned, count everything."""
    # (1) Who sends, and have we seen this batch?
    source = signed_by(unit.sources().get(envelope.source), envelope)
    if (before := unit.batch(source.id, envelope.batch)) is not None:
        return before

    # (2) Admit or refuse each record on its own.
    facts: dict[str, tuple[Fact, bytes]] = {}
    turned: list[Turned] = []
    count = repeated = 0
    for line, value in envelope.records:
        count += 1
        try:
            fact = _admit(value, source, context, now, identify)
            content = digest_of(fact)
            known = facts.setdefault(fact.id, (fact, content))
            if known[1] != content:
                raise DuplicateOfSource(Place(field="id"), value=value_id(fact.id))
            repeated += known[0] is not fact
        except Problem as problem:
            turned.append(_turned(source, envelope.batch, line, problem, value))

    # (3) What came before by the same id: once if the same, refused if not.
    stored = unit.known(source.id, list(facts))
    for id, content in stored.items():
        fact, fresh = facts.pop(id)
        if fresh == content:
            repeated += 1
        else:
            other = DuplicateOfSource(Place(field="id"), value=value_id(id))
            turned.append(_turned(source, envelope.batch, 0, other, fact))

    # (4) Write the facts, take in new people, decide anew for everybody concerned.
    subjects = {fact.subject for fact, _ in facts.values()}
    unit.add_facts(
        (Received(source.id, fact, now, envelope.batch), content)
        for fact, content in facts.values()
    )
    enrol(unit, context, subjects, now, chance)
    redecide(unit, context, subjects, now, judge)
    batch = Batch(
        source=source.id,
        id=envelope.batch,
        received_at=now,
        received=count,
        admitted=count - len(turned),
        repeated=repeated,
        refused=len(turned),
    )
    unit.add_batch(batch, turned)
    return batch


def _admit(value: Any, source: Source, context: Context, now: Instant, identify: Identify) -> Fact:
    """The fact of one record, under this source's name; raises Problem."""
    if isinstance(value, Problem):
        raise value
    record = read_line(value) if isinstance(value, bytes) else value
    if isinstance(record, dict) and "identity" in record and "subject" not in record:
        record = {**record, "subject": identify(record["identity"])}
        del record["identity"]
    fact = admit(record, context.divisions)
    if fact.kind not in source.kinds:
        raise KindNotYours(Place(field="kind"), source=source.id, kind=fact.kind)
    demo = source.demo and context.specimen
    if KINDS[fact.kind].intake is not Intake.SOURCE and not demo:
        raise ActNotOpen(Place(field="kind"), kind=fact.kind)
    if known_since(fact) > now + AHEAD:
        raise FromTheFuture(Place(field="at"), at=fact.at)
    return under_source(fact, source.id)


def under_source(fact: Fact, source: str) -> Fact:
    """The fact with its id, and the ids it refers to, said with the source's name in front.

    A reference that already has a source's name (`lab-1/77`) is left as it is.
    """

    def full(id: str) -> str:
        return id if "/" in id else f"{source}/{id}"

    data: Any = fact.data
    changed: dict[str, Any] = {}
    for name in ("of", "corrects"):
        if getattr(data, name, None) is not None:
            changed[name] = full(getattr(data, name))
    if getattr(data, "evidence", ()):
        changed["evidence"] = tuple(full(id) for id in data.evidence)
    if changed:
        data = msgspec.structs.replace(data, **changed)
    return msgspec.structs.replace(fact, id=f"{source}/{fact.id}", data=data)


def value_id(id: str) -> str:
    """An id as its source wrote it."""
    return id.partition("/")[2]


def digest_of(fact: Fact) -> bytes:
    """A digest of everything the fact says."""
    return hashlib.sha256(msgspec.json.encode(fact)).digest()


def _turned(source: Source, batch: str, line: int, problem: Problem, value: Any) -> Turned:
    """The refusal as it is kept: the sender sees her own record again, cut short."""
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
    elif isinstance(value, Problem):
        text = ""
    elif isinstance(value, Fact):
        text = msgspec.json.encode(value).decode()
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return Turned(
        source.id, batch, line, problem.slug, str(problem.at(line=line)), text[:KEPT_TEXT]
    )

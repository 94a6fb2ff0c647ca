"""Receive a batch of records from a registered source, and decide anew for the people in it.

An envelope that is unsigned, or signed by another key, is refused whole and nothing is kept. In a
good envelope each record is admitted or refused on its own, and refused ones are kept and can be
listed. The same record again, by source and id, is admitted once; the same batch again changes
nothing and answers as before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mingma.evidence.kept import kept_line, kept_record
from mingma.evidence.lines import read_line
from mingma.evidence.model import Fact
from mingma.evidence.record import digest_of
from mingma.flows.arrivals import note_arrivals
from mingma.flows.context import Context
from mingma.flows.decide import redecide
from mingma.flows.enrol import Chance, enrol
from mingma.flows.log_time import log_time
from mingma.flows.record_door import Door, Identify
from mingma.flows.samples import Samples, SampleUsed
from mingma.flows.sources import in_effect
from mingma.kernel.errors import Malformed, Place, Problem, Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Batch, Received, Source, Turned


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


class DemoSource(Refused):
    """A demo's source sent to an instance that is no specimen."""

    slug = "source.demo"
    zh = "来源 `{source}` 为演示来源,本实例不予受理"
    en = "the source `{source}` is a demo's: this instance takes nothing from it"
    remedy_zh = "演示来源只能用于样本;请以正式登记的来源报送"
    remedy_en = "a demo's source serves specimens only: send through a registered source"


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

    A record is a line's bytes, a decoded object, or the refusal its reading ended in. They are
    read once the signature was found good, and again from the first where that was in vain.
    """

    source: str
    body: bytes
    signature: bytes
    records: Iterable[tuple[int, Any]]

    @property
    def batch(self) -> str:
        """The batch's name: the digest of its body."""
        return hashlib.sha256(self.body).hexdigest()


def signed_by(source: Source | None, name: str, message: bytes, signature: bytes) -> Source:
    """The registered source whose signature over the message this is; raises Refused."""
    if source is None:
        raise UnknownSource(Place(field="Mingma-Source"), source=name)
    try:
        Ed25519PublicKey.from_public_bytes(source.key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadSignature(Place(field="Mingma-Signature"), source=name) from None
    return source


@dataclass(frozen=True, slots=True)
class _Read:
    """One record that was read: its line, what came in, the fact and the digest of its content."""

    line: int
    value: Any
    fact: Fact
    content: bytes


@dataclass(slots=True)
class _Opened:
    """An envelope that was read: through which door, and what came of each record so far."""

    door: Door
    batch: str
    read: list[_Read] = field(default_factory=list)
    turned: list[Turned] = field(default_factory=list)

    def turn(self, line: int, refusal: Problem, value: Any) -> None:
        """Keep a refusal: the sender finds her record again, nobody reads a number in it."""
        try:
            text = kept_record(read_line(value) if isinstance(value, bytes) else value)
        except Malformed:
            text = kept_line(value)
        source, words = self.door.source.id, str(refusal.at(line=line))
        self.turned.append(Turned(source, self.batch, line, refusal.slug, words, text))


def receive_evidence(
    unit: Unit,
    context: Context,
    envelopes: Iterable[Envelope],
    now: Instant,
    *,
    identify: Identify,
    chance: Chance,
) -> list[Batch | Exception]:
    """Take batches in, and decide anew for the people in them; what each came to.

    A batch that is refused is so before anything of it is written. Where all are, the first refusal
    is raised: nothing is to be kept.
    """
    answers: list[Batch | Exception] = []
    subjects: set[str] = set()
    for envelope in envelopes:
        try:
            opened = _opened(unit, context, envelope, now, identify)
        except (Malformed, Refused) as refusal:
            answers.append(refusal)
            continue
        if isinstance(opened, _Opened):
            batch, about = _taken_in(unit, context, opened, chance)
            answers.append(batch)
            subjects |= about
        else:
            answers.append(opened)
    refusals = [one for one in answers if isinstance(one, Exception)]
    if refusals and len(refusals) == len(answers):
        raise refusals[0]
    redecide(unit, context, subjects, now)
    return answers


def _opened(
    unit: Unit, context: Context, envelope: Envelope, now: Instant, identify: Identify
) -> _Opened | Batch:
    """What is in an envelope of a registered source, or what became of the same one before."""
    # (1) Who sends, and have we seen this batch?
    sources = unit.sources()
    source = signed_by(
        in_effect(unit, context, sources, envelope.source),
        envelope.source,
        envelope.body,
        envelope.signature,
    )
    if source.demo and not context.specimen:
        raise DemoSource(Place(field="Mingma-Source"), source=source.id)
    name = envelope.batch
    if (before := unit.batch(source.id, name)) is not None:
        return before

    # (2) Read each record on its own; one that is refused is kept for its sender.
    now = log_time(unit, now)
    door = Door(source, frozenset(sources), context, now, identify)
    opened = _Opened(door, name)
    for line, value in envelope.records:
        try:
            fact = door.admit(value)
            content = digest_of(fact, context.evidence_key)
            opened.read.append(_Read(line, value, fact, content))
        except (Malformed, Refused) as refusal:  # what is our own fault refuses the whole batch
            opened.turn(line, refusal, value)
    return opened


def _taken_in(
    unit: Unit, context: Context, opened: _Opened, chance: Chance
) -> tuple[Batch, set[str]]:
    """Write what was read and count everything; returns whom new facts are about."""
    source, name, now, turned = opened.door.source, opened.batch, opened.door.now, opened.turned
    # (3) One id, one content: the first admitted stands, here or in an earlier batch. One sample,
    # one result of one person.
    contents = dict(unit.known(source.id, {one.fact.id for one in opened.read}))
    fresh: list[_Read] = []
    repeated = 0
    samples = Samples(unit)
    for one in opened.read:
        if one.fact.id not in contents:
            try:
                samples.bind(one.fact, now)
            except SampleUsed as used:
                opened.turn(one.line, used, one.value)
                continue
            contents[one.fact.id] = one.content
            fresh.append(one)
        elif contents[one.fact.id] == one.content:
            repeated += 1
        else:
            other = DuplicateOfSource(Place(field="id"), value=value_id(one.fact.id))
            opened.turn(one.line, other, one.value)

    # (4) Take in new people and write the facts.
    subjects = {one.fact.subject for one in fresh}
    enrol(unit, context, subjects, now, chance, opened.door.holders)
    unit.add_facts((Received(source.id, one.fact, now, name), one.content) for one in fresh)
    samples.write()
    note_arrivals(unit, source.id, name, (one.fact for one in fresh), turned, now)
    batch = Batch(
        source=source.id,
        id=name,
        received_at=now,
        received=len(fresh) + repeated + len(turned),
        admitted=len(fresh) + repeated,
        repeated=repeated,
        refused=len(turned),
    )
    unit.add_batch(batch, sorted(turned, key=lambda one: one.line))
    return batch, subjects


def value_id(id: str) -> str:
    """An id as its source wrote it."""
    return id.partition("/")[2]

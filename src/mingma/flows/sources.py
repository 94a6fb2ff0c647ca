"""A source is registered: its row, and a leaf `key.rotate` of `source`.

Outside a specimen registrars of two organs sign all that it is with their passkeys, and nothing
comes in from it before witnesses have cosigned its leaf (ACCOUNTABILITY section 2, F45).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from mingma.authority.acts import Act
from mingma.authority.grants import TwoOrgansNeeded
from mingma.authority.organs import OrganKind
from mingma.authority.posts import grants_in_force
from mingma.flows import offices
from mingma.flows.context import Context
from mingma.flows.cosigned import cosigned_at
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.other_signature import other_signature
from mingma.flows.passkey_uses import add_use
from mingma.flows.reconcile_found import sealed_leaf
from mingma.flows.vouched_rows import SOURCE, must_be_vouched, statement
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Passkeys, Unit
from mingma.records import PasskeyRefused, Source

_LABEL: Final = b"mingma/source/1\0"


class SourceNotInEffect(Refused):
    """A source of which no witness has cosigned the leaf: nothing comes in from it yet."""

    slug = "source.not_in_effect"
    status = 409
    zh = "来源 `{source}` 的登记尚未经见证,还不生效"
    en = "witnesses have not cosigned the registration of `{source}`: it has no effect yet"
    remedy_zh = "稍后再试;登记须有日志叶"
    remedy_en = "try again in a moment; a registration needs its leaf in the log"


def in_effect(
    unit: Unit, context: Context, sources: Mapping[str, Source], name: str
) -> Source | None:
    """The source of this name if it counts, None if it is on no record.

    Raises NotVouched, or under a trust policy SourceNotInEffect.
    """
    source = sources.get(name)
    if source is None:
        must_be_vouched(unit, SOURCE, name)
        return None
    if not context.specimen:
        index = offices.leaf_index(unit, SOURCE, name)
        told = index is not None and says(unit, index, source)
        if index is None or not told or cosigned_at(unit, index) is None:
            raise SourceNotInEffect(Place(field="Mingma-Source"), source=name)
    return source


def says(unit: Unit, index: int, source: Source) -> bool:
    """Whether a sealed leaf tells of this very source."""
    found = sealed_leaf(unit, index)
    return (
        found is not None
        and (found[0].kind, found[0].what) == (Kind.KEY_ROTATE, SOURCE)
        and found[0].digest == _digest(source)
    )


def register(unit: Unit, source: Source, organ: str, now: Instant) -> None:
    """Register a source, with its leaf in the name of the organ that runs the instance."""
    unit.add_source(source)
    write_leaf(unit, source, organ, now)


def write_leaf(unit: Unit, source: Source, organ: str, now: Instant) -> None:
    """The leaf of a source that is on record."""
    leaf = Leaf(kind=Kind.KEY_ROTATE, what=SOURCE, digest=_digest(source), organ=organ)
    unit.add_leaves([leaf_of_nobody(SOURCE, source.id, leaf, now)])


def registration(source: Source, kind: OrganKind) -> bytes:
    """What both registrars sign: all that the source is, and what kind of organ answers for it."""
    return hashlib.sha256(_LABEL + kind.value.encode() + b"\0" + statement(source)).digest()


def must_be_signed(
    unit: Unit,
    passkeys: Passkeys,
    digest: bytes,
    signatures: Mapping[str, Mapping[str, Any]],
    now: Instant,
) -> None:
    """Raise TwoOrgansNeeded or PasskeyRefused unless registrars of two organs signed the digest."""
    organs = {_signer_s_organ(unit, passkeys, digest, *one, now) for one in signatures.items()}
    if len(organs) < 2:
        raise TwoOrgansNeeded(Place(field="signatures"))


def _signer_s_organ(
    unit: Unit,
    passkeys: Passkeys,
    digest: bytes,
    id: str,
    assertion: Mapping[str, Any],
    now: Instant,
) -> str:
    """The organ of a registrar whose own hardware passkey signed, under a grant of his."""
    try:
        signed = other_signature(unit, passkeys, id, assertion, digest)
    except PasskeyRefused:
        raise PasskeyRefused(Place(field=f"signatures.{id}")) from None
    organ = signed.officer.organ
    grants = grants_in_force(offices.grants_of(unit, id), now)
    held = [one for one in grants if one.gives(Act.GIVE_GRANT) and one.organ == organ]
    if not held:
        raise PasskeyRefused(Place(field=f"signatures.{id}"))
    offices.sealed_index(unit, held[0])
    # Its counter is compared with nothing: a file may come in long after it was signed.
    add_use(
        unit, signed.key, now, act="second/register_source", id=digest.hex(), count=signed.count
    )
    return organ


def _digest(source: Source) -> bytes:
    return hashlib.sha256(_LABEL + statement(source)).digest()

"""One question about power, and its answer: may this one do this act, to this, now?

Builds what the engine is asked – principal, act, matter, circumstances – as plain records in
Cedar's JSON form, and says what an engine promises. Decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, Protocol, get_args

from mingma.authority.acts import Act
from mingma.authority.matters import (
    Actor,
    AppealMatter,
    AppointmentMatter,
    AreaMatter,
    Circumstances,
    Citizen,
    LookMatter,
    Made,
    Matter,
    Nothing,
    PersonMatter,
    Principal,
    ProposalMatter,
    Service,
    Source,
)
from mingma.authority.organs import above

Uid = dict[str, str]
Entity = dict[str, Any]
NAMESPACE: Final = "M"
NOTHING: Final = Nothing()
_NAMES: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in get_args(Matter)
}
# Which entity a text names, where it is not text: the schema says the same.
_REFERENCES: Final[dict[type, dict[str, str]]] = {
    ProposalMatter: {"first": "Officer"},
    AreaMatter: {"first": "Officer"},
    PersonMatter: {
        "holder": "Citizen",
        "guardians": "Citizen",
        "family": "Citizen",
        "helpers": "Citizen",
    },
    AppealMatter: {"officers": "Officer"},
    LookMatter: {"officer": "Officer"},
    AppointmentMatter: {"receiver": "Officer", "receiver_kind": "OrganKind"},
}


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to do which act about what, and in which circumstances.

    `about` names the matter within one batch of questions; equal names are equal matters.
    """

    principal: Principal
    act: Act
    matter: Matter
    about: str
    circumstances: Circumstances = NOTHING


@dataclass(frozen=True, slots=True)
class Answer:
    """Allowed or not, and by which policies: the permits, or the rails that forbade.

    No policy and not allowed: nobody gave this power. `errors` are never empty for an answer that
    was turned into a refusal because something could not be evaluated.
    """

    allowed: bool
    policies: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


class PolicyEngine(Protocol):
    """Applies the policy text to a question.

    It answers from the whole text or not at all: an unreadable question, and a permit beside any
    error, are refusals. The same question has the same answer.
    """

    def decide(self, request: Request) -> Answer:
        """The answer to one question."""

    def decide_all(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """The answers to many, in their order; each is what `decide` would give."""


def uid(kind: str, id: str) -> Uid:
    """The name of an entity."""
    return {"type": f"{NAMESPACE}::{kind}", "id": id}


def principal_uid(principal: Principal) -> Uid:
    """The name of who asks."""
    match principal:
        case Actor(officer=officer):
            return uid("Officer", officer.id)
        case Service():
            return uid("Service", principal.value)
        case Source(id=id):
            return uid("Source", id)
        case Citizen(ref=ref):
            return uid("Citizen", ref)


def matter_uid(request: Request) -> Uid:
    """The name of what it is about."""
    return uid(type(request.matter).__name__.removesuffix("Matter"), request.about)


def entities(request: Request) -> list[Entity]:
    """The principal, unless it is a service, and the matter."""
    found = [_principal(request.principal)] if not isinstance(request.principal, Service) else []
    found.append({"uid": matter_uid(request), "attrs": _attributes(request.matter), "parents": []})
    return found


def _principal(principal: Actor | Source | Citizen) -> Entity:
    attributes: dict[str, Any] = {}
    if isinstance(principal, Source):
        attributes = {"kind": uid("OrganKind", principal.kind)}
    elif isinstance(principal, Actor):
        organ = principal.organ
        attributes = {
            "organ": organ.id,
            "kind": uid("OrganKind", organ.kind),
            "line": organ.line,
            "level": organ.level,
            "region": organ.region,
            "post": uid("Post", principal.post),
            "passkey": principal.passkey,
            "on_duty": principal.on_duty,
        }
    return {"uid": principal_uid(principal), "attrs": attributes, "parents": []}


def _attributes(matter: Matter) -> dict[str, Any]:
    references = _REFERENCES.get(type(matter), {})
    attributes: dict[str, Any] = {}
    for name in _NAMES[type(matter)]:
        value = getattr(matter, name)
        if isinstance(value, Made):
            attributes |= _made(value)
        elif name == "region":
            attributes["within"] = above(value)
        elif name in references and value is not None:
            attributes[name] = _reference(references[name], value)
        elif value is not None:
            attributes[name] = value
    return attributes


def _made(made: Made) -> dict[str, Any]:
    return {
        "maker": uid("Officer", made.maker),
        "maker_organ": made.organ,
        "maker_line": made.line,
        "status": made.status,
        "digest": made.digest,
    }


def _reference(kind: str, value: str | frozenset[str]) -> Uid | list[Uid]:
    if isinstance(value, (str, StrEnum)):
        return uid(kind, value)
    return [uid(kind, one) for one in sorted(value)]

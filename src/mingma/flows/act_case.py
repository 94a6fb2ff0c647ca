"""What an act's own file is given, and what it gives back: the words of the one door for staff.

An act's file has one function, `prepare(case)`: it reads, computes the facts the policies ask
about, and writes nothing. What it returns says what to ask the engine, and what to do once the
engine allowed it. So no act can be done that the engine was not asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mingma.authority.acts import Act
from mingma.authority.matters import Actor, Matter, Plain
from mingma.authority.posts import Grant
from mingma.authority.request import PolicyEngine
from mingma.codes.trust import Trust
from mingma.flows.context import Context
from mingma.flows.enrol import Chance
from mingma.flows.leaf_names import officer_mark, public_name
from mingma.flows.record_door import Identify
from mingma.flows.signed_act import SignedAct
from mingma.kernel.errors import Malformed, Place, Problem
from mingma.kernel.times import Instant
from mingma.ports import Passkeys, Unit

Answer = dict[str, Any]  # what the officer is told, as plain JSON
Tried = tuple[str, ...]  # the digests of packs in force, and last of the one drafted


@dataclass(frozen=True, slots=True)
class Desk:
    """What stands at the door: the engine, the passkeys' verifier, the audit office's key, chance.

    `identify` reads a paper (`identity`) into the person's reference; `trust` is what a gate that
    asks the server believes of a token; `replays` are those of drafts tried before the transaction.
    """

    engine: PolicyEngine
    passkeys: Passkeys
    audit_key: bytes = field(repr=False)  # 32 bytes: officers' pseudonyms in leaves come of it
    chance: Chance
    identify: Identify
    roots: Callable[[int], bytes]  # the root over so many first leaves of the log
    trust: Trust = field(default_factory=Trust)
    replays: Mapping[Tried, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """The grant an act is done under, and the index of its leaf: the `g` of the act's leaves."""

    grant: Grant
    index: int


@dataclass(slots=True)
class Case:
    """One signed act before the door, its signature found good, its officer known.

    `people` is how many people it is about; an attempt's size class comes of it. A prepare that
    knows better than the length of the body's `rows` sets it first.
    """

    unit: Unit
    context: Context
    desk: Desk
    signed: SignedAct
    actor: Actor
    now: Instant
    people: int = 1

    @property
    def act(self) -> Act:
        """Which act."""
        return self.signed.act

    @property
    def body(self) -> Mapping[str, Any]:
        """The act's own fields, as signed."""
        return self.signed.body

    @property
    def mark(self) -> bytes:
        """How leaves of this day name the officer."""
        actor = self.actor
        return officer_mark(self.desk.audit_key, actor.organ.id, actor.officer.id, self.now)

    def by(self, held: Held) -> dict[str, Any]:
        """How a leaf of the act names who did it, and under which grant."""
        organ = public_name(self.actor.organ)
        return {"organ": organ, "officer": self.mark, "grant": held.index}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What to ask the engine, and what to do once it allowed it.

    `granted` and `step_up` of the circumstances are the door's to say. `do` writes; a Problem it
    raises leaves nothing, not even an attempt, so all refusals belong before it.
    """

    matter: Matter
    about: str
    circumstances: Plain
    do: Callable[[Held], Answer]


class Prepare(Protocol):
    """An act's own function. Refused with status 403, and Attempted, become public attempts."""

    def __call__(self, case: Case) -> Prepared:
        """Read, compute, write nothing."""


class Attempted(Exception):
    """A refusal on permission or grounds that is a public attempt, whatever its status."""

    def __init__(
        self,
        problem: Problem,
        policies: Sequence[str] = (),
        people: int | None = None,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """The refusal, the policies to name, how many it was about, and what else is written."""
        super().__init__(str(problem))
        self.problem = problem
        self.policies = tuple(policies) or (problem.slug,)
        self.people = people
        self.told = told


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done: its digest as hex, and what the officer is told."""

    act: Act
    id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Denied:
    """An act that was refused and is a public attempt; `problem` is raised after the commit."""

    act: Act
    id: str
    problem: Problem
    policies: tuple[str, ...]


class BodyMalformed(Malformed):
    """An act's body without a field, or with another one or another value than it takes."""

    slug = "act.body_malformed"
    zh = "行为内容有误:{why}"
    en = "the act's body is wrong: {why}"
    remedy_zh = "请对照 docs/formats/act.md"
    remedy_en = "compare it with docs/formats/act.md"


def fields(
    body: Mapping[str, Any], needed: str, optional: str = "", *, at: str = "body"
) -> Mapping[str, Any]:
    """The body, if it has the fields it needs and no other; raises BodyMalformed."""
    wanted, may = set(needed.split()), set(optional.split())
    for name in sorted(wanted - set(body)):
        raise BodyMalformed(Place(field=f"{at}.{name}"), why=f"`{name}` is missing")
    for name in sorted(set(body) - wanted - may):
        raise BodyMalformed(
            Place(field=f"{at}.{name[:64]}"), why=f"there is no field `{name[:64]}`"
        )
    return body


def text(body: Mapping[str, Any], name: str, *, most: int = 4096, at: str = "body") -> str:
    """A field that is a text of 1 to `most` characters, storable as written."""
    found = body.get(name)
    good = isinstance(found, str) and 0 < len(found) <= most and "\x00" not in found
    if good:
        try:
            str(found).encode()
        except UnicodeEncodeError:
            good = False
    if not good:
        raise BodyMalformed(Place(field=f"{at}.{name}"), why=f"a text of 1 to {most} characters")
    return str(found)


def whole(body: Mapping[str, Any], name: str, least: int, most: int, *, at: str = "body") -> int:
    """A field that is a whole number within bounds."""
    found = body.get(name)
    if type(found) is not int or not least <= found <= most:
        raise BodyMalformed(Place(field=f"{at}.{name}"), why=f"a whole number {least} to {most}")
    return found


def rows(body: Mapping[str, Any], name: str, most: int, *, at: str = "body") -> list[Any]:
    """A field that is a list of 1 to `most` entries."""
    found = body.get(name)
    if not isinstance(found, list) or not 0 < len(found) <= most:
        raise BodyMalformed(Place(field=f"{at}.{name}"), why=f"a list of 1 to {most} entries")
    return found


def size_of(body: Mapping[str, Any]) -> int:
    """How many people a body is about, before anything of it was looked at."""
    found = body.get("rows")
    return max(1, len(found)) if isinstance(found, list) else 1

"""The place policy in force, and how it is changed: drafted by one organ, approved by another.

A change counts 24 hours after its approval, from its own instant on and with nothing running. The
one that ships counts until the first. Approving it leaves a public leaf with its digest, so that
everybody can hold the published document against it (P17).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from mingma.authority.matters import Made, PlacePolicyMatter, Ruling, Status
from mingma.authority.organs import Line
from mingma.authority.places import PUBLIC_BEFORE, PlacePolicy, read_policy
from mingma.flows.act_case import Answer, BodyMalformed, Case, Held, Prepared, fields, text
from mingma.flows.context import Context
from mingma.flows.exact_record import exact_record
from mingma.flows.leaf_names import leaf_of_nobody
from mingma.flows.log_time import log_time
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant, print_instant
from mingma.ledger.leaf import Kind, Leaf
from mingma.ports import Unit
from mingma.records import Record

POLICY: Final = "place_policy"  # drafts, by digest as hex
APPROVED: Final = "place_policy_approved"  # ids are <instant>|<digest>
RULE: Final = "place-policy"  # the `r` of its leaf
NO_CHECK_ZH: Final = "此处无须查码,不得因码拒入"
NO_CHECK_EN: Final = "no check is required here, and nobody is refused for a code"
# What an officer at a gate is told there, whoever stands before it.
NO_CHECK: Final = {"check_required": False, "words": {"zh": NO_CHECK_ZH, "en": NO_CHECK_EN}}


class NoSuchPolicy(Refused):
    """A digest under which no place policy was drafted."""

    slug = "place.no_such_policy"
    status = 404
    zh = "没有这份场所清单草案"
    en = "no place policy with this digest was drafted"
    remedy_zh = "先起草,再按其摘要审批"
    remedy_en = "draft it first, then approve its digest"


@dataclass(frozen=True, slots=True)
class Approved:
    """A policy that was approved, and from when it counts."""

    policy: PlacePolicy
    effective: Instant


def policy_at(unit: Unit, context: Context, at: Instant) -> PlacePolicy:
    """The policy in force at an instant; the instance's own first one where no other is yet."""
    counting = [one for one in approved_policies(unit) if one.effective <= at]
    return counting[-1].policy if counting else context.places


def approved_policies(unit: Unit) -> list[Approved]:
    """Every policy approved here, in the order in which they count."""
    return [
        Approved(read_policy(json.loads(record.body)["policy"]), _effective(record))
        for record in unit.records(APPROVED)
    ]


def prepare_draft(case: Case) -> Prepared:
    """Draft a policy: the whole document, never a change to one."""
    fields(case.body, "policy")
    policy = read_policy(case.body["policy"])
    made = Made(
        case.actor.officer.id, case.actor.organ.id, case.actor.organ.line,
        Status.DRAFT, policy.digest().hex(),
    )  # fmt: skip
    there = _draft(case.unit, made.digest)

    def do(_: Held) -> Answer:
        if there is None:
            kept = {"line": made.line.value, "maker": made.maker, "organ": made.organ}
            body = canonical({**kept, "policy": policy.document(), "region": case.context.region})
            case.unit.add_record(Record(POLICY, made.digest, case.now, body))
        return {"digest": made.digest}

    return Prepared(
        PlacePolicyMatter(case.context.region, made, policy.refuses_at_protected),
        f"place policy {made.digest}", Ruling(digest_seen=made.digest), do,
    )  # fmt: skip


def prepare_approval(case: Case) -> Prepared:
    """Approve a draft by its exact digest; it counts 24 hours later."""
    fields(case.body, "digest")
    digest = text(case.body, "digest", most=64)
    draft = _draft(case.unit, digest)
    if draft is None:
        raise NoSuchPolicy(Place(field="body.digest"))
    said: dict[str, Any] = json.loads(draft.body)
    policy = read_policy(said["policy"])
    at = log_time(case.unit, case.now)
    made = Made(
        said["maker"], said["organ"], Line(said["line"]), _status(case.unit, digest),
        policy.digest().hex(),
    )  # fmt: skip

    def do(held: Held) -> Answer:
        record = Record(APPROVED, f"{at:019}|{digest}", at, canonical({"policy": said["policy"]}))
        case.unit.add_record(record)
        leaf = Leaf(kind=Kind.RULE_PUBLISH, digest=policy.digest(), rule=RULE, **case.by(held))
        case.unit.add_leaves([leaf_of_nobody(POLICY, digest, leaf, case.now)])
        return {"digest": digest, "effective": print_instant(_effective(record))}

    return Prepared(
        PlacePolicyMatter(said["region"], made, policy.refuses_at_protected),
        f"place policy {digest}", Ruling(digest_seen=digest), do,
    )  # fmt: skip


def _draft(unit: Unit, digest: str) -> Record | None:
    if len(digest) != 64:
        raise BodyMalformed(Place(field="body.digest"), why="64 hexadecimal digits")
    return exact_record(unit, POLICY, digest)


def _status(unit: Unit, digest: str) -> Status:
    done = any(record.id.endswith(f"|{digest}") for record in unit.records(APPROVED))
    return Status.APPROVED if done else Status.DRAFT


def _effective(record: Record) -> Instant:
    return Instant(int(record.id[:19]) + PUBLIC_BEFORE)

"""Cedar decides acts of staff and services: the policy text and its schema, parsed once.

Every entity and every request is checked against the schema, because Cedar skips a forbid that
cannot be evaluated: an Allow that carries any error is a Deny here, and so is a question that
does not fit the schema (ACCOUNTABILITY section 8, traps 1 and 2). An answer names the policies
that decided it by their ids.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

import cedarpy
import msgspec

from mingma.authority.acts import Act, groups_of
from mingma.authority.matters import Circumstances
from mingma.authority.request import (
    NAMESPACE,
    Answer,
    Entity,
    Request,
    entities,
    matter_uid,
    principal_uid,
)
from mingma.kernel.errors import Broken

AT_ONCE: Final = 2_000  # questions that share one parsed set of entities


class PoliciesUnsound(Broken):
    """The shipped policies do not fit their schema, or two of them have one name."""

    slug = "authority.policies_unsound"
    zh = "权限策略与其模式不符:{what}"
    en = "the policies of powers do not fit their schema: {what}"
    remedy_zh = "请重新安装;在此之前任何权限都不生效"
    remedy_en = "install again; until then nobody has any power"


def shipped_policies() -> str:
    """The policy text that ships with the product."""
    return _shipped("mingma.cedar")


def shipped_schema() -> str:
    """Its schema."""
    return _shipped("mingma.cedarschema")


def _shipped(name: str) -> str:
    return (files("mingma.authority") / "policies" / name).read_text("utf-8")


class CedarEngine:
    """A `PolicyEngine` over one policy text. Safe from several threads: nothing in it changes."""

    def __init__(self, policies: str | None = None, schema: str | None = None) -> None:
        """Parse and check the policies, the shipped ones unless others are given."""
        policies = shipped_policies() if policies is None else policies
        schema = shipped_schema() if schema is None else schema
        _check(policies, schema)
        self._schema = cedarpy.Schema.from_str(schema)
        self._by_act = {
            act: cedarpy.PolicySet.from_json_str(json.dumps(some))
            for act, some in _by_act(policies).items()
        }

    def decide(self, request: Request) -> Answer:
        """The answer to one question."""
        # One call parses what it is about and answers, which is a fifth faster than two.
        described, act = entities(request), self._by_act[request.act]
        result = cedarpy.is_authorized(_question(request), act, _json(described), self._schema)
        if result.decision is cedarpy.Decision.NoDecision:
            return self._ask([request], described)[0]  # which says what is wrong, and names nobody
        return _answer(result)

    def decide_all(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """The answers to many; those that describe the same things alike are asked together."""
        answers: list[Answer] = []
        for start in range(0, len(requests), AT_ONCE):
            some = requests[start : start + AT_ONCE]
            merged = _merged(some)
            if merged is None:
                answers += [self.decide(one) for one in some]
            else:
                answers += self._ask(some, merged)
        return answers

    def _ask(self, requests: Sequence[Request], described: list[Entity]) -> list[Answer]:
        try:
            known = cedarpy.Entities.from_json_str(_json(described), self._schema)
        except ValueError as error:
            if len(requests) == 1:
                return [Answer(allowed=False, errors=(str(error),))]
            return [self.decide(one) for one in requests]  # the bad one harms itself only
        answers: list[Answer] = []
        for act, some in groupby(requests, key=lambda request: request.act):
            questions = [_question(one) for one in some]
            results = cedarpy.is_authorized_batch(questions, self._by_act[act], known, self._schema)
            answers += map(_answer, results)
        return answers


def _check(policies: str, schema: str) -> None:
    try:
        result = cedarpy.validate_policies(policies, schema)
        names = Counter(policy_ids(policies))
    except ValueError as error:
        raise PoliciesUnsound(what=str(error)) from None
    if not result.validation_passed:
        raise PoliciesUnsound(what="; ".join(str(error) for error in result.errors))
    doubtful = sorted(name for name, times in names.items() if times > 1 or not name)
    if doubtful:
        raise PoliciesUnsound(what=f"{', '.join(doubtful) or 'a policy without @id'}")


def _by_act(policies: str) -> dict[Act, dict[str, Any]]:
    """For each act the policies whose scope can name it; the others could never apply to it."""
    every = json.loads(cedarpy.policies_to_json_str(policies))
    return {
        act: every
        | {
            "staticPolicies": {
                name: policy
                for name, policy in every["staticPolicies"].items()
                if _may_name(policy["action"], act)
            }
        }
        for act in Act
    }


def _may_name(scope: dict[str, Any], act: Act) -> bool:
    """Whether a policy's scope of acts holds an act, by name or by a group; doubt is a yes."""
    if scope.get("op") not in {"==", "in"}:
        return True
    named = {entity["id"] for entity in scope.get("entities") or [scope["entity"]]}
    return not named.isdisjoint({act.value, *(group.value for group in groups_of(act))})


def policy_ids(policies: str) -> list[str]:
    """The `@id` of every policy in order; an empty one where it has none."""
    static = json.loads(cedarpy.policies_to_json_str(policies))["staticPolicies"]
    by_position = sorted(static.items(), key=lambda item: int(item[0].removeprefix("policy")))
    return [policy.get("annotations", {}).get("id") or "" for _, policy in by_position]


def _merged(requests: Iterable[Request]) -> list[Entity] | None:
    """Every entity once; None if two questions describe one of them differently."""
    found: dict[tuple[str, str], Entity] = {}
    for request in requests:
        for entity in entities(request):
            name = (entity["uid"]["type"], entity["uid"]["id"])
            if found.setdefault(name, entity) != entity:
                return None
    return list(found.values())


def _question(request: Request) -> dict[str, Any]:
    return {
        "principal": principal_uid(request.principal),
        "action": {"type": f"{NAMESPACE}::Action", "id": request.act.value},
        "resource": matter_uid(request),
        "context": _context(request.circumstances),
    }


def _context(circumstances: Circumstances) -> str:
    return _json(circumstances)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def _answer(result: cedarpy.AuthzResult) -> Answer:
    names = result.diagnostics.id_annotations_by_reason
    policies = tuple(sorted(names.get(reason, reason) for reason in result.diagnostics.reasons))
    errors = tuple(result.diagnostics.errors)
    return Answer(result.allowed and not errors, policies, errors)

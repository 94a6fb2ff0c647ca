"""The grid: every post in every kind of organ, every act, and the facts around it.

A cell is a flat record of facts. `request` makes the question of it that flows would ask. Each
act's facts have first the value that helps, then those that do not; cells flip one and two of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

from mingma.authority.acts import Act, Group, groups_of
from mingma.authority.matters import (
    Actor,
    Answering,
    AppealMatter,
    Appointing,
    AppointmentMatter,
    AreaMatter,
    Auditing,
    CaseMatter,
    Circumstances,
    Citizen,
    Colouring,
    EditionMatter,
    EmergencyMatter,
    InstanceMatter,
    Looking,
    LookMatter,
    Made,
    Matter,
    Nothing,
    Operating,
    OrderMatter,
    PersonMatter,
    PlacePolicyMatter,
    Plain,
    Principal,
    ProposalMatter,
    PublicLogMatter,
    Ruling,
    Sending,
    Service,
    Source,
    StatementMatter,
    Status,
)
from mingma.authority.organs import KINDS, Level, Line, Organ, OrganKind
from mingma.authority.posts import POSTS, Officer, Post
from mingma.authority.powers import acts_of
from mingma.authority.request import Request

Cell = dict[str, Any]
Facts = dict[str, tuple[Any, ...]]

YES, NO = (True, False), (False, True)
STAFF: Facts = {"granted": YES, "on_duty": YES}
SIGNED: Facts = {"passkey": YES, "step_up": YES}
INSIDE: Facts = {"inside": YES}
OFFICER: Facts = {**STAFF, **SIGNED, **INSIDE}
DRAFT: Facts = {"status": ("draft", "first", "approved", "void")}
MINE: Facts = {"made_by": ("me", "another_line"), **DRAFT}
ANOTHERS: Facts = {
    "made_by": ("another_line", "me", "my_organ", "my_line"),
    "digest": ("same", "other", "empty"),
}
COLOUR: Facts = {"emergency": YES}
GROUND: Facts = {"ground": YES, "clause": YES, "end_by_rule": YES, "shielded": NO}
DRAWN: Facts = {"drawn": YES}
AREA: Facts = {"population": (500, 499), "cases": (1, 0), "days": (14, 15, 0)}
FIRST: Facts = {"first": ("another", "none", "me", "my_organ", "my_level", "province")}
LAB: Facts = {"laboratory": YES}
RELEASE: Facts = {"worsens": NO, "ground": YES}
LOOK: Facts = {"purpose": YES, "looks_last_hour": (599, 600)}
RULE: Facts = {"names_identity": NO, "smallest_area": (500, 499)}
RECEIVER: Facts = {"receiver": ("another", "me", "my_organ")}
GIVEN: Facts = {
    **RECEIVER,
    "days": (365, 366, 0),
    "receiver_kind": ("cdc", "police", "headquarters_social_control", "supplier"),
}
TERM: Facts = {"days": (90, 91, 0), "basis": YES}
APPEAL: Facts = {"involved": ("nobody", "organ", "me"), "reasons": YES}
MACHINES: Facts = {"persons": (2, 1), "auditor_present": YES}
APPROVED: Facts = {"status": ("approved", "draft", "first", "void"), "digest": ("same", "other")}
EXECUTE: Facts = {
    **COLOUR, **GROUND, **APPROVED,
    "people": (99, 100), "appellant": NO, "approvals": ("two organs", "none", "one", "one organ"),
    "cosigned": YES, "receipts": YES,
}  # fmt: skip
FACTS: dict[str, Facts] = {
    **dict.fromkeys(
        ("propose_mark", "propose_contacts", "propose_notice"), MINE | COLOUR | GROUND
    ),
    "propose_area": MINE | COLOUR | AREA,
    "open_case": COLOUR | LAB,
    "approve": DRAFT | ANOTHERS | COLOUR | GROUND | DRAWN,
    "approve_second": ANOTHERS | COLOUR | GROUND | DRAWN | {
        "status": ("first", "draft", "approved", "void"), **FIRST,
    },
    "approve_area": DRAFT | ANOTHERS | COLOUR | AREA | DRAWN | {"first": FIRST["first"][::-1]},
    "execute": EXECUTE,
    "recognise": COLOUR | {
        "issuer_signed": YES, "evidence_named": YES, "logged": YES, "rule_matches": YES,
        "within_budget": YES,
    },
    "bring_in": {"signed": YES, "bound": YES},
    "report_observation": {},
    "propose_release": MINE | RELEASE,
    "approve_release": DRAFT | ANOTHERS | RELEASE,
    "file_for": {"asked": YES},
    "name_guardian": {"asked": YES},
    "answer_appeal": APPEAL | {"laboratory": NO},
    "review_infection": APPEAL | LAB,
    "check_code": LOOK | {"token_shown": YES},
    "card_lookup": LOOK | {"card_read": YES},
    "see_reason": LOOK | {"ticket": YES, "caller_known": YES},
    "see_record": LOOK | {"ticket": YES},
    "see_visits": LOOK | LAB | {"case_window": YES},
    "break_glass": LOOK | {"reason": YES, "all_reviewed": YES},
    "review_look": {"looker": ("another", "me", "my_organ")},
    "draft_rule": MINE | RULE,
    "approve_rule": DRAFT | ANOTHERS | RULE | {"impact_published": YES},
    "activate_rule": APPROVED | RULE | {
        "digest": ("same", "other", "empty"), "impact_published": YES,
        "hours_public": (24, 23, 1, 0), "hastened": NO, "cosigned": YES,
    },
    "withdraw_rule": RULE,
    "draft_place_policy": MINE | {"refuses_at_protected": NO},
    "approve_place_policy": DRAFT | ANOTHERS | {"refuses_at_protected": NO},
    "hold_ceremony": GIVEN | {"organs": (2, 1), "empty": YES},
    "give_grant": GIVEN,
    "end_grant": RECEIVER,
    "replace_passkey": RECEIVER | {"organs": (2, 1)},
    "put_roster": {"receiver": ("my_organ", "another", "me")},
    "see_proposal": DRAWN,
    "object": {"worsens": YES, "status": ("draft", "first", "approved", "void")},
    "declare_emergency": TERM,
    "renew_emergency": TERM | {"declared_by": ("another", "me", "nobody"), "yield_published": YES},
    "end_emergency": {},
    "order_isolation": {"decision_proven": YES},
    "end_order": {},
    "read_audit": {},
    "draw_sample": {},
    "unseal": {"auditors": (2, 1), "bodies": (2, 1), "in_sample": YES},
    "rotate_key": MACHINES,
    "restore_backup": MACHINES,
}  # fmt: skip
HELPING: Cell = {name: values[0] for facts in FACTS.values() for name, values in facts.items()}


def cells() -> Iterator[Cell]:
    """All of them."""
    yield from officers_by_kind()
    yield from officers_by_facts()
    yield from others()


def officers_by_kind() -> Iterator[Cell]:
    """Every post in every kind of organ – wrong pairs too – at each act, with all facts helping."""
    for act, post, kind in product(Act, Post, OrganKind):
        if groups_of(act) & {Group.OWN} or act in {Act.BRING_IN, Act.RECOGNISE}:
            continue
        yield officer_cell(act, post, kind, Level.PROVINCE)


def officers_by_facts() -> Iterator[Cell]:
    """One and two facts flipped, for each post at home at each act; high and low levels."""
    for act in Act:
        facts = FACTS.get(act.value, {}) | OFFICER
        if act.value not in FACTS or act in {Act.BRING_IN, Act.RECOGNISE}:
            continue
        for post, about in POSTS.items():
            near = act in acts_of(post)
            kinds = sorted(about.kinds) if near else sorted(about.kinds)[:1]
            for kind, level in product(kinds, (Level.PROVINCE, Level.CITY)[: 1 + near]):
                for flips in flipped(facts, 1 + (near and level is Level.PROVINCE)):
                    yield officer_cell(act, post, kind, level) | flips


def flipped(facts: Facts, most: int) -> Iterator[Cell]:
    """No fact, each one, and each two of them turned from what helps."""
    yield {}
    for count in range(1, most + 1):
        for names in combinations(facts, count):
            for values in product(*(facts[name][1:] for name in names)):
                yield dict(zip(names, values, strict=True))


def officer_cell(act: Act, post: Post, kind: OrganKind, level: Level) -> Cell:
    """An officer at an act with everything that helps."""
    own = {name: values[0] for name, values in FACTS.get(act.value, {}).items()}
    who = {"who": "officer", "act": act.value, "post": post, "kind": kind, "level": level,
           "line": KINDS[kind].line}  # fmt: skip
    return HELPING | dict.fromkeys(OFFICER, True) | own | who


def others() -> Iterator[Cell]:
    """Services, sources and citizens at the acts that the schema has for them."""
    base = HELPING | dict.fromkeys(OFFICER, False)
    for service, act in product(Service, ("execute", "recognise")):
        own = {name: values[0] for name, values in FACTS[act].items()}
        for flips in flipped(FACTS[act], 2):
            yield base | own | {"who": "service", "service": service, "act": act} | flips
    for kind, flips in product(OrganKind, flipped(FACTS["bring_in"], 2)):
        yield base | {"who": "source", "kind": kind, "act": "bring_in"} | flips
    for act in (act for act in Act if groups_of(act) & {Group.OWN, Group.PUBLIC, Group.NEVER}):
        for relation in ("self", "guardian", "family", "helper", "stranger"):
            yield base | {"who": "citizen", "act": act.value, "relation": relation}
    for act in (act for act in Act if groups_of(act) & {Group.PUBLIC, Group.NEVER}):
        for service in Service:
            yield base | {"who": "service", "service": service, "act": act.value}
        for kind in OrganKind:
            yield base | {"who": "source", "kind": kind, "act": act.value}


# --- a cell as the question it is ----------------------------------------------------------------

REGION = "410102"
INSIDE_OF = {Level.NATIONAL: "000000", Level.PROVINCE: "410000", Level.CITY: "410100"}


def request(c: Cell) -> Request:
    """The question that flows would ask of these facts."""
    act = Act(c["act"])
    principal = principal_of(c)
    matter = matter_of(act, c, principal)
    return Request(principal, act, matter, f"{matter}", circumstances_of(act, c))


def principal_of(c: Cell) -> Principal:
    if c["who"] == "service":
        return Service(c["service"])
    if c["who"] == "source":
        return Source(f"source-{c['kind']}", OrganKind(c["kind"]))
    if c["who"] == "citizen":
        return Citizen("me")
    kind, level = OrganKind(c["kind"]), Level(c["level"])
    region = INSIDE_OF[level] if c["inside"] else "460000"
    organ = Organ(f"{kind}-{level}-{region}", kind, level, region, "机关", "organ")
    id = f"{c['post']}-{organ.id}-{c['passkey']}-{c['on_duty']}"
    return Actor(Officer(id, organ.id, Post(c["post"])), organ, c["passkey"], c["on_duty"])


def _me(principal: Principal) -> tuple[str, str, Line, str]:
    if isinstance(principal, Actor):
        return principal.officer.id, principal.organ.id, principal.organ.line, principal.organ.level
    return "nobody", "no-organ", Line.COURT, "county"


def _other_line(line: Line) -> Line:
    return Line.HEADQUARTERS if line is Line.HEALTH else Line.HEALTH


def made_of(c: Cell, principal: Principal) -> Made:
    me, organ, line, _ = _me(principal)
    maker, its, of_line = {
        "me": (me, organ, line),
        "my_organ": ("colleague", organ, line),
        "my_line": ("stranger", "organ-x", line),
        "another_line": ("stranger", "organ-x", _other_line(line)),
    }[c["made_by"]]
    digest = "" if c["digest"] == "empty" else "d1"
    return Made(maker, its, of_line, Status(c["status"]), digest)


def first_of(c: Cell, principal: Principal) -> tuple[str | None, str | None, str | None]:
    me, organ, _, level = _me(principal)
    return {
        "another": ("x", "organ-1", "county"),
        "province": ("x", "organ-1", "province"),
        "none": (None, None, None),
        "me": (me, "organ-1", "county"),
        "my_organ": ("x", organ, "county"),
        "my_level": ("x", "organ-1", level),
    }[c["first"]]


def proposal_of(c: Cell, principal: Principal) -> ProposalMatter:
    first: tuple[str | None, str | None, str | None]
    if c["act"] == "execute":
        first = ("x", "organ-1", "city") if c["approvals"] != "none" else (None, None, None)
    else:
        first = first_of(c, principal)
    second = {"two organs": "organ-2", "one organ": "organ-1"}.get(c["approvals"])
    return ProposalMatter(
        REGION, made_of(c, principal), "clause" if c["clause"] else "", c["people"], c["worsens"],
        c["ground"], c["end_by_rule"], c["shielded"], c["appellant"], *first, second,
    )  # fmt: skip


def matter_of(act: Act, c: Cell, principal: Principal) -> Matter:
    me, organ, _, _ = _me(principal)
    match act:
        case Act.PROPOSE_AREA | Act.APPROVE_AREA:
            made, size = made_of(c, principal), (c["population"], c["cases"], c["days"])
            first = first_of(c, principal) if act is Act.APPROVE_AREA else ()
            return AreaMatter(REGION, made, *size, *first)
        case Act.OPEN_CASE | Act.SEE_VISITS:
            return CaseMatter(REGION, c["laboratory"])
        case Act.RECOGNISE:
            return StatementMatter(
                REGION, c["issuer_signed"], c["evidence_named"], c["logged"], c["rule_matches"],
                c["within_budget"],
            )  # fmt: skip
        case Act.REVIEW_LOOK:
            looker = {
                "another": ("x", "organ-x"),
                "me": (me, "organ-x"),
                "my_organ": ("x", organ),
            }
            return LookMatter(REGION, *looker[c["looker"]])
        case Act.ANSWER_APPEAL | Act.REVIEW_INFECTION:
            organs = frozenset({"organ-x"} | ({organ} if c["involved"] == "organ" else set()))
            officers = frozenset({"x"} | ({me} if c["involved"] == "me" else set()))
            return AppealMatter(REGION, organs, officers, c["laboratory"])
    return _matter_by_group(act, c, principal)


def _matter_by_group(act: Act, c: Cell, principal: Principal) -> Matter:
    me, organ, _, _ = _me(principal)
    groups = groups_of(act)
    if Group.PUBLIC in groups:
        return PublicLogMatter()
    if groups & {Group.NEVER, Group.AUDIT, Group.OPERATIONS} or act is Act.BRING_IN:
        return InstanceMatter()
    if groups & {Group.COLOUR, Group.RELEASE} or act in {Act.SEE_PROPOSAL, Act.OBJECT}:
        return proposal_of(c, principal)
    if Group.OWN in groups:
        mine = {c["relation"]: frozenset({"me"})}
        return PersonMatter(
            REGION,
            "me" if c["relation"] == "self" else "someone",
            mine.get("guardian", frozenset()),
            mine.get("family", frozenset({"aunt"})),
            mine.get("helper", frozenset()),
        )
    if Group.RULE in groups:
        return EditionMatter(
            REGION, made_of(c, principal), c["names_identity"], c["smallest_area"],
            c["hours_public"], c["hastened"], c["impact_published"],
        )  # fmt: skip
    if Group.PLACE in groups:
        return PlacePolicyMatter(REGION, made_of(c, principal), c["refuses_at_protected"])
    if Group.GRANT in groups or act in {Act.HOLD_CEREMONY, Act.PUT_ROSTER}:
        receiver = {"another": ("x", "organ-x"), "me": (me, "organ-x"), "my_organ": ("x", organ)}
        kind = OrganKind(c["receiver_kind"])
        return AppointmentMatter(REGION, *receiver[c["receiver"]], kind, c["days"])
    if Group.EMERGENCY in groups:
        by = {"another": "organ-x", "me": organ, "nobody": None}[c["declared_by"]]
        return EmergencyMatter(REGION, c["days"], c["basis"], by, c["yield_published"])
    if Group.ORDER in groups:
        return OrderMatter(REGION, c["decision_proven"])
    return PersonMatter(REGION, "someone")


def circumstances_of(act: Act, c: Cell) -> Circumstances:
    groups = groups_of(act)
    granted, step_up = c["granted"], c["step_up"]
    seen = {"same": "d1", "other": "d2", "empty": ""}[c["digest"]]
    if groups & {Group.NEVER, Group.OWN, Group.PUBLIC}:
        return Nothing()
    if act is Act.BRING_IN:
        return Sending(c["signed"], c["bound"])
    if Group.COLOUR in groups or act is Act.SEE_PROPOSAL:
        return Colouring(
            granted, step_up, c["emergency"], c["drawn"], seen, c["cosigned"], c["receipts"]
        )
    if groups & {Group.RELEASE, Group.RULE, Group.PLACE}:
        return Ruling(granted, step_up, seen, c["cosigned"])
    if Group.LOOK in groups:
        return Looking(
            granted, step_up, c["purpose"], c["token_shown"], c["card_read"],
            c["looks_last_hour"], c["ticket"], c["caller_known"], c["case_window"], c["reason"],
            c["all_reviewed"],
        )  # fmt: skip
    if Group.APPEAL in groups or act is Act.NAME_GUARDIAN:
        return Answering(granted, step_up, c["reasons"], c["asked"])
    if Group.GRANT in groups or act in {Act.HOLD_CEREMONY, Act.PUT_ROSTER}:
        return Appointing(granted, step_up, c["organs"], c["empty"])
    if Group.AUDIT in groups:
        return Auditing(granted, step_up, c["auditors"], c["bodies"], c["in_sample"])
    if Group.OPERATIONS in groups:
        return Operating(granted, step_up, c["persons"], c["auditor_present"])
    return Plain(granted, step_up)

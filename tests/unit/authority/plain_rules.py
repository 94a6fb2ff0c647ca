"""Who may do what, said a second time in plain Python, act by act, apart from the policies.

`fit` is what makes an officer the right one for the act; `must` is what no permit may undo. The
engine has to allow exactly where both hold, and with a permit for everything exactly where `must`
holds. Written from the reading of the law and the promises, not from the policies: keep it so.
"""

from __future__ import annotations

from tests.unit.authority.grid import Cell

EMPTY_ROWS = """
headquarters_social_control headquarters_four_pockets stability_office supplier witness police
procuratorate court
""".split()
SOURCES = "laboratory hospital health_commission cdc carrier border".split()
PROPOSALS = ["propose_mark", "propose_contacts", "propose_notice"]
OWN = [
    "show_own_code", "read_own_history", "read_own_looks", "read_own_check_ins", "disown_check_in",
    "file_appeal", "withdraw_appeal",
]  # fmt: skip
NEVER = ["set_colour", "import_identity_list", "export_people", "run_sql", "delete_log"]
AUDITS = ["read_audit", "draw_sample", "unseal", "review_look"]
AT_THE_GATE = ["check_code", "card_lookup"]
NOT_SIGNED = [*AT_THE_GATE, "report_observation"]
ANYWHERE = [
    "propose_release", "file_for", "name_guardian", "answer_appeal", "review_infection",
    "see_reason", "break_glass", "rotate_key", "restore_backup", *AUDITS, *NOT_SIGNED,
]  # fmt: skip
RUN_BY_DATA = ["execute", "activate_rule", "rotate_key", "restore_backup"]
HIGH = ["province", "national"]


def allowed(c: Cell) -> bool:
    """Whether the act may be done."""
    return fit(c) and must(c)


def fit(c: Cell) -> bool:
    """Whether the principal is the one for this act, at this stage."""
    act = c["act"]
    if act == "read_public_log":
        return True
    if act in NEVER:
        return False
    if c["who"] == "citizen":
        return _citizen_fits(c)
    if c["who"] == "source":
        return act == "bring_in" and c["kind"] in SOURCES
    if c["who"] == "service":
        return (c["service"], act) in [("executor", "execute"), ("recognition", "recognise")]
    return _officer_fits(c)


def _citizen_fits(c: Cell) -> bool:
    relation, act = c["relation"], c["act"]
    if relation in {"self", "guardian"}:
        return act in OWN
    if relation == "family":
        return act in {"show_own_code", "file_appeal", "withdraw_appeal"}
    return relation == "helper" and act == "file_appeal"


def _officer_fits(c: Cell) -> bool:
    act, post, high = c["act"], c["post"], c["level"] in HIGH
    draft, mine = c["status"] == "draft", c["made_by"] == "me"
    if act in PROPOSALS or act == "propose_area":
        return post == "investigator" and mine and draft
    if act == "propose_release":
        return post in {"investigator", "community_worker", "hotline_agent"} and mine and draft
    if act in {"draft_rule", "draft_place_policy"}:
        return post == "rule_author" and high and mine and draft
    if act in {"approve_rule", "approve_place_policy"}:
        return post == "rule_approver" and high and draft
    answers = {
        "approve": post == "checker" and draft,
        "approve_second": post == "checker" and c["status"] == "first" and _one_is_high(c),
        "approve_area": post == "checker" and _approves_area(c),
        "approve_release": post == "appeal_officer" and draft,
        "open_case": post == "investigator",
        "execute": post == "executor",
        "report_observation": post in {"observer", "gate_guard", "community_worker"},
        "file_for": post in {"community_worker", "hotline_agent"} and c["asked"],
        "name_guardian": post == "community_worker" and c["asked"],
        "answer_appeal": post == "appeal_officer" and not c["laboratory"],
        "review_infection": post == "appeal_officer" and c["line"] == "health" and c["laboratory"],
        "check_code": post == "gate_guard" and c["token_shown"],
        "card_lookup": post == "gate_guard" and c["card_read"],
        "see_reason": post in {"hotline_agent", "community_worker"} and c["caller_known"],
        "see_record": post in {"investigator", "appeal_officer"},
        "see_visits": post == "investigator" and c["case_window"],
        "break_glass": post == "investigator" and c["reason"],
        "activate_rule": post == "executor",
        "withdraw_rule": post == "rule_approver" and high,
        "hold_ceremony": post == "registrar" and c["passkey"] and c["step_up"],
        "put_roster": post in {"registrar", "commander"},
        "see_proposal": post in {"checker", "appeal_officer"},
        "object": post in {"investigator", "checker"},
        "order_isolation": post == "investigator",
        "end_order": post in {"investigator", "appeal_officer", "community_worker"},
        "rotate_key": post == "executor" and c["kind"] == "data_bureau",
        "restore_backup": post == "executor" and c["kind"] == "data_bureau",
    }
    by_post = {
        "registrar": ["give_grant", "end_grant", "replace_passkey"],
        "commander": ["declare_emergency", "renew_emergency", "end_emergency"] if high else [],
        "auditor": AUDITS,
    }
    return answers.get(act, act in by_post.get(post, []))


def _approves_area(c: Cell) -> bool:
    if c["status"] == "draft":
        return c["level"] in HIGH
    return c["status"] == "first" and _one_is_high(c)


def _one_is_high(c: Cell) -> bool:
    return c["first"] != "none" and (c["level"] in HIGH or c["first"] == "province")


def must(c: Cell) -> bool:
    """Whether nothing stands against the act, whoever was permitted what."""
    act = c["act"]
    if act in NEVER:
        return False
    if act == "read_public_log":
        return True
    if act in OWN:
        return c["relation"] != "stranger"
    if act == "bring_in":
        return c["kind"] in SOURCES and c["signed"] and c["bound"]
    if c["who"] == "officer" and act != "hold_ceremony" and not _staff(c):
        return False
    return _matter(c)


def _staff(c: Cell) -> bool:
    act, kind = c["act"], c["kind"]
    return (
        c["granted"]
        and c["on_duty"]
        and kind not in EMPTY_ROWS
        and (act in NOT_SIGNED or (c["passkey"] and c["step_up"]))
        and (act in ANYWHERE or c["inside"])
        and (kind not in {"data_bureau", "headquarters_data"} or act in RUN_BY_DATA)
        and ((kind == "auditor") == (act in AUDITS))
    )


def _matter(c: Cell) -> bool:
    act = c["act"]
    signed_this = c["digest"] == "same"
    another = c["made_by"] == "another_line"
    if act in {*PROPOSALS, "approve", "approve_second", "execute"}:
        if not (_colour_power(c) and c["ground"] and c["clause"]):
            return False
        if not c["end_by_rule"] or c["shielded"]:
            return False
        if act == "execute":
            return _run(c)
        if act in PROPOSALS:
            return True
        first = act == "approve" or _of_another_level(c)
        return another and signed_this and c["drawn"] and first
    if act in {"propose_area", "approve_area"}:
        area = c["population"] >= 500 and c["cases"] >= 1 and 1 <= c["days"] <= 14
        approved = another and signed_this and c["drawn"]
        if c["status"] == "first":
            approved = approved and _of_another_level(c)
        return _colour_power(c) and area and (act == "propose_area" or approved)
    if act == "open_case":
        return _colour_power(c) and c["laboratory"]
    if act == "recognise":
        checked = c["issuer_signed"] and c["evidence_named"] and c["logged"] and c["rule_matches"]
        return _colour_power(c) and checked and c["within_budget"]
    return _not_colour(c, signed_this=signed_this, another=another)


def _of_another_level(c: Cell) -> bool:
    return c["first"] == "another" or (c["first"] == "province" and c["level"] != "province")


def _not_colour(c: Cell, *, signed_this: bool, another: bool) -> bool:
    act = c["act"]
    if act == "propose_release":
        return not c["worsens"] and c["ground"]
    if act == "approve_release":
        other_organ = c["made_by"] in {"another_line", "my_line"}
        return not c["worsens"] and c["ground"] and other_organ and signed_this
    if act in {"answer_appeal", "review_infection"}:
        return c["involved"] == "nobody" and c["reasons"]
    if act in {*AT_THE_GATE, "see_reason", "see_record", "see_visits", "break_glass"}:
        return _look(c)
    if act.endswith("_rule"):
        return _rule(c)
    if act in {"draft_place_policy", "approve_place_policy"}:
        approved = act.startswith("draft") or (another and signed_this)
        return not c["refuses_at_protected"] and approved
    return _rest(c)


def _colour_power(c: Cell) -> bool:
    if not c["emergency"]:
        return False
    if c["who"] == "service":
        return (c["service"], c["act"]) in [("executor", "execute"), ("recognition", "recognise")]
    if c["act"] == "execute":
        return c["kind"] in {"data_bureau", "headquarters_data"}
    return c["kind"] in {"health_commission", "cdc", "headquarters"}


def _run(c: Cell) -> bool:
    many = c["people"] >= 100 or c["appellant"]
    return (
        c["status"] == "approved"
        and c["digest"] == "same"
        and c["cosigned"]
        and c["receipts"]
        and (not many or c["approvals"] == "two organs")
    )


def _look(c: Cell) -> bool:
    act = c["act"]
    return (
        c["purpose"]
        and c["looks_last_hour"] < 600
        and (act not in {"see_reason", "see_record"} or c["ticket"])
        and (act != "see_visits" or c["laboratory"])
        and (act != "break_glass" or c["all_reviewed"])
    )


def _rule(c: Cell) -> bool:
    act = c["act"]
    if act == "withdraw_rule":
        return True
    if c["names_identity"] or c["smallest_area"] < 500:
        return False
    if act == "draft_rule":
        return True
    if not c["impact_published"] or c["digest"] != "same":
        return False
    if act == "approve_rule":
        return c["made_by"] == "another_line"
    long_enough = c["hours_public"] >= (1 if c["hastened"] else 24)
    return long_enough and c["status"] == "approved" and c["cosigned"]


def _rest(c: Cell) -> bool:
    act = c["act"]
    given = 1 <= c["days"] <= 365 and c["receiver_kind"] not in EMPTY_ROWS
    lasts = 1 <= c["days"] <= 90 and c["basis"]
    answers = {
        "hold_ceremony": given and c["receiver"] == "another" and c["organs"] >= 2 and c["empty"],
        "give_grant": given and c["receiver"] == "another",
        "end_grant": c["receiver"] != "me",
        "replace_passkey": c["receiver"] != "me" and c["organs"] >= 2,
        "declare_emergency": lasts,
        "renew_emergency": lasts and c["declared_by"] == "another" and c["yield_published"],
        "put_roster": c["receiver"] == "my_organ" and c["kind"] == "headquarters",
        "see_proposal": c["drawn"],
        "object": c["worsens"] and c["status"] in {"draft", "first"},
        "order_isolation": c["decision_proven"],
        "unseal": c["auditors"] >= 2 and c["bodies"] >= 2 and c["in_sample"],
        "review_look": c["looker"] == "another",
        "rotate_key": c["persons"] >= 2 and c["auditor_present"],
        "restore_backup": c["persons"] >= 2 and c["auditor_present"],
    }
    free = {
        "report_observation",
        "file_for",
        "name_guardian",
        "end_emergency",
        "end_order",
        "read_audit",
    }
    return answers.get(act, act in free | {"draw_sample"})

"""Every kind of record is in one list: it goes with people, or it stays."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import mingma
from mingma.storage.personal import NAMING, OWN, PERSONAL, SHARED

ROOT = Path(mingma.__file__).parent
ADAPTERS = ROOT / "storage"  # they give back what is there, of whatever kind

# Each names an office, an edition, a count, a leaf or a source, and nobody whose code it is.
PUBLIC = frozenset(
    (
        "activation alarm approval approved area area_approved arrived attempt attempt_noted"
        " attempt_summed audit_sample basis build case_sample cosigned cosigned_mldsa"
        " delegation_end edition edition_approval edition_end erasure fork glass_review grant"
        " grant_end handed_over impact index log_time loss loss_renewed objection officer"
        " key_agreed officer_look order_event organ organ_look passkey passkey_use place_policy"
        " place_complaint place_policy_approved"
        " policy proposal_count proposal_opened published_areas published_pack reconciled renewed"
        " sample session shift source source_count tally turned_away"
        " unseal_consent unsealed view_record"
        " witnessed"
        " yield_report"
    ).split()
)


def kinds() -> Iterator[tuple[str, str]]:
    """(where, kind) of each place that makes a record."""
    for path in sorted(ROOT.rglob("*.py")):
        if ADAPTERS in path.parents:
            continue
        name = ".".join(("mingma", *path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Record":
                first = node.args[0]
                module = importlib.import_module(name)
                kind = getattr(module, ast.unparse(first)) if isinstance(first, ast.Name) else ""
                yield f"{name}:{node.lineno}", kind or ast.literal_eval(first)


def test_each_kind_of_record_is_known_to_go_with_people_or_to_stay() -> None:
    found = list(kinds())
    unknown = [(where, kind) for where, kind in found if kind not in PERSONAL | PUBLIC]
    assert not unknown, "put each kind into a list of storage/personal.py, or here into PUBLIC"
    assert {kind for _, kind in found} == PERSONAL | PUBLIC  # and no list names what is not made


def test_no_kind_is_in_two_lists() -> None:
    lists = [OWN, NAMING, SHARED, PUBLIC]
    assert sum(map(len, lists)) == len(frozenset().union(*lists))

"""What two gates that keep what they scanned can join, and by what (Z14 is not prevented yet)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mingma.codes.check import check
from tests.instances import Stage, contact, sample, stage

PEOPLE = [f"p-{n}" for n in range(10)]
SHOWN = 100  # times each, over a day
MINUTES = 14
BEARER = {"name", "last_four"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def scanned(here: Stage, ref: str) -> dict[str, Any]:
    """All that a gate learns of a token that is shown to it."""
    text = here.instance.show(ref, "en").token
    assert text is not None
    checked = check(text, here.clock(), trust=here.instance.trust, specimen=True)
    return {"text": text, **checked.record()["claims"]}


def test_a_thousand_green_tokens_are_joined_by_the_bearer_s_name_and_digits_alone(
    here: Stage,
) -> None:
    here.send(*(sample(f"t-{ref}", ref, result="negative") for ref in PEOPLE))
    seen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _ in range(SHOWN):
        here.clock.forward(MINUTES * 60)
        for ref in PEOPLE:  # who are all called alike here
            for claim, value in scanned(here, ref).items():
                seen[claim, repr(value)].append(ref)
    assert len([claim for claim, _ in seen if claim == "text"]) == SHOWN * len(PEOPLE)
    joined = {claim for (claim, _), who in seen.items() if len(who) > 1 and len(set(who)) < 10}
    assert joined == set()
    assert {claim for claim, _ in seen} >= BEARER
    assert not {claim for claim, _ in seen} & {"subject", "ref", "id", "number", "rule", "reason"}


def test_a_worse_colour_is_joined_by_its_decision_s_leaf_too(here: Stage) -> None:
    here.send(contact("c1"), contact("c2", "p-bob"))
    first, again, other = (scanned(here, ref)["leaf"] for ref in ("p-ann", "p-ann", "p-bob"))
    assert first == again != other

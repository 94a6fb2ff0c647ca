"""The benchmark of powers: no question twice, every answer right, and a list that is proposed."""

from __future__ import annotations

import json

import pytest

from mingma.bench.powers import QUICK, powers, proposed, questions
from mingma.cli import main
from mingma.engines.cedar import CedarEngine


def test_no_two_questions_are_the_same_and_each_is_a_yes() -> None:
    asked = questions(120)
    assert len(set(asked)) == len(asked)
    answers = CedarEngine().decide_all(asked)
    assert all(one.allowed and "P04-approve" in one.policies for one in answers)


def test_a_small_run_has_every_row_and_each_has_its_bar() -> None:
    rows = list(powers(QUICK))
    assert [row.unit for row in rows] == ["a CPU second", "a CPU second", "seconds"]
    assert all(row.met is not None for row in rows)
    assert rows[0].beside == rows[1].beside


def test_the_list_that_is_measured_is_really_proposed() -> None:
    assert proposed(3).what == "a list of 3 proposed"


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "powers", "--quick", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["bar"] for row in rows] == ["≥ 5,000", "≥ 5,000", "≤ 1.00"]

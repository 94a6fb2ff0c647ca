"""Every sentence of ports.py and records.py is the name of a test here, on every adapter."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mingma import records
from mingma.kernel.errors import Problem
from mingma.kernel.words import Colour
from mingma.ports import Unit
from tests.storage.promises import FILES, name_of, sentences

HERE = Path(__file__).parent
READS = set(
    "people refs known facts_of digests batch turned channel_ages decisions_in_force decisions_of"
    " notices_of pool waiting head leaves index_of acts sources emergencies emergency_at records"
    " last_record newest_record first_record records_under statistics".split()
)
SENTENCES = list(sentences())


def kept() -> dict[str, list[str]]:
    """Test name → its arguments, for every test in this folder."""
    return {
        node.name: [argument.arg for argument in node.args.args]
        for path in HERE.glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize(("where", "sentence"), SENTENCES)
def test_each_sentence_here_is_the_name_of_a_test_in_tests_storage_run_against_every_adapter(
    where: str, sentence: str
) -> None:
    name = name_of(sentence)
    assert name in kept(), f"{where} promises “{sentence}”: write {name}"
    if where not in FILES:  # said of the file, not of an adapter
        assert {"store", "adapter"} & set(kept()[name]), f"{name} is not run against every adapter"


def test_no_two_promises_are_the_same_sentence() -> None:
    names = [name_of(sentence) for _, sentence in SENTENCES]
    assert len(set(names)) == len(names)


def test_what_flows_need_from_outside_as_promises() -> None:
    assert {"Unit", "Store", "Unit.seal"} <= {where for where, _ in SENTENCES}


def test_what_passes_over_the_ports_records_that_are_kept_and_refusals() -> None:
    named = {where for where, _ in SENTENCES} & set(vars(records))
    assert {"Person", "Source", "Outgoing", "Stale", "NotThere"} <= named
    for kind in (vars(records)[name] for name in named):
        assert issubclass(kind, Problem | tuple) or kind.__dataclass_params__.frozen


def test_nothing_here_has_or_may_get_a_method_that_sets_a_colour() -> None:
    words = {"colour", "color", "override", "set", *(colour.value for colour in Colour)}
    methods = {name for name in dir(Unit) if not name.startswith("_")}
    assert not {name for name in methods if words & set(name.split("_"))}
    begin = {"add", "count", "end", "erase", "seal"}
    writes = {name for name in methods if name.split("_")[0] in begin}
    assert methods - writes == READS  # a new writer is looked at here: what could it do to a code?

"""Every refusal has a slug of its own, can say what was wrong, and stands in docs/errors.md."""

from __future__ import annotations

import ast
import importlib.util
import re
import string
from functools import cache
from importlib.machinery import SourceFileLoader
from types import ModuleType

import pytest

from mingma.kernel.errors import Problem
from tests.paths import ROOT, SOURCE


def script(name: str) -> ModuleType:
    """A script without an ending, as a module."""
    loader = SourceFileLoader(name, str(ROOT / "scripts" / name))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


DOCS = script("write_docs")
PROBLEMS: list[type[Problem]] = DOCS.problems()
SLUG = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z0-9]+(_[a-z0-9]+)*")


@pytest.mark.parametrize("path", DOCS.documents(), ids=lambda path: path.name)
def test_a_document_made_from_the_code_is_current(path: object) -> None:
    expected = DOCS.documents()[path]
    assert expected == path.read_text(encoding="utf-8"), "run scripts/write_docs"  # type: ignore[attr-defined]


def test_no_slug_is_used_twice() -> None:
    slugs = [problem.slug for problem in PROBLEMS]
    assert sorted(set(slugs)) == slugs


def test_there_are_as_many_as_the_source_writes() -> None:
    written = sum(
        len(re.findall(r"^    slug = ", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in SOURCE.rglob("*.py")
    )
    assert len(PROBLEMS) == written


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.slug)
def test_a_refusal_has_a_family_a_slug_and_says_why_and_what_to_do(problem: type[Problem]) -> None:
    assert SLUG.fullmatch(problem.slug)
    assert sum(issubclass(problem, family) for family in DOCS.FAMILIES) == 1
    assert problem.zh != problem.en
    assert problem.remedy_zh
    assert problem.remedy_en


def names(sentence: str) -> set[str]:
    """The details a sentence is filled in with; one may have a text for each language."""
    found = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
    return {re.sub("_(zh|en)$", "", name) for name in found}


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.slug)
def test_both_languages_say_the_same_details(problem: type[Problem]) -> None:
    assert names(problem.zh) == names(problem.en)
    assert names(problem.remedy_zh) == names(problem.remedy_en)


@cache
def calls() -> dict[tuple[str, str], list[tuple[str, set[str]]]]:
    """Where a class is called – by module and name – and with which words; not with `**`."""
    found: dict[tuple[str, str], list[tuple[str, set[str]]]] = {}
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        home = ".".join(["mingma", *path.relative_to(SOURCE).with_suffix("").parts])
        known = _known(tree, home.removesuffix(".__init__"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                words = [word.arg for word in node.keywords]
                if node.func.id in known and None not in words:
                    place = f"{path.relative_to(SOURCE)}:{node.lineno}"
                    given = {re.sub("_(zh|en)$", "", word) for word in words if word}
                    found.setdefault(known[node.func.id], []).append((place, given))
    return found


def _known(tree: ast.Module, home: str) -> dict[str, tuple[str, str]]:
    """What the classes are that a module names: its own, and those it imports from ours."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            known[node.name] = (home, node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mingma"):
            for one in node.names:
                known[one.asname or one.name] = (str(node.module), one.name)
    return known


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.slug)
def test_every_detail_is_given_wherever_it_is_refused(problem: type[Problem]) -> None:
    texts = (problem.zh, problem.en, problem.remedy_zh, problem.remedy_en)
    wanted = set().union(*map(names, texts))
    made = calls().get((problem.__module__, problem.__name__), [])
    assert [f"{place} lacks {sorted(wanted - given)}" for place, given in made
            if not wanted <= given] == []  # fmt: skip


def test_most_refusals_are_made_where_the_details_can_be_seen() -> None:
    seen = [p for p in PROBLEMS if (p.__module__, p.__name__) in calls()]
    assert len(seen) > 0.8 * len(PROBLEMS)

"""A run of CI leaves no test out for want of a program; elsewhere it is left out with the reason.

Data from outside the project may be absent anywhere: `paths.published` skips in CI too.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.shim import compiled
from tests.docs import test_send_evidence
from tests.interop import judges
from tests.paths import ROOT

LEAVES_OUT = re.compile(r"pytest\.skip|skipif|importorskip|mark\.skip|SkipTest")
MAY_LEAVE_OUT = {"tests/lacking.py", "tests/paths.py"}


def node(folder: Path) -> None:
    (folder / judges.SIGSTORE_JS.packages).mkdir(parents=True)
    judges.SIGSTORE_JS.hear([])


NEEDS: dict[str, Callable[[Path], object]] = {
    "run scripts/debian_packages compiler": compiled,
    "run scripts/debian_packages guides": test_send_evidence.test_the_guides_examples_run,
    "run scripts/debian_packages node": node,
    "run scripts/judges": lambda _: judges.AICS.hear([]),
}


def outcome(remedy: str, bare: Path) -> type[BaseException]:
    """How a test ends that lacks something; its words name the remedy."""
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception), match=remedy) as ended:
        NEEDS[remedy](bare)
    return ended.type


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program, and without the judges."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(judges, "PLACE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("remedy", NEEDS)
def test_in_ci_what_is_missing_is_an_error_with_its_remedy(
    bare: Path, monkeypatch: pytest.MonkeyPatch, remedy: str
) -> None:
    monkeypatch.setenv("CI", "true")
    assert outcome(remedy, bare) is pytest.fail.Exception


@pytest.mark.parametrize("remedy", NEEDS)
def test_elsewhere_the_test_is_left_out_and_says_why(
    bare: Path, monkeypatch: pytest.MonkeyPatch, remedy: str
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert outcome(remedy, bare) is pytest.skip.Exception


def test_no_test_leaves_itself_out_in_another_way() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    found = {str(path.relative_to(ROOT)) for path in tests if LEAVES_OUT.search(path.read_text())}
    assert found == MAY_LEAVE_OUT


def test_the_run_of_ci_says_that_it_is_one(tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$CI $*"\n')
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CI": ""}
    done = subprocess.run(
        [ROOT / ".ci/run"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "true test\n"


def test_make_test_brings_every_program_that_a_test_asks_for() -> None:
    makefile = (ROOT / "Makefile").read_text()
    brought = set(" ".join(re.findall(r"scripts/debian_packages (.+)", makefile)).split())
    asked = {remedy.split()[-1] for remedy in NEEDS if "debian_packages" in remedy}
    assert asked <= brought

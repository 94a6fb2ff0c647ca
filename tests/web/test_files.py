"""What ships with the pages: vendored files as the manifest says, and nothing that reaches out."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from mingma.web.render import STATIC

VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
SCRIPTS = sorted([*STATIC.rglob("*.js"), *STATIC.rglob("*.mjs")])


def test_every_vendored_file_is_in_the_manifest_with_its_digest() -> None:
    listed = {name: digest for one in MANIFEST.values() for name, digest in one["files"].items()}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == listed


@pytest.mark.parametrize("name", MANIFEST)
def test_every_vendored_package_names_its_version_and_ships_its_licence(name: str) -> None:
    one = MANIFEST[name]
    assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])
    assert one["licence"] in {"MIT", "Apache-2.0", "BSD-3-Clause", "ISC"}
    assert f"{name}/LICENSE" in one["files"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_imports_only_our_own_files_and_runs_no_text(path: Path) -> None:
    text = path.read_text("utf-8")
    for imported in re.findall(r"\bfrom\s*[\"']([^\"']+)[\"']|\bimport\([\"']([^\"']+)", text):
        target = next(filter(None, imported))
        assert target.startswith("./"), target
        assert (path.parent / target).is_file(), target
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML|document\.write|https?://(?!www\.w3\.org/)", text)


def test_the_style_loads_nothing() -> None:
    text = (STATIC / "style.css").read_text("utf-8")
    assert not re.search(r"url\(|@import|https?:", text)

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
    assert not re.search(
        r"\beval\(|new Function\(|\.innerHTML|document\.write|https?://(?!www\.w3\.org/)", text
    )


def test_the_style_loads_nothing() -> None:
    text = (STATIC / "style.css").read_text("utf-8")
    assert not re.search(r"url\(|@import|https?:", text)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", ["green", "yellow", "red", "orange", "blue", "grey"])
def test_the_words_on_a_colour_can_be_read(colour: str) -> None:
    style = (STATIC / "style.css").read_text("utf-8")
    rule = re.search(rf"\.colour--{colour} {{ --a: (#\w+); --b: (#\w+);(?: color: (#\w+);)?", style)
    assert rule
    words = rule[3] or "#ffffff"
    assert min(contrast(words, rule[1]), contrast(words, rule[2])) >= 4.5


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("ink", "paper"), ("soft", "paper"), ("soft", "wash"), ("lead", "paper"), ("lead", "wash")],
)
def test_every_text_can_be_read(ink: str, paper: str) -> None:
    style = (STATIC / "style.css").read_text("utf-8")
    named = dict(re.findall(r"--([a-z-]+): (#\w+);", style))
    assert contrast(named[ink], named[paper]) >= 4.5


def test_the_text_on_the_stripes_can_be_read() -> None:
    style = (STATIC / "style.css").read_text("utf-8")
    soft = dict(re.findall(r"--([a-z-]+): (#\w+);", style))["soft"]
    stripes = re.search(r"\.specimen body {.+?(#\w+) .+?(#\w+) ", style, re.DOTALL)
    assert stripes
    assert min(contrast(soft, one) for one in stripes.groups()) >= 4.5

"""Every sentence the pages say, in both languages, from the files in texts/, one a page.

A key names the page and what is said; a value in braces is filled in; nothing there is markup.
A key said twice, or in one language only, refuses to start. Chinese is typeset when it is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from mingma.web.typeset import typeset

FOLDER: Final = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same sentence in Chinese and English."""

    zh: str
    en: str


@cache
def texts() -> Mapping[str, Sentence]:
    """Every sentence by its key."""
    found: dict[str, Sentence] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        for key, pair in tomllib.loads(file.read_text("utf-8")).items():
            if key in found:
                raise ValueError(f"{file.name}: `{key}` is said in another file too")
            found[key] = Sentence(typeset(pair["zh"]), pair["en"])
    return found


def say(lang: str, key: str, **values: object) -> str:
    """The sentence of a key in `zh` or `en`; an unknown key is an error of ours (KeyError)."""
    sentence = texts()[key]
    return (sentence.zh if lang == "zh" else sentence.en).format(**values)


def known(key: str) -> bool:
    """Whether there is a sentence of this key."""
    return key in texts()

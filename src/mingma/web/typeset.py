"""Sentences as they are printed: full-width punctuation in Chinese, a capital first in English.

Sources, rules and messages are written with the punctuation of a keyboard. What is quoted (a law's
own words, a token, a hash, what somebody typed) does not pass here.
"""

from __future__ import annotations

import re
from typing import Final

_HAN: Final = "\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff“”‘’《》【】（），。：；？！{}"
_WIDE: Final = str.maketrans(",:;?!", "，：；？！")
_MARK: Final = re.compile(rf"(?<=[{_HAN}])[,:;?!]|[,:;?!](?=[{_HAN}])")
_BRACKETS: Final = re.compile(rf"(?<=[{_HAN}])\(([^()]*)\)|\(([^()]*[{_HAN}][^()]*)\)")
_AFTER: Final = re.compile(r"(?<=[，：；？！）]) +")


def typeset(text: str) -> str:
    """A Chinese sentence with full-width marks wherever they stand beside a Chinese character."""
    text = _BRACKETS.sub(lambda match: f"（{match[1] or match[2] or ''}）", text)
    text = _MARK.sub(lambda match: match[0].translate(_WIDE), text)
    return _AFTER.sub("", text)


def prose(lang: str, text: str) -> str:
    """A sentence of either language as it stands by itself."""
    return typeset(text) if lang == "zh" else text[:1].upper() + text[1:]

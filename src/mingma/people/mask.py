"""What a gate may see of a name and a number: enough to compare with a card, no more.

The surname and one star, whatever the length behind it; the last four characters of the number.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from mingma.people.identity import Identity
from mingma.people.names import is_han

STAR: Final = "*"
COMPOUND_SURNAMES: Final = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫"
    " 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官"
    " 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延"
    " 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 歐陽 司馬 東方 諸葛 尉遲 公孫 鍾離 長孫"
    " 鮮于 軒轅 東郭 南門 東門 西門".split()
)


def mask_name(name: str) -> str:
    """A name as it may be shown: 张*, 欧阳*, J* S*."""
    text = unicodedata.normalize("NFKC", name)
    words = ["".join(c for c in word if c.isalpha()) for word in text.split()]
    words = [word for word in words if word]
    if not words:
        return STAR
    if not is_han(words[0][0]):
        return " ".join(word[0].upper()[0] + STAR for word in words)
    whole = "".join(words)
    # A name of two characters is one surname and one given name, even where both make a surname.
    if len(whole) > 2 and whole[:2] in COMPOUND_SURNAMES:
        return whole[:2] + STAR
    return whole[0] + STAR


def last_four(identity: Identity) -> str:
    """The end of a number, to compare with the paper in the hand."""
    return identity.number[-4:]

"""The refusal that every layer of a token's text raises: nobody could read it as what it claims."""

from __future__ import annotations

from mingma.kernel.errors import Malformed


class TokenUnreadable(Malformed):
    """A text or a set of claims that is no status token.

    `why` is a reason of docs/formats/token.md: the layer, a dot, what was wrong there.
    """

    slug = "token.unreadable"
    zh = "读不出健康码凭证(`{why}`)"
    en = "not a readable status token (`{why}`)"
    remedy_zh = "请对方重新亮码;读不出既不是红码也不是黄码"
    remedy_en = "ask for the code to be shown again; unreadable is neither red nor yellow"


def unreadable(why: str) -> TokenUnreadable:
    """The refusal with its reason."""
    return TokenUnreadable(why=why)

"""The named results of a check, each with its words and the next step in both languages.

Why a colour is unproven has words of its own, since the next step differs. All of them lead to the
counter: unproven is never green and never red.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Result(StrEnum):
    """What a check found. A closed list."""

    OK = "OK"
    WORSENED = "WORSENED"
    EXPIRED = "EXPIRED"
    NOT_YET = "NOT_YET"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    STALE_SCREENSHOT = "STALE_SCREENSHOT"
    STALE_LISTS = "STALE_LISTS"
    NOT_ACCEPTED_HERE = "NOT_ACCEPTED_HERE"
    UNPROVEN = "UNPROVEN"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class Words:
    """A result in words, and what whoever stands at the gate can do next."""

    zh: str
    en: str
    next_zh: str
    next_en: str


WORDS: Final[dict[Result, Words]] = {
    Result.OK: Words("核验通过", "verified", "按所示码色办理", "act on the colour shown"),
    Result.WORSENED: Words(
        "发码后已转码",
        "the code has changed since this was issued",
        "请对方刷新后再亮码;理由与申诉办法见其本人页面",
        "ask for a refreshed code; the reason and how to object are on the holder's own page",
    ),
    Result.EXPIRED: Words(
        "已到期失效,既不是红码也不是黄码",
        "lapsed; that is neither red nor yellow",
        "请对方刷新后再亮码",
        "ask for a refreshed code",
    ),
    Result.NOT_YET: Words(
        "签发时间晚于本机时钟",
        "issued later than this device's clock says",
        "请核对本机时钟",
        "check the clock of this device",
    ),
    Result.UNKNOWN_KEY: Words(
        "签发者不在信任名单内",
        "the issuer is not on the trust list",
        "请更新信任名单,并请对方刷新后再亮码",
        "update the trust list, and ask for a refreshed code",
    ),
    Result.BAD_SIGNATURE: Words(
        "签名不符,内容不可信",
        "the signature does not match; nothing in it can be relied on",
        "请对方从本人页面重新亮码",
        "ask for the code to be shown again from the holder's own page",
    ),
    Result.STALE_SCREENSHOT: Words(
        "画面不是当前的,可能是截图",
        "not the current display; perhaps a screenshot",
        "请对方现场亮码",
        "ask for the live code",
    ),
    Result.STALE_LISTS: Words(
        "签名与日期相符,状态名单过旧或没有",
        "signature and dates hold; the status lists are old or missing",
        "请更新状态名单;其间按签发时的码色办理",
        "update the status lists; until then act on the colour as signed",
    ),
    Result.NOT_ACCEPTED_HERE: Words(
        "此处不认这类凭证",
        "this kind of token is not accepted here",
        "请按此处公布的规则另示凭证",
        "show another, as the rules published here say",
    ),
    Result.UNPROVEN: Words(
        "没有证明,不作红码也不作绿码",
        "unproven: neither red nor green",
        "请对方连同回执一起亮码;样例凭证不证明任何事",
        "ask for the code with its receipt; a specimen proves nothing",
    ),
    Result.UNREADABLE: Words(
        "读不出,既不是红码也不是黄码",
        "unreadable; that is neither red nor yellow",
        "请对方重新亮码",
        "ask for the code to be shown again",
    ),
}
_COUNTER_ZH: Final = "请到人工柜台,不作红码也不作绿码"
_COUNTER_EN: Final = "send to the counter: never green, never red"
_UNPROVEN: Final = (
    (
        "receipt.missing",
        "没有回执,不能证明这个颜色",
        "without its receipt this colour is not proven",
        "请对方亮出第二帧(回执);仍没有的,",
        "ask for the second frame, the receipt; without it ",
    ),
    (
        "receipt.unreadable",
        "回执读不出,不能证明这个颜色",
        "the receipt cannot be read, so this colour is not proven",
        "请重新扫描第二帧;仍读不出的,",
        "scan the second frame again; if that fails, ",
    ),
    (
        "receipt.landmark",
        "本机没有回执所指的日志界标,无从核验",
        "this device has not loaded the landmark that the receipt leads to",
        "请更新日志界标后再验;其间",
        "load newer landmarks and check again; until then ",
    ),
    (
        "receipt.does_not_hold",
        "回执与日志不符,不能证明这个颜色",
        "the receipt does not fit the log, so this colour is not proven",
        "请对方刷新后再亮码,并向审计机关报告;其间",
        "ask for a refreshed code, and report this one to the audit office; until then ",
    ),
    (
        "receipt.other_leaf",
        "回执属于另一个判定,不能证明这个颜色",
        "the receipt is of another decision, so this colour is not proven",
        "请两帧同时刷新后再亮码;其间",
        "ask for both frames refreshed together; until then ",
    ),
    (
        "receipt.other_colour",
        "日志中的判定没有这么重的颜色",
        "the decision in the log gives no colour as bad as this",
        "请对方刷新后再亮码,并向审计机关报告;其间",
        "ask for a refreshed code, and report this one to the audit office; until then ",
    ),
)
# The words of a reason, where they say more than those of its result.
REASONS: Final[dict[str, Words]] = {
    reason: Words(zh, en, next_zh + _COUNTER_ZH, next_en + _COUNTER_EN)
    for reason, zh, en, next_zh, next_en in _UNPROVEN
}

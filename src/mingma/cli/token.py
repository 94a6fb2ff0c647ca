"""`mingma token`: look at a code's token, offline.

Prints the outcome as JSON. Exit status 0 for OK, 1 for every other result, 2 for a file, trust list
or list of landmarks that cannot be opened.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from mingma.cli.landmarks import read_landmarks
from mingma.cli.log_place import must_read
from mingma.codes import receipt_frame
from mingma.codes.check import check as check_text
from mingma.codes.outcome import Checked
from mingma.codes.results import Result
from mingma.codes.token import PREFIX
from mingma.codes.trust import Trust
from mingma.engines.pictures import KINDS as PICTURES
from mingma.engines.pictures import MAX_BYTES, looks_like_picture, read_codes
from mingma.flows.check_token import check_pictures, frames
from mingma.issuer import load_trust
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, parse_instant
from mingma.ledger.policy import parse_policy

app = App(name="token", help="Check a code's token, offline.")

_ENDINGS = {f".{kind.lower()}" for kind in PICTURES} | {".jpg", ".txt"}


class TokenFileUnreadable(Malformed):
    """A file named on the command line that cannot be opened."""

    slug = "token.file_unreadable"
    zh = "打不开文件:{why}"
    en = "the file cannot be opened: {why}"
    remedy_zh = "请检查路径;文本凭证请直接写出,以 HC1: 开头"
    remedy_en = "check the path; a token's text is given as it is, beginning with HC1:"


class NoPolicy(Malformed):
    """Landmarks without the trust policy that says whether to believe them."""

    slug = "token.no_policy"
    zh = "给出了日志界标,未给信任策略"
    en = "there are landmarks and no trust policy to believe them by"
    remedy_zh = "请用 {option} 指明信任策略文件"
    remedy_en = "name a trust policy by {option}"


@app.command
def check(
    shown: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    trust: Path | None = None,
    lists: Path | None = None,
    receipt: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    landmarks: str | None = None,
    policy: Path | None = None,
    at: str | None = None,
    specimen: bool = False,
    json: bool = False,
) -> int:
    """Print what a gate makes of a token: {result, steps, claims, …}.

    Args:
        shown: The token's text, a file (picture or text), or - for standard input. A picture or a
            text file may hold the receipt too.
        trust: A folder of certificates (PEM, DER or base64 text), or one such file.
        lists: Status lists; this version reads none and says so.
        receipt: The second frame: its text, or a file (picture or text).
        landmarks: The log's landmarks: a file, a folder of files, or the log's address.
        policy: The trust policy by which landmarks are believed.
        at: The instant, RFC 3339 with offset; now if not given.
        specimen: Say what a specimen token shows; it proves nothing.
        json: One line; errors as JSON too.
    """
    now = Instant(time.time()) if at is None else parse_instant(at, "at")
    if lists is not None:  # no failure: a token that needs a list is answered STALE_LISTS
        print(f"warning: {lists}: this version reads no status lists", file=sys.stderr)
    roots = _roots(landmarks, policy)
    second = _receipt(_content(receipt)) if receipt is not None else None
    checked = _checked(_content(shown), second, now, _trust(trust), roots, specimen=specimen)
    _print(checked, indent=None if json else 2)
    return 0 if checked.result is Result.OK else 1


def _checked(
    content: bytes | str,
    receipt: str | None,
    now: Instant,
    trust: Trust,
    roots: Mapping[int, bytes],
    *,
    specimen: bool,
) -> Checked:
    if isinstance(content, bytes):
        return check_pictures(
            [content], now, read_codes,
            trust=trust, specimen=specimen, receipt=receipt, landmarks=roots,
        )  # fmt: skip
    token, beside = _lines(content)
    second = beside if receipt is None else receipt
    return check_text(token, now, trust=trust, specimen=specimen, receipt=second, landmarks=roots)


def _receipt(content: bytes | str) -> str:
    """The receipt's text in what --receipt stands for; empty where there is none."""
    if isinstance(content, str):
        return _lines(content)[1] or content
    try:
        return frames(read_codes(content))[1] or ""
    except Malformed:
        return ""  # a receipt that cannot be read: the answer is UNPROVEN, not an error


def _lines(text: str) -> tuple[str, str | None]:
    """The token in a text, and the receipt where that has a line of its own."""
    lines = text.split("\n")
    receipts = [one for one in lines if one.startswith(receipt_frame.PREFIX)]
    token = "\n".join(one for one in lines if one not in receipts).strip("\r\n")
    return token, receipts[0].strip("\r") if receipts else None


def _roots(landmarks: str | None, policy: Path | None) -> Mapping[int, bytes]:
    if landmarks is None:
        return {}
    if policy is None:
        raise NoPolicy(Place(landmarks), option="--policy")
    return read_landmarks(landmarks, parse_policy(must_read(policy)))


def _content(shown: str) -> bytes | str:
    """The picture or the text that an argument stands for."""
    if shown.startswith((PREFIX, receipt_frame.PREFIX)):
        return shown
    if shown == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    elif Path(shown).suffix.lower() in _ENDINGS or _is_file(shown):
        data = _read(Path(shown))
    else:
        return shown
    if looks_like_picture(data):
        return data
    # Only line ends are stripped: a blank is a character of base45. Bytes beyond UTF-8 become
    # characters that no token has.
    return data.decode("utf-8", errors="replace").strip("\r\n")


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or a zero byte: a text then
        return False


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise TokenFileUnreadable(
            Place(str(path)), why=getattr(error, "strerror", None) or "no such name"
        ) from None


def _trust(place: Path | None) -> Trust:
    if place is None:
        return Trust()
    trust, without = load_trust(place)
    for path in without:
        print(f"warning: {path}: no certificate in it", file=sys.stderr)
    return trust


def _print(checked: Checked, indent: int | None) -> None:
    print(json.dumps(checked.record(), ensure_ascii=False, indent=indent))

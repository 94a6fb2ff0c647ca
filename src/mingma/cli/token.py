"""`mingma token`: look at a code's token, offline.

Prints the outcome as JSON. Exit status 0 for OK, 1 for every other result, 2 for a file or trust
list that cannot be opened.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from mingma.codes.check import Checked
from mingma.codes.results import Result
from mingma.codes.token import PREFIX
from mingma.codes.trust import Trust
from mingma.engines.pictures import KINDS as PICTURES
from mingma.engines.pictures import MAX_BYTES, looks_like_picture, read_codes
from mingma.flows.check_token import check_picture, check_token
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, parse_instant
from mingma.keys import load_trust

app = App(name="token", help="Check a code's token, offline.")

_ENDINGS = {f".{kind.lower()}" for kind in PICTURES} | {".jpg", ".txt"}


class TokenFileUnreadable(Malformed):
    """A file named on the command line that cannot be opened."""

    slug = "token.file_unreadable"
    zh = "打不开文件:{why}"
    en = "the file cannot be opened: {why}"
    remedy_zh = "请检查路径;文本凭证请直接写出,以 HC1: 开头"
    remedy_en = "check the path; a token's text is given as it is, beginning with HC1:"


@app.command
def check(
    shown: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    trust: Path | None = None,
    lists: Path | None = None,
    at: str | None = None,
    specimen: bool = False,
    json: bool = False,
) -> int:
    """Print what a gate makes of a token: {result, steps, claims, …}.

    Args:
        shown: The token's text, a file (picture or text), or - for standard input.
        trust: A folder of certificates (PEM, DER or base64 text), or one such file.
        lists: Status lists; this version reads none and says so.
        at: The instant, RFC 3339 with offset; now if not given.
        specimen: Say what a specimen token shows; it proves nothing.
        json: One line; errors as JSON too.
    """
    now = Instant(time.time()) if at is None else parse_instant(at, "at")
    if lists is not None:  # no failure: a token that needs a list is answered STALE_LISTS
        print(f"warning: {lists}: this version reads no status lists", file=sys.stderr)
    checked = _checked(_content(shown), now, _trust(trust), specimen=specimen)
    _print(checked, indent=None if json else 2)
    return 0 if checked.result is Result.OK else 1


def _checked(content: bytes | str, now: Instant, trust: Trust, *, specimen: bool) -> Checked:
    if isinstance(content, str):
        return check_token(content, now, trust=trust, specimen=specimen)
    return check_picture(content, now, read_codes, trust=trust, specimen=specimen)


def _content(shown: str) -> bytes | str:
    """The picture or the text that an argument stands for."""
    if shown.startswith(PREFIX):
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

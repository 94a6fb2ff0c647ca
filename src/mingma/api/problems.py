"""Every no as an RFC 9457 object: a slug that never changes, the place, a sentence, a remedy.

Litestar's own refusals get the same form. No answer names a type or a person, and none shows how
the program failed: that goes to the log.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec

from mingma.kernel.errors import Broken, Malformed, Place, Problem, Refused, Unavailable, printable

PROBLEM_JSON: Final = "application/problem+json"
FIRST_OF_OURS: Final = 500  # a status from here on says that it is our fault

Asked = Request[Any, Any, Any]

_MISSING: Final = re.compile(r"missing required field `(.*?)`")
_UNKNOWN: Final = re.compile(r"unknown field `(.*?)`")
_log = logging.getLogger(__name__)


class NoSuchRoute(Malformed):
    """A path that nothing answers under."""

    slug = "http.not_found"
    status = 404
    zh = "没有这个地址"
    en = "there is nothing at this address"
    remedy_zh = "接口清单见 /schema/openapi.json"
    remedy_en = "the interface is listed at /schema/openapi.json"


class WrongMethod(Malformed):
    """A path that exists, asked in a way it does not answer to."""

    slug = "http.method_not_allowed"
    status = 405
    zh = "此地址不接受 `{method}`"
    en = "this address does not answer to `{method}`"
    remedy_zh = "可用:{allowed}"
    remedy_en = "it answers to: {allowed}"


class TooLarge(Malformed):
    """A body over the limit of its address."""

    slug = "http.too_large"
    status = 413
    zh = "请求体过大"
    en = "the body is too large"
    remedy_zh = "报送一批至多 64 MiB,其余请求至多 1 MB;请拆分后再送"
    remedy_en = "a batch has at most 64 MiB, any other body 1 MB; split it"


class Unreadable(Malformed):
    """A request that is not what its address takes."""

    slug = "http.unreadable"
    zh = "请求无法读取:{why}"
    en = "the request cannot be read: {why}"
    remedy_zh = "请对照 /schema/openapi.json"
    remedy_en = "compare it with /schema/openapi.json"


class NotAllowed(Refused):
    """A refusal of the web framework's that is none of the others."""

    slug = "http.refused"
    zh = "请求被拒绝(状态 {status})"
    en = "the request was refused (status {status})"
    remedy_zh = "请对照 /schema/openapi.json"
    remedy_en = "compare it with /schema/openapi.json"


class Failed(Broken):
    """Something of ours failed; nobody's colour changed by it."""

    slug = "http.failed"
    zh = "系统内部出错;没有任何人的码因此变化"
    en = "something of ours failed; nobody's colour changed by it"
    remedy_zh = "请稍后再试;同一批数据再送一次不会重复"
    remedy_en = "try again later; the same batch sent again is not taken twice"


class Away(Unavailable):
    """Something we need is away: the store, mostly."""

    slug = "http.away"
    zh = "暂时无法办理;没有任何人的码因此变化"
    en = "this cannot be done now; nobody's colour changed by it"
    remedy_zh = "请稍后再试;本次未写入任何内容"
    remedy_en = "try again later; nothing of this was written"


class ProblemDetails(msgspec.Struct):
    """RFC 9457, and our slug and place beside it."""

    type: str
    title: str
    status: int
    detail: str
    slug: str
    file: str | None
    line: int | None
    field: str | None


PROBLEMS: Final[dict[int, ResponseSpec]] = {
    status: ResponseSpec(
        ProblemDetails, description=says, media_type=PROBLEM_JSON, generate_examples=False
    )
    for status, says in (
        (400, "Malformed: the sender corrects it."),
        (401, "Nobody signed, or nobody is signed in."),
        (403, "The rules say no."),
        (404, "There is none."),
        (413, "Too large."),
        (415, "A body of another type."),
        (422, "It does not follow from what was there before."),
        (503, "Something is away; try later."),
    )
}


def no(*statuses: int) -> dict[int, ResponseSpec]:
    """The refusals that a handler may answer with, for its description."""
    return {status: PROBLEMS[status] for status in statuses}


def language(request: Asked) -> str:
    """`zh` or `en`: `?lang=`, else the first of the two in Accept-Language, else `en`."""
    asked = request.query_params.get("lang", "")
    if asked in ("zh", "en"):
        return str(asked)
    found = re.search(r"\b(zh|en)\b", request.headers.get("accept-language", "").lower())
    return found[1] if found else "en"


def problem_answer(request: Asked, error: Exception) -> Response[ProblemDetails]:
    """The answer to any refusal or failure."""
    problem = _problem(request, error)
    status = _status(error, problem)
    if status >= FIRST_OF_OURS:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    lang = language(request)
    said = _outside(problem)
    headers = {"Content-Language": lang}
    if isinstance(problem, WrongMethod):
        headers["Allow"] = str(problem.details["allowed"])
    if status == 401:
        headers["WWW-Authenticate"] = "Mingma"
    return Response(
        ProblemDetails(
            type=f"urn:mingma:{problem.slug}",
            title=said.sentence(lang),
            status=status,
            detail=said.remedy(lang),
            slug=problem.slug,
            file=said.place.file,
            line=said.place.line,
            field=said.place.field and printable(said.place.field),
        ),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers=headers,
    )


def _outside(problem: Problem) -> Problem:
    """The refusal as others may read it: what failed in here may name files, hosts and keys."""
    if isinstance(problem, Unavailable):
        return Away()
    return Failed() if isinstance(problem, Broken) else problem


def _status(error: Exception, problem: Problem) -> int:
    if isinstance(error, HTTPException) and isinstance(problem, (NotAllowed, Unreadable)):
        return error.status_code
    return problem.status


def _problem(request: Asked, error: Exception) -> Problem:
    """The refusal that an exception stands for."""
    if isinstance(error, Problem):
        return error
    if not isinstance(error, HTTPException) or error.status_code >= FIRST_OF_OURS:
        return Failed()
    if isinstance(error, ValidationException):
        return _invalid(error)
    match error.status_code:
        case 404:
            return NoSuchRoute()
        case 405:
            return WrongMethod(
                method=request.method[:16], allowed=_allowed(request.app, request.scope["path"])
            )
        case 413:
            return TooLarge()
        case 400 | 415 | 422:
            return Unreadable(why="it has not the form this address takes")
    return NotAllowed(status=error.status_code)


def _invalid(error: ValidationException) -> Unreadable:
    """The first fault that validation names, with its field, in our words."""
    first: Any = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    field, message = first.get("key"), str(first.get("message", ""))
    if found := _MISSING.search(message):
        return Unreadable(Place(field=found[1]), why=f"the field `{found[1]}` is missing")
    if found := _UNKNOWN.search(message):
        return Unreadable(Place(field=found[1][:64]), why=f"there is no field `{found[1][:64]}`")
    if message == repr(field):  # how Litestar says that the whole of it is missing
        return Unreadable(Place(field=field), why="there is nothing where a value belongs")
    return Unreadable(Place(field=field), why="a value has not the form it should have")


async def check_utf8(request: Asked) -> None:
    """Refuse a JSON body that is not UTF-8, before Litestar reads it."""
    try:
        (await request.body()).decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable(why="the body is not UTF-8") from None


def _allowed(app: Litestar, path: str) -> str:
    """The methods that a path answers to."""
    for route in app.routes:
        form = re.escape(route.path_format).replace(r"\{", "{").replace(r"\}", "}")
        if re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", form), path):
            return ", ".join(sorted(getattr(route, "methods", ())))
    return ""

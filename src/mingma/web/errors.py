"""What a browser is answered when something is wrong: words a person can use, never a trace.

No failure worsens a colour, and the pages say so. Programs get problem details; that is the API's.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from litestar import Response
from litestar.exceptions import HTTPException

from mingma.api.sign_in import NotSignedIn
from mingma.kernel.errors import Broken, Problem
from mingma.web.render import page
from mingma.web.texts import say
from mingma.web.visitor import Asked, visitor_of

_log = logging.getLogger(__name__)

# (title, text) of a status; every other 4xx reads as something that could not be read.
_SAID: Final = {
    404: ("error.not_found.title", "error.not_found"),
    405: ("error.title", "error.method"),
    413: ("error.too_large.title", "error.too_large"),
}
_OTHER: Final = ("error.unreadable.title", "error.unreadable")
_OURS: Final = ("error.ours.title", "error.ours")
_FIRST_OF_OURS: Final = 500


def error_page(request: Asked, problem: Exception) -> Response[Any]:
    """The page for any refusal or failure; for want of a session, where to sign in."""
    if isinstance(problem, NotSignedIn):
        return page(request, "sign_in.html", status=problem.status)
    if isinstance(problem, Problem) and not isinstance(problem, Broken):
        return _refusal(request, problem)
    status = problem.status_code if isinstance(problem, HTTPException) else _FIRST_OF_OURS
    if status >= _FIRST_OF_OURS:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
        return _said(request, _OURS, _FIRST_OF_OURS)
    return _said(request, _SAID.get(status, _OTHER), status)


def _said(request: Asked, said: tuple[str, str], status: int) -> Response[Any]:
    visitor = visitor_of(request)
    title, text = said
    return page(
        request,
        "error.html",
        visitor=visitor,
        status=status,
        title=say(visitor.lang, title),
        sentence=say(visitor.lang, text),
        remedy="",
        slug="",
    )


def _refusal(request: Asked, problem: Problem) -> Response[Any]:
    visitor = visitor_of(request)
    return page(
        request,
        "error.html",
        visitor=visitor,
        status=problem.status,
        title=say(visitor.lang, "error.title"),
        sentence=problem.sentence(visitor.lang),
        remedy=problem.remedy(visitor.lang),
        slug=problem.slug,
    )

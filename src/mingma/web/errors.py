"""What a browser is answered when something is wrong: words a person can use, never a trace.

No failure worsens a colour, and the pages say so. Programs get problem details; that is the API's.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from litestar import Response
from litestar.exceptions import HTTPException

from mingma.kernel.errors import Broken, Problem
from mingma.web.render import page
from mingma.web.texts import say
from mingma.web.visitor import Asked, visitor_of

_log = logging.getLogger(__name__)

# (status: what the page's texts are called); every other 4xx reads as something unreadable.
_NAMED: Final = {404: "error.not_found", 405: "error.method", 413: "error.too_large"}
_FIRST_OF_OURS: Final = 500


def error_page(request: Asked, problem: Exception) -> Response[Any]:
    """The page for any refusal or failure."""
    if isinstance(problem, Problem) and not isinstance(problem, Broken):
        return _refusal(request, problem)
    status = problem.status_code if isinstance(problem, HTTPException) else _FIRST_OF_OURS
    if status >= _FIRST_OF_OURS:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
        return _said(request, "error.ours", "error.ours.title", _FIRST_OF_OURS)
    text = _NAMED.get(status, "error.unreadable")
    title = "error.title" if text == "error.method" else f"{text}.title"
    return _said(request, text, title, status)


def _said(request: Asked, text: str, title: str, status: int) -> Response[Any]:
    visitor = visitor_of(request)
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

"""Makes a page: the template, the words of the language asked for, and the headers every page has.

No script and no style stands inside a page, nothing comes from another site, nobody may frame it,
and no page is kept by a cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie

from mingma import __version__
from mingma.kernel.times import print_instant
from mingma.web.looks import look
from mingma.web.texts import say
from mingma.web.typeset import prose, typeset
from mingma.web.visitor import Asked, Visitor, instance_of, signs_in_people, visitor_of
from mingma.web.when import ago, day, moment

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SAFE: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HTML: Final = "text/html"

_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@cache
def static(name: str) -> str:
    """The address of one of our own files; it changes with the file."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def page(
    request: Asked,
    template: str,
    *,
    visitor: Visitor | None = None,
    status: int = 200,
    cookies: Iterable[Cookie] = (),
    **values: Any,
) -> Response[str]:
    """The page a template makes for whoever asks."""
    visitor = visitor or visitor_of(request)
    text = _ENVIRONMENT.get_template(template).render(_common(request, visitor) | values)
    return answer(text, HTML, status=status, cookies=(*visitor.cookies, *cookies))


def answer(
    text: str | bytes,
    media_type: str,
    *,
    status: int = 200,
    cookies: Iterable[Cookie] = (),
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    """Bytes or text under the headers every page has."""
    return Response(
        text,
        media_type=media_type,
        status_code=status,
        cookies=list(cookies),
        headers={**SAFE, "Cache-Control": "no-store", **(headers or {})},
    )


def go_to(path: str, *, cookies: Iterable[Cookie] = ()) -> Response[Any]:
    """Send the browser to another page of ours, after a form."""
    return answer("", HTML, status=303, cookies=cookies, headers={"Location": path})


def _common(request: Asked, visitor: Visitor) -> dict[str, Any]:
    instance, lang = instance_of(request), visitor.lang
    return {
        "t": partial(say, lang),
        "both": lambda key: (say("zh", key), say("en", key)),
        "prose": partial(prose, lang),
        "han": typeset,
        "lang": lang,
        "locale": "zh-CN" if lang == "zh" else "en",
        "visitor": visitor,
        "left": request.state.get("typed", ()),
        "specimen": instance.context.specimen,
        "development": signs_in_people(instance),
        "path": request.url.path,
        "other_language": _other_language(request, lang),
        "static": static,
        "look": look,
        "iso": print_instant,
        "moment": lambda at, **more: moment(at, lang, **more),
        "day": lambda at: day(at, lang),
        "ago": lambda seconds: ago(seconds, lang),
        "version": __version__,
    }


def _other_language(request: Asked, lang: str) -> str:
    """This page in the other language; a form's answer has none, so the form itself."""
    asked = request.query_params.multi_items() if request.method == "GET" else []
    pairs = [(name, text) for name, text in asked if name != "lang"]
    return "?" + urlencode([*pairs, ("lang", "en" if lang == "zh" else "zh")])

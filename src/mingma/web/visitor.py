"""Who asks for a page: the language, the person signed in, and the token of the forms.

A form counts only if it carries the token made for this browser's own form cookie and for whoever
is signed in; both cookies are SameSite=Strict. The cookies say nothing else about anybody.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request
from litestar.datastructures import Cookie

from mingma.api.sign_in import NotSignedIn
from mingma.app import Instance
from mingma.authority.own import Delegate
from mingma.flows.delegate import held_by
from mingma.kernel.canonical import b64url
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant
from mingma.session import (
    ACTING,
    COOKIE,
    DESK,
    LIFETIME,
    kept,
    read_acting,
    read_session,
    sign_session,
)

Asked = Request[Any, Any, Any]

LANGUAGES: Final = ("zh", "en")
LANGUAGE_COOKIE: Final = "mingma_lang"
FORM_COOKIE: Final = "mingma_form"
FORM_FIELD: Final = "form_token"
YEAR: Final = 31_536_000  # seconds the chosen language is remembered
_LABEL: Final = b"mingma/form/v1"
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


class FormNotOurs(Refused):
    """A form that this site did not hand to this browser, or too long ago."""

    slug = "form.not_ours"
    zh = "这份表单不是本站发给您这次访问的,没有受理"
    en = "this form was not handed out to this visit, so nothing was done"
    remedy_zh = "请返回上一页,刷新后再提交一次"
    remedy_en = "go back, reload the page and send it again"


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom the visitor acts, and as what; `None` in all where her receipt is over."""

    as_: Delegate | None = None
    name: str = ""
    last_four: str = ""
    ends: Instant | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request's asker. `ref` is the signed-in person's reference, `DESK`, or None."""

    lang: str
    ref: str | None
    nonce: str
    form_token: str
    cookies: tuple[Cookie, ...]  # that the answer has to set
    acting: Acting | None = None  # None: for herself

    @property
    def person(self) -> str | None:
        """The person's reference; None for the desk."""
        return None if self.ref == DESK else self.ref

    @property
    def at_desk(self) -> bool:
        """Whether this is the demo's import desk."""
        return self.ref == DESK


def instance_of(request: Asked) -> Instance:
    """The running instance."""
    instance: Instance = request.app.state.instance
    return instance


def signs_in_people(instance: Instance) -> bool:
    """Whether anybody may be anybody here: for a specimen under development only."""
    return instance.settings.sign_in == "development" and instance.context.specimen


def visitor_of(request: Asked) -> Visitor:
    """Who asks."""
    instance = instance_of(request)
    cookies: list[Cookie] = []

    # (1) The language asked for now, or once before, or Chinese.
    lang = request.query_params.get("lang", "")
    if lang in LANGUAGES:
        cookies.append(_cookie(request, LANGUAGE_COOKIE, lang, YEAR))
    else:
        lang = request.cookies.get(LANGUAGE_COOKIE, "")
    lang = lang if lang in LANGUAGES else LANGUAGES[0]

    # (2) Who is signed in. A desk's session ends with the development sign-in.
    ref = read_session(instance.session_key, request.cookies.get(COOKIE), instance.clock())
    if ref == DESK and not signs_in_people(instance):
        ref = None

    # (3) The token that this visit's forms carry.
    nonce = request.cookies.get(FORM_COOKIE, "")
    if not _NONCE.fullmatch(nonce):
        nonce = secrets.token_urlsafe(16)
        cookies.append(_cookie(request, FORM_COOKIE, nonce, None))

    # (4) For whom she acts, if for somebody else.
    acting = _acting(request, ref) if ref and ref != DESK else None
    return Visitor(lang, ref, nonce, _form_token(instance, nonce, ref), tuple(cookies), acting)


def visitor_at_desk(request: Asked) -> Visitor:
    """Who asks at the demo's import desk; raises NotSignedIn for anybody else."""
    visitor = visitor_of(request)
    if not visitor.at_desk:
        raise NotSignedIn
    return visitor


def check_form(request: Asked, token: str) -> None:
    """Raise FormNotOurs unless the form carries the token of this very visit."""
    instance = instance_of(request)
    nonce = request.cookies.get(FORM_COOKIE, "")
    ref = read_session(instance.session_key, request.cookies.get(COOKIE), instance.clock())
    wanted = _form_token(instance, nonce, ref)
    elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    whole = _NONCE.fullmatch(nonce) and hmac.compare_digest(wanted.encode(), token.encode())
    if elsewhere or not whole:
        raise FormNotOurs


def _acting(request: Asked, person: str) -> Acting | None:
    instance, now = instance_of(request), instance_of(request).clock()
    open_ = read_acting(instance.session_key, request.cookies.get(ACTING), person, now)
    if open_ is None:
        return None
    with instance.store.read() as unit:
        held = held_by(unit, person, open_, now)
        giver = unit.people([held.of]).get(held.of) if held else None
    if held is None or giver is None:
        return Acting()
    return Acting(held.as_, giver.name, giver.last_four, held.ends)


def session_cookie(request: Asked, ref: str) -> Cookie:
    """The cookie that signs somebody in for two hours."""
    instance = instance_of(request)
    value = sign_session(instance.session_key, ref, instance.clock() + LIFETIME)
    return _cookie(request, COOKIE, value, LIFETIME)


def no_session(request: Asked) -> Cookie:
    """The cookie that signs out."""
    return _cookie(request, COOKIE, "", 0)


def _cookie(request: Asked, name: str, value: str, age: int | None) -> Cookie:
    return Cookie(key=name, value=value, **kept(request.url.scheme, age))


def _form_token(instance: Instance, nonce: str, ref: str | None) -> str:
    message = b"\0".join((_LABEL, nonce.encode(), (ref or "").encode()))
    return b64url(hmac.digest(instance.session_key, message, "sha256"))

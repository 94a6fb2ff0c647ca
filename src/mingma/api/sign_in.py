"""Sessions: whose page a request asks for, the end of one, and a sign-in for development.

The person is taken from the session and from nothing else: no handler of a person's own data has
a parameter that names one. The development sign-in lets anybody be anybody. It exists only in a
specimen whose settings ask for it, and every answer of it says what it is.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, delete, post
from litestar.datastructures import Cookie, State
from litestar.params import JSONBody

from mingma.api.problems import Asked, check_utf8, no
from mingma.app import Instance
from mingma.flows.show_code import NoSuchPerson
from mingma.kernel.errors import Refused
from mingma.kernel.times import Instant, print_instant
from mingma.session import COOKIE, DESK, LIFETIME, kept, read_session, sign_session

WARNING_HEADER: Final = "Mingma-Warning"
WARNING: Final = "development sign-in: anybody can be anybody here; specimen, proves nothing"


class NotSignedIn(Refused):
    """A person's own data, asked for without a session."""

    slug = "session.none"
    status = 401
    zh = "尚未登录,或登录已过期"
    en = "nobody is signed in, or the session is over"
    remedy_zh = "请登录后再试"
    remedy_en = "sign in and try again"


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to be: a reference of somebody enrolled."""

    subject: str


class SignedIn(msgspec.Struct):
    """Until when, and the warning."""

    expires: str
    warning: str


def signed_in(request: Asked) -> str:
    """The reference of the person signed in; raises NotSignedIn, also at the desk."""
    instance: Instance = request.app.state.instance
    ref = read_session(instance.session_key, request.cookies.get(COOKIE), instance.clock())
    if ref is None or ref == DESK:
        raise NotSignedIn
    return ref


@post(
    "/v1/session/development",
    status_code=200,
    sync_to_thread=True,
    before_request=check_utf8,
    tags=["session"],
    summary="Be anybody (development only)",
    responses=no(400, 404),
)
def sign_in_for_development(
    request: Asked, state: State, data: JSONBody[Wanted]
) -> Response[SignedIn]:
    """Sign in as anybody enrolled. Exists only in a specimen under development."""
    instance: Instance = state.instance
    with instance.store.read() as unit:
        if data.subject not in unit.people([data.subject]):
            raise NoSuchPerson
    expires = Instant(instance.clock() + LIFETIME)
    value = sign_session(instance.session_key, data.subject, expires)
    return Response(
        SignedIn(print_instant(expires), WARNING),
        headers={WARNING_HEADER: WARNING},
        cookies=[_cookie(request, value, LIFETIME)],
    )


@delete("/v1/session", status_code=200, sync_to_thread=False, tags=["session"], summary="Sign out")
def end_session(request: Asked) -> Response[dict[str, Any]]:
    """Forget who is signed in; nothing is written here, the browser drops its cookie."""
    return Response({}, cookies=[_cookie(request, "", 0)])


def _cookie(request: Asked, value: str, age: int) -> Cookie:
    return Cookie(key=COOKIE, value=value, **kept(request.url.scheme, age))

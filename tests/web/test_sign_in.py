"""The development sign-in, and the token of every form."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from mingma.kernel.times import HOUR
from mingma.session import COOKIE, DESK, sign_session
from mingma.web.visitor import FORM_COOKIE
from tests.web.reading import plain
from tests.web.site import Site, site


def cookie(answer: httpx.Response, name: str) -> str:
    """The Set-Cookie line of a cookie."""
    lines = answer.headers.get_list("set-cookie")
    return next(line for line in lines if line.startswith(f"{name}="))


def test_a_visitor_can_be_one_of_the_demo_people(visit: Site) -> None:
    answer = visit.post("/sign-in", ref="p-red")
    assert (answer.status_code, answer.headers["location"]) == (303, "/code")
    line = cookie(answer, COOKIE)
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {part.strip() for part in line.split(";")}
    assert "W*" in visit.text("/code")


def test_the_start_page_warns_that_the_sign_in_is_for_development(visit: Site) -> None:
    page = visit.text("/")
    assert 'class="warning"' in page
    assert "开发登录已开启" in plain(page)
    assert "绿码：无事" in page
    english = visit.text("/?lang=en")
    assert "For development only" in english
    assert "Green: nothing" in english


@pytest.mark.parametrize("ref", ["p-stranger", "", "p-green\x00", "x" * 5000])
def test_nobody_signs_in_as_a_person_the_demo_does_not_name(visit: Site, ref: str) -> None:
    answer = visit.post("/sign-in", ref=ref)
    assert answer.status_code == 403
    assert "sign_in.nobody" in answer.text
    assert visit.get("/code").status_code == 401


def test_where_sign_in_is_off_nobody_signs_in_and_no_list_is_shown(closed: Site) -> None:
    assert 'id="people"' not in closed.text("/")
    for ref in ("p-red", DESK):
        assert closed.post("/sign-in", ref=ref).status_code == 403
    assert "本机没有开启登录" in plain(closed.get("/code").text)


def test_a_desk_session_counts_for_nothing_where_sign_in_is_off(closed: Site) -> None:
    key, now = closed.scene.instance.session_key, closed.scene.clock()
    closed.client.cookies.set(COOKIE, sign_session(key, DESK, now + HOUR))
    assert closed.get("/import").status_code == 401


def test_a_session_ends_after_two_hours(visit: Site) -> None:
    visit.sign_in("p-red")
    visit.scene.clock.forward(2 * HOUR - 1)
    assert visit.get("/code").status_code == 200
    visit.scene.clock.forward(1)
    assert visit.get("/code").status_code == 401


def test_signing_out_ends_the_session(visit: Site) -> None:
    visit.sign_in("p-red")
    answer = visit.post("/sign-out")
    assert answer.status_code == 303
    assert "Max-Age=0" in cookie(answer, COOKIE)
    assert visit.get("/code").status_code == 401


@pytest.mark.parametrize("path", ["/code", "/me/notices", "/import"])
def test_a_page_of_ones_own_asks_to_sign_in(visit: Site, path: str) -> None:
    answer = visit.get(path)
    assert answer.status_code == 401
    assert "请先登录" in answer.text


def test_the_desk_has_no_code_and_a_person_no_desk(visit: Site) -> None:
    visit.to_desk()
    assert visit.get("/code").status_code == 401
    visit.sign_in("p-red")
    assert visit.get("/import").status_code == 401


def test_a_person_nobody_enrolled_is_told_so(visit: Site) -> None:
    key, now = visit.scene.instance.session_key, visit.scene.clock()
    visit.client.cookies.set(COOKIE, sign_session(key, "p-stranger", now + HOUR))
    for path in ("/code", "/me/notices"):
        answer = visit.get(path)
        assert answer.status_code == 404
        assert "person.unknown" in answer.text


# -- the token of forms

UNKNOWN_CHARSET = b"\r\n".join(
    [
        b"--b",
        b'Content-Disposition: form-data; name="a"',
        b"Content-Type: text/plain; charset=none-such",
        b"",
        b"x",
        b"--b--",
        b"",
    ]
)
FORMS = ("/sign-in", "/sign-out", "/gate", "/import", "/import/abc/confirm")


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", [None, "", "x", "é"])
def test_a_form_without_this_visits_token_does_nothing(
    visit: Site, path: str, token: str | None
) -> None:
    visit.to_desk()
    fields = {"ref": "p-red"} | ({} if token is None else {"form_token": token})
    answer = visit.client.post(path, data=fields, follow_redirects=False)
    assert answer.status_code == 403
    assert "form.not_ours" in answer.text
    assert visit.get("/import").status_code == 200  # still signed in as before


def test_another_visits_token_is_refused(visit: Site) -> None:
    stolen = visit.another().token()
    visit.get("/gate")
    answer = visit.client.post("/sign-in", data={"form_token": stolen, "ref": "p-red"})
    assert answer.status_code == 403


def test_a_token_from_before_the_sign_in_is_refused_after_it(visit: Site) -> None:
    before = visit.token()
    visit.sign_in("p-green")
    answer = visit.client.post("/sign-in", data={"form_token": before, "ref": "p-red"})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_sent_from_another_site_is_refused(visit: Site, site: str) -> None:
    data = {"form_token": visit.token(), "ref": "p-red"}
    answer = visit.client.post("/sign-in", data=data, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_without_the_form_cookie_the_token_is_worth_nothing(visit: Site) -> None:
    data = {"form_token": visit.token(), "ref": "p-red"}
    visit.client.cookies.delete(FORM_COOKIE)
    assert visit.client.post("/sign-in", data=data).status_code == 403


def test_the_form_cookie_is_strict(visit: Site) -> None:
    parts = {part.strip() for part in cookie(visit.get("/"), FORM_COOKIE).split(";")}
    assert {"HttpOnly", "SameSite=strict"} <= parts


def test_over_https_the_cookies_are_secure(tmp_path: Path) -> None:
    with site(tmp_path) as visit:
        answer = visit.client.get("https://testserver.local/")
        assert "Secure" in cookie(answer, FORM_COOKIE)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"form_token=%FF", "application/x-www-form-urlencoded"),
        (b"--b\r\nnonsense", "multipart/form-data; boundary=b"),
        (b"--b--", "multipart/form-data"),
        (
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xfe\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (UNKNOWN_CHARSET, "multipart/form-data; boundary=b"),
        (b"a=1&a=2", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", ""),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_in_words(
    visit: Site, body: bytes, kind: str
) -> None:
    answer = visit.client.post("/gate", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 403)
    assert "<h1>没有" in answer.text

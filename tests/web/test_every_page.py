"""What holds for every page, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from mingma.session import DESK
from tests.web.reading import read
from tests.web.site import Site, site

PAGES = (
    ("/", None),
    ("/gate", None),
    ("/packs", None),
    ("/packs/cn-henan-2021-08", None),
    ("/log", None),
    ("/log/1", None),
    ("/public", None),
    ("/code", None),
    ("/nowhere", None),
    ("/", "p-green"),
    ("/code", "p-green"),
    ("/code", "p-yellow"),
    ("/code", "p-red"),
    ("/code", "p-notice"),
    ("/code/paper", "p-red"),
    ("/code/paper", "p-green"),
    ("/me/notices", "p-red"),
    ("/me/looks", "p-red"),
    ("/me/check-ins", "p-red"),
    ("/me/delegates", "p-red"),
    ("/me/appeals", "p-red"),
    ("/places", None),
    ("/places", "p-red"),
    ("/me/notices", "p-green"),
    ("/import", DESK),
)
LANGUAGES = {"zh": "zh-CN", "en": "en"}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One instance for the module: these tests only read."""
    with site(tmp_path_factory.mktemp("pages")) as made:
        yield made


def served(visit: Site, path: str, ref: str | None, lang: str) -> str:
    one = visit.another()
    if ref:
        one.sign_in(ref)
    return one.get(f"{path}?lang={lang}").text


every_page = pytest.mark.parametrize(
    ("path", "ref", "lang"),
    [(path, ref, lang) for path, ref in PAGES for lang in LANGUAGES],
    ids=str,
)


@every_page
def test_a_page_says_its_language_and_is_well_formed(
    visit: Site, path: str, ref: str | None, lang: str
) -> None:
    html = served(visit, path, ref, lang)
    page = read(html)
    assert f'<html lang="{LANGUAGES[lang]}"' in html
    assert len(page.ids) == len(set(page.ids))
    assert set(page.labelled) <= set(page.ids)
    assert page.headings.count("h1") == 1
    levels = [int(heading[1]) for heading in page.headings]
    assert all(b - a <= 1 for a, b in pairwise(levels)), levels


@every_page
def test_a_page_loads_nothing_from_elsewhere_and_has_nothing_inline(
    visit: Site, path: str, ref: str | None, lang: str
) -> None:
    page = read(served(visit, path, ref, lang))
    assert page.inline == []
    assert page.loads
    addresses = [address for _, address in page.loads] + page.links
    addresses += [form.get("action", "") for form in page.forms]
    assert [one for one in addresses if not re.match(r"(/(?!/)|\?|#)", one)] == []


@every_page
def test_every_page_of_a_specimen_says_that_it_proves_nothing(
    visit: Site, path: str, ref: str | None, lang: str
) -> None:
    html = served(visit, path, ref, lang)
    assert "样本，不证明任何事" in html
    assert "specimen, proves nothing" in html
    assert 'class="specimen"' in html  # the stripes


@pytest.mark.parametrize(
    ("path", "ref"), [row for row in PAGES if not row[0].startswith("/packs/")], ids=str
)
def test_nothing_chinese_is_left_in_an_english_page(
    visit: Site, path: str, ref: str | None
) -> None:
    assert read(served(visit, path, ref, "en")).untranslated() == []


@every_page
def test_every_form_that_changes_something_carries_the_token(
    visit: Site, path: str, ref: str | None, lang: str
) -> None:
    page = read(served(visit, path, ref, lang))
    assert page.tokens == sum(form.get("method") == "post" for form in page.forms)


@pytest.mark.parametrize("path", ["/", "/code", "/gate", "/log", "/nowhere", "/import"])
def test_the_policy_allows_only_our_own_files(visit: Site, path: str) -> None:
    headers = visit.get(path).headers
    assert set(headers["content-security-policy"].split("; ")) == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_every_file_a_page_loads_is_there_with_its_type(visit: Site) -> None:
    page = read(served(visit, "/code", "p-red", "zh"))
    types = {address: visit.get(address) for _, address in page.loads}
    assert {answer.status_code for answer in types.values()} == {200}
    kinds = {address.split("?")[0]: a.headers["content-type"] for address, a in types.items()}
    assert kinds["/static/style.css"].startswith("text/css")
    assert "javascript" in kinds["/static/code.js"]
    assert all(a.headers["x-content-type-options"] == "nosniff" for a in types.values())


def test_every_link_of_our_own_leads_somewhere(visit: Site) -> None:
    one = visit.another()
    one.sign_in("p-red")
    links = {link for path, _ in PAGES for link in read(one.get(path).text).links}
    paths = {link.split("#")[0] for link in links if link.startswith("/")} - {"", "/import"}
    assert {path: one.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_the_language_is_remembered_and_chinese_comes_first(tmp_path: Path) -> None:
    with site(tmp_path) as visit:
        assert '<html lang="zh-CN"' in visit.text("/")
        assert '<html lang="en"' in visit.text("/?lang=en")
        assert '<html lang="en"' in visit.text("/gate")
        assert '<html lang="en"' in visit.text("/?lang=fr")
        assert '<html lang="zh-CN"' in visit.text("/?lang=zh")


def test_the_other_language_keeps_what_was_asked(visit: Site) -> None:
    assert "?before=5&amp;lang=en" in visit.text("/log?before=5")

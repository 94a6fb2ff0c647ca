"""Somebody lets a relative act for her, in two real browsers; and what an error leaves standing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.serving import Served, served
from tests.web.site import PEOPLE
from tests.web.test_delegates_page import MOTHER, enrolled_on

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server; the mother is one of its people."""
    with served(tmp_path_factory.mktemp("served")) as made:
        enrolled_on(made.scene, MOTHER)
        yield made


def visit(chromium: Browser, site: Served) -> Page:
    context = chromium.new_context(base_url=site.address, locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name=re.compile(f"^以 {re.escape(name)} 登录")).first.click()
    page.wait_for_url("**/code")


def test_a_relative_is_named_acts_is_seen_and_is_ended(chromium: Browser, site: Served) -> None:
    hers, theirs = visit(chromium, site), visit(chromium, site)
    red = next(name for ref, name, *_ in PEOPLE if ref == "p-red")

    # (1) A first try goes wrong; what was typed is still there, and the field is marked.
    sign_in(hers, red)
    hers.get_by_role("link", name="代办与监护").click()
    hers.get_by_label("证件号码", exact=True).fill(MOTHER["number"])
    hers.get_by_label("您怎么称呼对方（可不填）").fill("女儿")
    hers.get_by_label("亲友代办几天").fill("0")
    hers.get_by_role("button", name="出具凭据").click()
    expect(hers.get_by_role("alert")).to_contain_text("1 到 365")
    expect(hers.get_by_label("证件号码", exact=True)).to_have_value(MOTHER["number"])
    expect(hers.get_by_label("亲友代办几天")).to_have_attribute("aria-invalid", "true")

    # (2) The second names her; going back and sending the same again names nobody twice.
    hers.get_by_label("亲友代办几天").fill("30")
    hers.get_by_role("button", name="出具凭据").dblclick()
    expect(hers.locator("#given li")).to_have_count(1)
    expect(hers.locator("#given")).to_contain_text("女儿")

    # (3) The relative shows the code: it says for whom, by keyboard and back to herself.
    sign_in(theirs, "M*")
    theirs.goto("/me/delegates")
    button = theirs.get_by_role("button", name=f"替 {red}")
    button.focus()
    theirs.keyboard.press("Enter")
    theirs.wait_for_url("**/code")
    expect(theirs.locator("#word")).to_have_text("红码")
    expect(theirs.get_by_text("由他人代为出示")).to_be_visible()
    expect(theirs.get_by_role("region", name="代办与监护")).to_contain_text(red)
    expect(theirs.locator("#history")).to_have_count(0)

    # (4) She reads it in her log, and ends it while it is open there.
    hers.goto("/me/looks")
    expect(hers.locator("main")).to_contain_text("代您亮码")
    hers.goto("/me/delegates")
    hers.get_by_role("button", name="收回凭据：女儿").click()
    expect(hers.locator("#given")).to_contain_text("结束")
    theirs.goto("/code")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("没有办成")
    theirs.get_by_role("button", name="办自己的事").click()
    theirs.wait_for_url("**/code")
    expect(theirs.locator("#word")).to_have_text("绿码")
    expect(theirs.get_by_role("region", name="代办与监护")).to_have_count(0)
    for page in (hers, theirs):
        page.context.close()


def test_what_was_typed_survives_the_end_of_the_session(chromium: Browser, site: Served) -> None:
    page = visit(chromium, site)
    sign_in(page, next(name for ref, name, *_ in PEOPLE if ref == "p-red"))
    page.goto("/me/appeals")
    page.get_by_label("证据 1 的内容或存放处").fill("机票 CZ1234，当天不在郑州")
    page.context.clear_cookies(name="mingma_session")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请先登录")
    expect(page.locator("main")).to_contain_text("机票 CZ1234，当天不在郑州")
    page.context.close()

"""The pages in a real browser: a phone's size, a keyboard, no script, a lost network, a printer."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mingma.codes.check import check
from mingma.codes.results import Result
from mingma.engines.pictures import read_codes
from tests.browser.serving import Served, served
from tests.flows.test_dispute_check_in import scan
from tests.instances import withdrawal
from tests.web.site import PEOPLE

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
COLOURS = {"p-green": "绿码", "p-yellow": "黄码", "p-red": "红码", "p-notice": "绿码"}
EVERYWHERE = (
    "/", "/code", "/me/notices", "/gate", "/packs", "/packs/cn-henan-2021-08", "/log", "/log/2",
    "/places", "/me/appeals", "/me/check-ins", "/me/delegates", "/me/looks", "/public", "/nowhere",
)  # fmt: skip
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the module; a test that changes somebody's evidence changes it back."""
    with served(tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.fixture
def visit(chromium: Browser, site: Served) -> Iterator[Open]:
    """Opens visits of their own; none may ask another site for anything, or fail in its script."""
    faults: list[str] = []
    contexts = []

    def open_one(**options: Any) -> Page:
        context = chromium.new_context(
            base_url=site.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            **{"viewport": PHONE, **options},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("console", lambda said: _listen(faults, said.type, said.text))
        page.on("request", lambda asked: _stranger(faults, site.address, asked.url))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


def _listen(faults: list[str], kind: str, text: str) -> None:
    expected = "status of 40" in text or "ERR_FAILED" in text  # what the test itself asked for
    if kind in ("error", "warning") and not expected:
        faults.append(f"console: {text}")


def _stranger(faults: list[str], ours: str, address: str) -> None:
    if not address.startswith((f"{ours}/", "data:", "blob:")):
        faults.append(f"third party: {address}")


def sign_in(page: Page, ref: str) -> Page:
    """Be one of the demo's people, by the button on the start page."""
    name = next((name for one, name, *_ in PEOPLE if one == ref), "导入台（演示）")
    page.goto("/")
    page.get_by_role("button", name=re.compile(f"^以 {re.escape(name)} 登录")).click()
    page.wait_for_url(re.compile(r"/(code|import)$"))
    return page


# -- a person, her code, and the gate


@pytest.mark.parametrize("ref", COLOURS)
def test_the_code_on_the_screen_is_read_checked_offline_and_known_at_the_gate(
    visit: Open, site: Served, tmp_path: Path, ref: str
) -> None:
    # (1) What the person sees on her phone.
    page = sign_in(visit(device_scale_factor=2), ref)
    expect(page.locator("#word")).to_have_text(COLOURS[ref])
    expect(page.get_by_role("img", name="供卡口扫描的二维码").locator("svg")).to_be_visible()
    picture = tmp_path / "screen.png"
    page.screenshot(path=picture)

    # (2) A checker without a network reads the picture of her screen.
    texts = read_codes(picture.read_bytes())
    assert texts == (page.locator("#token").text_content(),)
    instance = site.scene.instance
    seen = check(texts[0], instance.clock(), trust=instance.trust, specimen=True)
    assert (seen.result, seen.colour) == (Result.OK, page_colour(page))

    # (3) The gate's page reads the same picture, and shows no more than it may.
    gate = visit()
    gate.goto("/gate")
    gate.get_by_label("二维码图片").set_input_files(picture)
    gate.get_by_role("button", name="核验").click()
    result = gate.locator("#result")
    expect(result).to_have_attribute("data-result", "OK")
    expect(result).to_contain_text(COLOURS[ref])
    expect(result).to_contain_text("样本凭证")
    _, name, last, _ = next(row for row in PEOPLE if row[0] == ref)
    expect(result).to_contain_text(name)
    expect(result).to_contain_text(last)
    words = gate.locator("main").inner_text()
    assert not any(said in words for said in ("密切接触者", "HA-R3", "流调", "集中隔离"))


def page_colour(page: Page) -> str:
    """The colour the page is drawn in."""
    names = page.locator("#colour").get_attribute("class") or ""
    return names.rpartition("colour--")[2]


def test_the_gate_reads_a_pasted_text(visit: Open) -> None:
    page = sign_in(visit(), "p-yellow")
    text = page.locator("#token").text_content() or ""
    page.goto("/gate")
    page.get_by_label("凭证文字").fill(text)
    page.get_by_role("button", name="核验").click()
    expect(page.locator("#result")).to_contain_text("黄码")


# -- refreshing


def test_the_code_is_refreshed_and_the_page_says_so(visit: Open, site: Served) -> None:
    page = sign_in(visit(), "p-green")
    before = page.locator("#token").text_content()
    expect(page.locator("#countdown")).to_contain_text("秒后自动刷新")
    site.scene.clock.forward(5)
    page.get_by_role("link", name="立即刷新").click()
    expect(page.locator("#news")).to_have_text("已刷新：绿码")
    expect(page.locator("#queried")).to_contain_text("15:00:05")
    assert page.locator("#token").text_content() != before
    picture = page.locator("#qr").screenshot()
    assert read_codes(picture) == (page.locator("#token").text_content(),)


def test_a_change_of_colour_shows_at_the_next_refresh(visit: Open, site: Served) -> None:
    page = sign_in(visit(), "p-notice")
    expect(page.get_by_role("heading", name="提示（不是颜色）")).to_be_visible()
    site.scene.send(withdrawal("m1", "w-m1", "p-notice", hours=2.5))
    page.get_by_role("link", name="立即刷新").click()
    expect(page.get_by_role("heading", name="提示（不是颜色）")).to_have_count(0)


def test_without_a_network_the_last_result_stays_with_its_time(visit: Open) -> None:
    page = sign_in(visit(), "p-green")
    queried = page.locator("#queried").text_content()
    page.route("**/code", lambda route: route.abort())
    page.get_by_role("link", name="立即刷新").click()
    expect(page.locator("#news")).to_contain_text("刷新没有成功")
    expect(page.locator("#word")).to_have_text("绿码")
    assert page.locator("#queried").text_content() == queried


def test_a_code_that_ran_out_on_the_phone_says_lapsed_in_no_colour(visit: Open) -> None:
    page = visit()
    page.clock.install()
    sign_in(page, "p-red")
    page.route("**/code", lambda route: route.abort())
    page.clock.fast_forward("13:00:00")
    expect(page.locator("#lapsed")).to_be_visible()
    expect(page.locator("#qr-lapsed")).to_be_visible()
    expect(page.locator("#colour")).to_be_hidden()
    expect(page.locator("#qr")).to_be_hidden()


def test_a_session_that_ended_leads_to_the_sign_in(visit: Open) -> None:
    page = sign_in(visit(), "p-green")
    page.context.clear_cookies()
    page.get_by_role("link", name="立即刷新").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("请先登录")


# -- her own word


def test_what_was_not_she_is_said_with_a_press(visit: Open, site: Served) -> None:
    entered = [scan(f"in-{grade}", "p-green", grade=grade) for grade in "AB"]
    site.scene.send(*entered)
    page = sign_in(visit(), "p-green")
    page.get_by_role("link", name="以我名义的扫码登记").click()
    expect(page.locator("#check-ins li")).to_have_count(len(entered))
    button = page.get_by_role("button", name=re.compile("^这不是我"))
    expect(button).to_have_count(1)
    button.dblclick()
    expect(page.get_by_role("status")).to_contain_text("那次不是您")
    expect(page.locator("#check-ins .over")).to_contain_text("不再作数")
    expect(button).to_have_count(0)
    page.locator("#check-ins").get_by_role("link", name="申诉").click()
    page.wait_for_url("**/me/appeals")


def test_whoever_was_turned_away_complains_and_everybody_reads_the_count(visit: Open) -> None:
    # (1) A first try is about a place that may ask: all she chose is still there.
    page = sign_in(visit(), "p-red")
    page.goto("/places")
    page.get_by_role("button", name="投诉").click()  # nothing is chosen: the browser asks for it
    page.get_by_label("场所类别").select_option("机场")
    page.get_by_label("县区").select_option("金水区")
    page.get_by_label("出示健康码").check()
    page.get_by_role("button", name="投诉").click()
    expect(page.get_by_role("alert")).to_contain_text("现行清单允许此类场所查码")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(page.get_by_label("县区")).to_have_value("410105")
    expect(page.get_by_label("出示健康码")).to_be_checked()

    # (2) The second counts.
    page.get_by_label("场所类别").select_option("商店")
    page.get_by_role("button", name="投诉").click()
    expect(page.get_by_role("status")).to_contain_text("已收下")
    everybody = visit()
    everybody.goto("/places")
    row = everybody.get_by_role("row").filter(has_text="商店")
    expect(row).to_contain_text("合并的县区")  # one is too few to say where
    expect(everybody.get_by_role("link", name="去登录")).to_be_visible()


# -- everybody's browser


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("text", [100, 200], ids=["plain", "text-doubled"])
def test_nothing_is_wider_than_a_phone(visit: Open, lang: str, text: int) -> None:
    page = sign_in(visit(), "p-red")
    wide = []
    for path in EVERYWHERE:
        page.goto(f"{path}?lang={lang}")
        page.evaluate("size => { document.documentElement.style.fontSize = size }", f"{text}%")
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(path)
    assert wide == []


def test_without_a_script_the_page_is_whole_but_for_the_drawn_code(visit: Open) -> None:
    page = sign_in(visit(java_script_enabled=False), "p-red")
    expect(page.locator("#word")).to_have_text("红码")
    expect(page.get_by_text("二维码由浏览器绘制")).to_be_visible()
    page.get_by_text("凭证文字", exact=True).click()
    expect(page.locator("#token")).to_be_visible()
    for heading in ("为什么", "接下来", "谁决定的，怎么申诉", "凭据", "数据有多新"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.get_by_role("link", name="立即刷新").click()
    expect(page.locator("#word")).to_have_text("红码")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_page_has_its_landmarks_and_every_control_its_name(visit: Open, path: str) -> None:
    page = sign_in(visit(), "p-red")
    page.goto(path)
    for role in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    nameless = page.evaluate("""() => [...document.querySelectorAll(
        "a, button, summary, input:not([type=hidden]), textarea, select")]
        .filter((one) => !(one.ariaLabel || one.textContent?.trim() || one.labels?.length))
        .map((one) => one.outerHTML)""")
    assert nameless == []
    small = page.evaluate("""() =>
      [...document.querySelectorAll("button, .button, nav a, .language, .brand")]
        .filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.outerHTML)""")
    assert small == []


def test_everything_is_reached_with_the_keyboard(visit: Open) -> None:
    page = visit()
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    button = page.get_by_role("button", name=re.compile(r"^以 W\* 登录"))
    for _ in range(40):
        if button.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    outline = button.evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/code")
    expect(page.locator("#word")).to_have_text("红码")


def test_on_paper_there_is_the_code_and_nothing_to_click(visit: Open) -> None:
    page = sign_in(visit(), "p-red")
    page.emulate_media(media="print")
    for gone in ("nav", ".refresh", ".foot"):
        expect(page.locator(gone)).to_be_hidden()
    for there in ("#qr svg", "#word", ".band", "#who"):
        expect(page.locator(there)).to_be_visible()


def test_where_colours_are_forced_the_sign_still_shows(visit: Open) -> None:
    page = sign_in(visit(forced_colors="active"), "p-red")
    expect(page.locator("#colour .mark")).to_be_visible()
    kept = page.locator("#colour").evaluate("one => getComputedStyle(one).forcedColorAdjust")
    assert kept == "none"
    assert read_codes(page.locator("#qr").screenshot())


# -- the import desk


def test_a_messy_list_is_looked_over_and_received(visit: Open, tmp_path: Path) -> None:
    rows = [
        ["采样登记"],
        ["姓名", "联系电话", "采样时间", "检测项目", "检测结果", "报告时间"],
        ["孙八", "13800138111", "2022/6/13 8:05", "核酸", "阴性", "2022-06-13 18:00"],
        ["周九", "", "2022/6/13 8:05", "核酸", "阴性", "2022-06-13 18:00"],
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path = tmp_path / "名单.csv"
    path.write_bytes(text.getvalue().encode("gb18030"))

    page = sign_in(visit(), "desk")
    page.get_by_label("名单种类").select_option("检测结果")
    page.get_by_label("文件").set_input_files(path)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator(".count--good")).to_contain_text("1")
    expect(page.locator(".count--bad")).to_contain_text("1")
    expect(page.get_by_text("linelist.nobody")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的行").click()
    assert "周九" in Path(download.value.path()).read_text("utf-8-sig")
    page.get_by_label("检测结果", exact=True).select_option("结果")
    page.get_by_role("button", name="按以上选择重读").click()
    expect(page.locator(".count--good")).to_contain_text("1")
    page.get_by_role("button", name="收下 1 行").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("导入结果")
    expect(page.locator(".count--good")).to_contain_text("1")

"""The two frames of a worse colour on a real screen, read from pictures of it at the gate."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mingma.codes.check import check
from mingma.codes.receipt_frame import write_frame
from mingma.codes.results import Result
from mingma.engines.pictures import read_codes
from mingma.ledger.short_receipt import ShortReceipt
from mingma.session import COOKIE, LIFETIME, sign_session
from tests.browser.serving import Served, served
from tests.cosigned import Proving, proving

pytestmark = pytest.mark.browser

PHONE = {"width": 412, "height": 915}
TURN = 1600  # milliseconds: a little more than a frame stays
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Proving]]:
    """An instance under a policy, its head cosigned."""
    with served(tmp_path_factory.mktemp("proven")) as made:
        proven = proving(made.scene)
        proven.cosign()
        yield made, proven


@pytest.fixture
def visit(chromium: Browser, site: tuple[Served, Proving]) -> Iterator[Open]:
    """Opens somebody's own visits; no script may fail."""
    served, _ = site
    faults: list[str] = []
    contexts = []

    def open_one(ref: str | None = None, **options: Any) -> Page:
        context = chromium.new_context(
            **{
                "base_url": served.address,
                "locale": "zh-CN",
                "viewport": PHONE,
                "device_scale_factor": 2,
                **options,
            }
        )
        contexts.append(context)
        instance = served.scene.instance
        if ref is not None:
            value = sign_session(instance.session_key, ref, instance.clock() + LIFETIME)
            context.add_cookies([{"name": COOKIE, "value": value, "url": served.address}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


def held(page: Page) -> Page:
    """The code page with a clock that the test moves."""
    page.clock.install()
    page.goto("/code")
    expect(page.locator("#qr svg")).to_be_attached()
    return page


def test_the_frames_take_turns_and_a_gate_reads_both(
    visit: Open, site: tuple[Served, Proving], tmp_path: Path
) -> None:
    page = held(visit("p-red"))
    expect(page.locator("#word")).to_have_text("红码")
    seen = []
    for name, there, away in (("1", "#qr", "#qr-receipt"), ("2", "#qr-receipt", "#qr")):
        expect(page.locator(there)).to_be_visible()
        expect(page.locator(away)).to_be_hidden()
        page.screenshot(path=tmp_path / f"{name}.png")
        seen += read_codes((tmp_path / f"{name}.png").read_bytes())
        page.clock.run_for(TURN)
    expect(page.locator("#qr")).to_be_visible()
    token, frame = seen
    assert (token[:4], frame[:5]) == ("HC1:", "MCR1:")

    # A checker without a network, its landmarks loaded beforehand.
    served, proven = site
    instance = served.scene.instance
    found = check(
        token, instance.clock(), trust=instance.trust, receipt=frame, landmarks=proven.landmarks()
    )
    assert (found.result, found.colour) == (Result.OK, "red")

    # The gate's page, from the two pictures; from one alone it is nobody's red.
    gate = visit()
    for pictures, result in ((("1", "2"), "OK"), (("1",), "UNPROVEN")):
        gate.goto("/gate")
        for name, label in zip(pictures, ("二维码图片", "第二张图片"), strict=False):
            gate.get_by_label(label).set_input_files(tmp_path / f"{name}.png")
        gate.get_by_role("button", name="核验").click()
        expect(gate.locator("#result")).to_have_attribute("data-result", result)
    expect(gate.locator("#result")).to_contain_text("柜台")
    expect(gate.locator("#result")).not_to_contain_text("红码:")


def test_where_motion_is_unwelcome_both_frames_stand_in_one_picture(
    visit: Open, tmp_path: Path
) -> None:
    wide = {"width": 900, "height": 1200}
    page = held(visit("p-red", reduced_motion="reduce", viewport=wide))
    for _ in range(3):
        for frame in ("#qr", "#qr-receipt"):
            expect(page.locator(frame)).to_be_visible()
        page.clock.run_for(TURN)
    page.screenshot(path=tmp_path / "both.png", full_page=True)
    gate = visit()
    gate.goto("/gate")
    gate.get_by_label("二维码图片").set_input_files(tmp_path / "both.png")
    gate.get_by_role("button", name="核验").click()
    expect(gate.locator("#result")).to_have_attribute("data-result", "OK")
    expect(gate.locator("#result")).to_contain_text("红码")


def test_the_holder_can_have_both_shown_at_once_and_back(visit: Open) -> None:
    page = held(visit("p-red"))
    button = page.get_by_role("button", name="并排显示")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    for frame in ("#qr", "#qr-receipt"):
        expect(page.locator(frame)).to_be_visible()
    button.click()
    page.clock.run_for(2 * TURN)
    visible = [page.locator(one).is_visible() for one in ("#qr", "#qr-receipt")]
    assert sorted(visible) == [False, True]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_green_has_one_frame_that_stays(visit: Open) -> None:
    page = held(visit("p-green"))
    page.clock.run_for(TURN)
    expect(page.locator("#qr")).to_be_visible()
    expect(page.locator("#qr-receipt")).to_have_count(0)


def test_a_code_that_ran_out_hides_both_frames(visit: Open) -> None:
    page = held(visit("p-red"))
    page.route("**/code", lambda route: route.abort())
    page.clock.fast_forward("13:00:00")
    expect(page.locator("#lapsed")).to_be_visible()
    for frame in ("#qr", "#qr-receipt"):
        expect(page.locator(frame)).to_be_hidden()


def test_on_paper_there_are_both_frames(visit: Open) -> None:
    page = held(visit("p-red"))
    page.emulate_media(media="print")
    for frame in ("#qr svg", "#qr-receipt svg"):
        expect(page.locator(frame)).to_be_visible()


def test_the_receipt_is_kept_by_a_link(visit: Open) -> None:
    page = held(visit("p-red"))
    with page.expect_download() as download:
        page.get_by_role("link", name="保存这项判定的回执").click()
    assert download.value.suggested_filename == "decision-1.tlog-proof"
    assert Path(download.value.path()).read_bytes().startswith(b"c2sp.org/tlog-proof@v1\nextra ")


@pytest.mark.parametrize(
    ("size", "hashes"), [(2**25 + 1, 26), (2**32 - 1, 32), (2**40, 40)], ids=["23", "25", "28"]
)
def test_the_receipt_of_a_large_log_is_read_from_a_phone(
    visit: Open, tmp_path: Path, size: int, hashes: int
) -> None:
    chance = random.Random(size)
    siblings = tuple(chance.randbytes(32) for _ in range(hashes))
    text = write_frame(ShortReceipt(chance.randbytes(178), size - 1, size, siblings))
    page = held(visit("p-red"))
    page.clock.run_for(TURN)
    page.evaluate(
        """async (text) => {
            const { draw } = await import(document.querySelector("script[type=module]").src
                .replace("code.js", "qr.js"));
            draw(document.getElementById("qr-receipt"), text);
        }""",
        text,
    )
    page.screenshot(path=tmp_path / "large.png")
    assert read_codes((tmp_path / "large.png").read_bytes()) == (text,)


def test_a_pass_note_drawn_on_a_screen_opens_its_door(visit: Open, tmp_path: Path) -> None:
    page = held(visit("p-red"))
    page.locator("#object summary", has_text="提出").first.click()
    page.select_option("#appeal-asked", "urgent")
    page.select_option("#appeal-ground", "exam")
    page.locator('#object form[action="/me/appeals#complaint"] button[type="submit"]').click()
    drawn = page.locator("[data-note-in]")
    expect(drawn.locator("svg")).to_be_attached()
    page.goto("/me/appeals")  # the page of appeals draws it too
    expect(drawn.locator("svg")).to_be_visible()
    drawn.screenshot(path=tmp_path / "note.png")
    gate = visit()
    gate.goto("/gate")
    gate.select_option("#place", "school")
    gate.set_input_files("#picture", tmp_path / "note.png")
    gate.locator('form[action="/gate"] button[type="submit"]').click()
    expect(gate.locator('[data-result="ENTRY"]')).to_be_visible()
    expect(gate.locator("#result")).to_contain_text("3317")
    page.screenshot(path=tmp_path / "page.png", full_page=True)
    gate.screenshot(path=tmp_path / "gate.png", full_page=True)

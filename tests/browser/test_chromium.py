"""The browser that the page tests use."""

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DRAWN = """text => {
  const canvas = document.createElement("canvas")
  const pen = canvas.getContext("2d")
  pen.font = "40px sans-serif"
  pen.fillText(text, 0, 60)
  return canvas.toDataURL()
}"""


def test_chinese_is_drawn_in_a_font_that_has_it(page: Page) -> None:
    drawn = {page.evaluate(DRAWN, character) for character in "明码绿黄红"}
    assert len(drawn) == len("明码绿黄红"), "all are the same box: install fonts-noto-cjk"


def test_pages_are_asked_for_in_chinese(page: Page) -> None:
    assert page.evaluate("navigator.language") == "zh-CN"

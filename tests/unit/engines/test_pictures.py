"""QR codes in pictures: what is drawn is read, whatever the picture's kind and background."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mingma.codes.token import Flags, issue
from mingma.engines import pictures
from mingma.engines.pictures import NotAPicture, looks_like_picture, read_codes
from mingma.kernel.words import Colour
from tests.pictures import draw_code
from tests.unit.codes.forge import office, status

OFFICE = office()
TOKEN = issue(
    status(colour=Colour.RED, leaf=bytes(8), flags=Flags.STATIC | Flags.SPECIMEN),
    OFFICE.kid,
    OFFICE.sign,
)
DRAWN = draw_code(TOKEN)


def image() -> Image.Image:
    return Image.open(io.BytesIO(DRAWN)).convert("L")


def saved(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def test_a_token_survives_being_drawn_and_read() -> None:
    assert read_codes(DRAWN) == (TOKEN,)


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_every_kind_of_picture_is_read(kind: str) -> None:
    data = saved(image(), kind)
    assert looks_like_picture(data)
    assert read_codes(data) == (TOKEN,)


def test_transparency_is_flattened_on_white() -> None:
    grey = image()
    # Black where the code is black, nothing (of black) elsewhere: unreadable unless flattened.
    clear = Image.merge("LA", (Image.new("L", grey.size, 0), grey.point(lambda value: 255 - value)))
    assert clear.convert("L").getextrema() == (0, 0)
    assert read_codes(saved(clear)) == (TOKEN,)
    palette = grey.convert("P")
    assert read_codes(saved(palette, "PNG", transparency=255)) == (TOKEN,)


def test_a_turned_and_small_photograph_is_read() -> None:
    grey = image()
    turned = grey.rotate(20, expand=True, fillcolor=255).resize((520, 520))
    assert read_codes(saved(turned, "JPEG", quality=70)) == (TOKEN,)


def test_all_codes_of_a_picture_are_given() -> None:
    other = Image.open(io.BytesIO(draw_code("https://venue.example/1"))).convert("L")
    both = Image.new("L", (image().width + other.width + 40, 300), 255)
    both.paste(other, (0, 0))
    both.paste(image(), (other.width + 40, 0))
    assert set(read_codes(saved(both))) == {TOKEN, "https://venue.example/1"}


def test_a_picture_of_nothing_shows_no_code() -> None:
    assert read_codes(saved(Image.new("L", (200, 200), 255))) == ()


def test_a_picture_too_large_is_refused_before_it_is_decoded() -> None:
    assert pictures.MAX_PIXELS < 8000 * 8000
    with pytest.raises(NotAPicture):
        read_codes(saved(Image.new("1", (8000, 8000))))
    with pytest.raises(NotAPicture):
        read_codes(DRAWN + bytes(pictures.MAX_BYTES))


@given(st.binary(max_size=60), st.integers(0, len(DRAWN)), st.integers(0, len(DRAWN)))
def test_any_bytes_are_a_picture_or_malformed(data: bytes, start: int, end: int) -> None:
    for whole in (data, DRAWN[:start] + data + DRAWN[end:], b"BM" + data, b"GIF89a" + data):
        try:
            read_codes(whole)
        except NotAPicture:
            continue

"""Reads QR codes in pictures, and draws one for paper, with zxing-cpp and Pillow.

A picture comes from anybody: its kinds and its size are bounded before a pixel is decoded.
Transparency is flattened on white, since a code on nothing reads as black on black.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

import zxingcpp
from PIL import Image

from mingma.kernel.errors import Malformed

KINDS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_BYTES: Final = 20_000_000  # of the file; a telephone's photograph has about 5 MB
MAX_PIXELS: Final = 50_000_000  # decoded; a telephone's camera has 12 to 50 million
_CODES: Final = zxingcpp.barcode_formats_from_str("QRCode,Aztec")  # the two that HC1 travels in
# What Pillow raises for a broken picture, its warnings included where they are errors.
_BROKEN: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_STARTS: Final = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")


class NotAPicture(Malformed):
    """Bytes that are no picture of a kind that is read here, or a picture too large."""

    slug = "picture.unreadable"
    zh = "不是可读的图片(支持 {kinds},至多 {pixels} 像素)"
    en = "not a readable picture ({kinds}, at most {pixels} pixels)"
    remedy_zh = "请另存为 PNG 再试"
    remedy_en = "save it as PNG and try again"


def looks_like_picture(data: bytes) -> bool:
    """Whether the bytes begin as a picture does."""
    return data.startswith(_STARTS)


def read_codes(picture: bytes) -> tuple[str, ...]:
    """The texts of all codes in a picture, none if it shows none; raises NotAPicture."""
    grey = _grey(picture)
    # A drawn code reads at once; a photograph needs every attempt.
    plain = zxingcpp.TextMode.Plain
    quick = zxingcpp.read_barcodes(
        grey, _CODES, try_rotate=False, try_downscale=False, text_mode=plain
    )
    found = quick or zxingcpp.read_barcodes(grey, _CODES, text_mode=plain)
    return tuple(one.text for one in found if one.valid)


def draw_code(text: str) -> tuple[int, str]:
    """The text as a QR code of error correction level M: its side in modules, and an SVG path."""
    code = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")
    pixels = memoryview(code.to_image(scale=1))  # type: ignore[arg-type]
    side = (pixels.shape or (0,))[0]
    black = [divmod(n, side) for n, one in enumerate(pixels.tobytes()) if not one]
    return side, "".join(f"M{x} {y}h1v1h-1z" for y, x in black)


def _grey(picture: bytes) -> Image.Image:
    """The picture in grey, on white where nothing was drawn."""
    if len(picture) > MAX_BYTES:
        raise _no_picture()
    try:
        image = Image.open(io.BytesIO(picture), formats=KINDS)
        if image.width * image.height > MAX_PIXELS:
            raise _no_picture()
        if not image.has_transparency_data:
            return image.convert("L")
        shown = image.convert("RGBA")
    except _BROKEN:
        raise _no_picture() from None
    flat = Image.new("RGBA", shown.size, "white")
    flat.alpha_composite(shown)
    return flat.convert("L")


def _no_picture() -> NotAPicture:
    return NotAPicture(kinds=", ".join(KINDS), pixels=MAX_PIXELS)

"""Pictures of codes, as a screen or a sheet of paper shows them."""

from __future__ import annotations

import io
import re

import zxingcpp
from PIL import Image, ImageDraw

from mingma.engines.pictures import read_codes


def draw_code(text: str, scale: int = 4) -> bytes:
    """A PNG of the text as a QR code of error correction level M."""
    code = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")
    pixels = memoryview(zxingcpp.write_barcode_to_image(code, scale=scale))  # type: ignore[arg-type]
    height, width = pixels.shape or (0, 0)
    drawn = io.BytesIO()
    Image.frombytes("L", (width, height), pixels.tobytes()).save(drawn, "PNG")
    return drawn.getvalue()


def on_paper(page: str) -> list[str]:
    """The texts of the codes that a page draws to be printed, as a scanner reads them off it."""
    found = []
    for side, path in re.findall(
        r'qr-on-paper" viewBox="0 0 (\d+) \d+"[^>]*><path d="([^"]+)"', page
    ):
        sheet = Image.new("L", (int(side) * 4,) * 2, "white")
        pen = ImageDraw.Draw(sheet)
        for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path):
            left, top = int(x) * 4, int(y) * 4
            pen.rectangle((left, top, left + 3, top + 3), fill="black")
        picture = io.BytesIO()
        sheet.save(picture, "PNG")
        found += read_codes(picture.getvalue())
    return found

"""Pictures of codes, as a screen or a sheet of paper shows them."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image


def draw_code(text: str, scale: int = 4) -> bytes:
    """A PNG of the text as a QR code of error correction level M."""
    code = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")
    pixels = memoryview(zxingcpp.write_barcode_to_image(code, scale=scale))  # type: ignore[arg-type]
    height, width = pixels.shape or (0, 0)
    drawn = io.BytesIO()
    Image.frombytes("L", (width, height), pixels.tobytes()).save(drawn, "PNG")
    return drawn.getvalue()

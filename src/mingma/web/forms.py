"""A submitted form: its texts and its file, read within limits, once the visit's token is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from litestar.datastructures import UploadFile

from mingma.api.sign_in import signed_in
from mingma.kernel.errors import Malformed
from mingma.web.visitor import FORM_FIELD, Asked, check_form

# What nobody types: hidden fields and lists to choose from.
UNTYPED: Final = re.compile(
    rf"{FORM_FIELD}|ref|receipt|number|asked|ground|kind|kind_.*|as|.*type|place|of|region|demanded"
)


class FormUnreadable(Malformed):
    """A form that is not text in UTF-8, or says one thing twice."""

    slug = "form.unreadable"
    zh = "没有读懂这份表单"
    en = "the form could not be read"
    remedy_zh = "请返回上一页,检查后再提交一次"
    remedy_en = "go back, check it and send it again"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; its name is what the browser said and is only ever shown."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields by name."""

    texts: Mapping[str, str]
    files: Mapping[str, Upload]

    def text(self, name: str) -> str:
        """A field's text; empty where it was left out."""
        return self.texts.get(name, "")


async def keep_typed(request: Asked) -> None:
    """Remember for this answer what was typed, so that an error page can hand it back."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return  # another site typed it
    request.state.typed = [
        text
        for name, value in await _fields(request)
        if not (UNTYPED.fullmatch(name) or isinstance(value, UploadFile))
        and (text := str(value).strip())
    ]


async def read_form(request: Asked) -> Form:
    """The form of a request that carries this visit's token; raises FormNotOurs or Malformed."""
    await keep_typed(request)
    texts: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for name, value in await _fields(request):
        if name in texts or name in files:
            raise FormUnreadable
        if isinstance(value, UploadFile):
            data = await value.read()
            await value.close()
            files[name] = Upload(value.filename, data)
        else:
            texts[name] = str(value)
    check_form(request, texts.get(FORM_FIELD, ""))
    return Form(texts, files)


async def read_form_in_session(request: Asked) -> Form:
    """The form of a person signed in; raises NotSignedIn, whose page hands back what was typed."""
    await keep_typed(request)
    signed_in(request)
    return await read_form(request)


async def _fields(request: Asked) -> list[tuple[str, Any]]:
    try:
        return list((await request.form()).multi_items())
    except (UnicodeError, LookupError, ValueError):
        raise FormUnreadable from None

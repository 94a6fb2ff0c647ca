"""The gate: a token with its receipt, as texts or pictures, becomes a named result and no more.

A colour worse than green is said only with its receipt, proven under this instance's landmarks. No
reason, no history, no reference; nothing is kept of what was checked. What cannot be checked is
drawn in no colour. At a place where no code may be asked for, nothing shown is even read (P17). The
pass note of an urgent matter lets its holder in where it says, whatever her colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread

from mingma.app import Instance
from mingma.appeals.pass_note import FIRST_LINE, opens
from mingma.authority.places import PROTECTED, TITLES, PlaceClass, place_class
from mingma.codes.check import check
from mingma.codes.outcome import Checked
from mingma.codes.results import REASONS
from mingma.codes.token import MAX_TEXT, Flags
from mingma.engines.pictures import MAX_BYTES, read_codes
from mingma.flows.check_token import ReadCodes, check_pictures, frames_in
from mingma.flows.place_policy import policy_at
from mingma.kernel.errors import Malformed
from mingma.web.forms import Form, read_form
from mingma.web.render import page
from mingma.web.visitor import Asked, instance_of, visitor_of

PICTURES: Final = ("picture", "receipt")  # of token and receipt, in either order, or one of both
FORM_ROOM: Final = 64 * 1024  # bytes a form has beside its pictures


@get("/gate", sync_to_thread=True)
def gate(request: Asked) -> Response[Any]:
    """The form."""
    return _form(request)


@post("/gate", request_max_body_size=MAX_BYTES + FORM_ROOM)
async def check_code(request: Asked) -> Response[Any]:
    """The form with the result of what was sent."""
    form = await read_form(request)
    return await sync_to_thread(_answer, request, form)


def _answer(request: Asked, form: Form) -> Response[Any]:
    visitor = visitor_of(request)
    place = form.text("place")
    if place and not _asks(instance_of(request), place_class(place)):
        return _form(request, waived=place_class(place))
    pictures = [form.files[name].data for name in PICTURES if name in form.files]
    read = cache(read_codes)
    note = _pass_note([form.text("text"), *_texts(pictures, read)])
    if note:
        return _let_in(request, note, place)
    # A token may hold spaces, at its end too; line breaks come from where it was pasted.
    text, receipt = frames_in(form.text("text"))
    if not pictures and not text.strip():
        return _form(request, "gate.nothing", typed=form)
    if not pictures and len(text) > MAX_TEXT:
        return _form(request, "gate.text.long", typed=form)
    instance = instance_of(request)
    checked = _check(instance, text, receipt, pictures, read)
    words, bearer = checked.words, checked.bearer
    chinese = visitor.lang == "zh"
    result = {
        "name": checked.result.value,
        "reasons": [one for one in checked.reasons if one in REASONS],
        "colour": checked.colour,
        "words": words.zh if chinese else words.en,
        "next": words.next_zh if chinese else words.next_en,
        "issued_at": bearer.issued_at if bearer else None,
        "holder": bearer.name if bearer else "",
        "last_four": bearer.last_four if bearer else "",
        "specimen": bearer is not None and Flags.SPECIMEN in bearer.flags,
        "family": bearer is not None and Flags.FAMILY in bearer.flags,
    }
    return page(
        request, "gate.html",
        visitor=visitor, result=result, entry=None, waived="", complaint="", place=place, typed="",
    )  # fmt: skip


def _texts(pictures: Iterable[bytes], read: ReadCodes) -> Iterator[str]:
    """What the codes in some pictures say; one that is no picture says nothing."""
    for picture in pictures:
        with suppress(Malformed):
            yield from read(picture)


def _pass_note(texts: Iterable[str]) -> str:
    """The pass note among what is shown, its lines as it has them; empty where there is none."""
    found = next((one for one in texts if one.lstrip().startswith(FIRST_LINE)), "")
    return "".join(f"{line.rstrip()}\n" for line in found.strip().splitlines())


def _let_in(request: Asked, shown: str, place: str) -> Response[Any]:
    """That a pass note lets its holder in here and now; raises NoPassNote or PassRefused."""
    visitor, instance = visitor_of(request), instance_of(request)
    note = opens(
        shown.encode(), instance.heads.keys, place_class(place), instance.clock(),
        specimen=instance.context.specimen,
    )  # fmt: skip
    return page(
        request, "gate.html",
        visitor=visitor, result=None, entry=note, waived="", complaint="", place=place, typed="",
    )  # fmt: skip


def _form(
    request: Asked,
    complaint: str = "",
    waived: PlaceClass | None = None,
    typed: Form | None = None,
) -> Response[Any]:
    """The form as it was sent, or that nobody is asked for a code at such a place."""
    visitor = visitor_of(request)
    chosen = typed.text("place") if typed else request.query_params.get("place", "")
    side = 0 if visitor.lang == "zh" else 1
    return page(
        request,
        "gate.html",
        visitor=visitor,
        status=400 if complaint else 200,
        result=None,
        entry=None,
        complaint=complaint,
        waived=TITLES[waived][side] if waived else "",
        protected=waived in PROTECTED,
        places=[(place.value, TITLES[place][side]) for place in PlaceClass],
        usual=chosen if chosen in set(PlaceClass) else PlaceClass.RAILWAY_STATION.value,
        place="",
        typed=typed.text("text") if typed else "",
    )


def _asks(instance: Instance, place: PlaceClass) -> bool:
    with instance.store.read() as unit:
        return policy_at(unit, instance.context, instance.clock()).asks(place)


def _check(
    instance: Instance,
    text: str,
    receipt: str | None,
    pictures: list[bytes],
    read: ReadCodes,
) -> Checked:
    now, trust, specimen = instance.clock(), instance.trust, instance.context.specimen
    landmarks = instance.landmarks()
    if pictures:
        return check_pictures(
            pictures, now, read,
            trust=trust, specimen=specimen, receipt=receipt, landmarks=landmarks,
        )  # fmt: skip
    return check(text, now, trust=trust, specimen=specimen, receipt=receipt, landmarks=landmarks)

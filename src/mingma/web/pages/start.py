"""The start page, and the development sign-in: in a specimen anybody can be a demo person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread

from mingma.kernel.errors import Refused
from mingma.ports import Unit
from mingma.session import DESK
from mingma.web.forms import read_form
from mingma.web.render import go_to, page
from mingma.web.visitor import (
    Asked,
    instance_of,
    no_session,
    session_cookie,
    signs_in_people,
)

DEMO_PERSON: Final = "demo_person"  # the kind of records that name people to be


class NoSuchDemoPerson(Refused):
    """A sign-in as somebody who is not one of the demo's people, or where there is none."""

    slug = "sign_in.nobody"
    zh = "不能以此人登录"
    en = "nobody can sign in as this person"
    remedy_zh = "请从首页的演示人员中选择"
    remedy_en = "choose one of the demo's people on the start page"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody the demo lets a visitor be: reference, name to show, and what is special."""

    ref: str
    name: str
    note: str  # in both languages, `绿码 / green`, or in one
    number: str = ""  # of an invented paper, to name a delegate by

    def said(self, lang: str) -> str:
        """The note in a language."""
        zh, _, en = self.note.partition(" / ")
        return zh if lang == "zh" else en or zh


def demo_people(unit: Unit) -> list[DemoPerson]:
    """The demo's people on record."""
    bodies = [json.loads(record.body) for record in unit.records(DEMO_PERSON)]
    return [
        DemoPerson(body["ref"], body["name"], body["note"], body.get("number", ""))
        for body in bodies
    ]


@get("/", sync_to_thread=True)
def start(request: Asked) -> Response[Any]:
    """What this is, whom it protects, and where to go."""
    instance, now = instance_of(request), instance_of(request).clock()
    with instance.store.read() as unit:
        emergency = unit.emergency_at(now)
        counts = unit.statistics()
        people = demo_people(unit) if signs_in_people(instance) else []
    return page(
        request, "start.html", now=now, emergency=emergency, counts=counts, people=people, desk=DESK
    )


@post("/sign-in")
async def sign_in(request: Asked) -> Response[Any]:
    """Be one of the demo's people, or the demo's import desk."""
    form = await read_form(request)
    ref = form.text("ref")
    instance = instance_of(request)

    def known() -> bool:
        with instance.store.read() as unit:
            return ref in {person.ref for person in demo_people(unit)}

    if not signs_in_people(instance) or not (ref == DESK or await sync_to_thread(known)):
        raise NoSuchDemoPerson
    target = "/import" if ref == DESK else "/code"
    return go_to(target, cookies=[session_cookie(request, ref)])


@post("/sign-out")
async def sign_out(request: Asked) -> Response[Any]:
    """End the session."""
    await read_form(request)
    return go_to("/", cookies=[no_session(request)])

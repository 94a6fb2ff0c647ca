"""Which page stands at which address."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.static_files import create_static_files_router

from mingma.web.errors import error_page
from mingma.web.pages import (
    appeals,
    check_ins,
    code,
    delegates,
    gate,
    imports,
    log,
    packs,
    places,
    public,
    start,
    who_looked,
)
from mingma.web.render import SAFE, STATIC
from mingma.web.uploads import Uploads

DAY: int = 86_400  # seconds a browser may keep one of our files; its address changes with it

PAGES = (
    start.start,
    start.sign_in,
    start.sign_out,
    code.code,
    code.on_paper,
    code.notices,
    appeals.appeals,
    appeals.file_own,
    appeals.withdraw_own,
    who_looked.who_looked,
    check_ins.check_ins,
    check_ins.not_me,
    delegates.delegates,
    delegates.name_delegate,
    delegates.end_delegate,
    delegates.act_for,
    places.places,
    places.complain_of_place,
    gate.gate,
    gate.check_code,
    imports.import_form,
    imports.upload,
    imports.import_preview,
    imports.bad_rows,
    imports.confirm,
    imports.receipt,
    packs.packs,
    packs.one_pack,
    log.log,
    log.log_entry,
    public.public,
)


def web_routes() -> list[Router | BaseRouteHandler]:
    """The pages with their own memory of uploads, and the files they use."""
    uploads = Uploads()

    def kept() -> Uploads:
        return uploads

    pages = Router(
        path="/",
        route_handlers=list(PAGES),
        dependencies={"uploads": Provide(kept, sync_to_thread=False)},
        exception_handlers={Exception: error_page},
        include_in_schema=False,
    )
    files = create_static_files_router(
        path="/static",
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=DAY, public=True),
        after_request=_safe,
        exception_handlers={Exception: error_page},
    )
    return [pages, files]


def _safe(response: Response[Any]) -> Response[Any]:
    response.headers.update(SAFE)
    return response

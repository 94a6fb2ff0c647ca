"""Import of messy line lists: upload, preview with row errors, download of bad rows, confirm.

Only the demo's import desk has it, in a specimen under development. Nothing is received before the
person at the desk has seen the preview; then each good row passes the same door as any record.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mingma.engines.sheets import MAX_BYTES
from mingma.evidence.linelist import TABLES, bad_rows_csv
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import day_of
from mingma.web import desk, list_view
from mingma.web.clause_words import Reader
from mingma.web.complaints import Complaint, complaint_of
from mingma.web.forms import Form, read_form
from mingma.web.list_choices import ListRead, choices_of, read_list
from mingma.web.render import answer, go_to, page
from mingma.web.texts import known, say
from mingma.web.uploads import Upload, Uploads
from mingma.web.visitor import Asked, Visitor, instance_of, visitor_at_desk

FORM_ROOM: Final = 64 * 1024  # bytes a form has beside its file
SHOWN_ROWS: Final = 10  # good rows in a preview
SHOWN_BAD: Final = 50  # bad rows in a preview; the download has all of them
CSV: Final = "text/csv"


class NoFile(Malformed):
    """An upload without a file."""

    slug = "import.no_file"
    zh = "没有收到文件"
    en = "no file was received"
    remedy_zh = "请选择一个文件"
    remedy_en = "choose a file"


@get("/import", sync_to_thread=True)
def import_form(request: Asked) -> Response[Any]:
    """The form that takes a file."""
    visitor = visitor_at_desk(request)
    return _form(request, visitor)


@post("/import", request_max_body_size=MAX_BYTES + FORM_ROOM)
async def upload(request: Asked, uploads: NamedDependency[Uploads]) -> Response[Any]:
    """Take a file and show its preview; junk is refused at once."""
    form = await read_form(request)
    visitor = visitor_at_desk(request)
    return await sync_to_thread(_take, request, visitor, form, uploads)


@get("/import/{digest:str}", sync_to_thread=True)
def import_preview(
    request: Asked, digest: FromPath[str], uploads: NamedDependency[Uploads]
) -> Response[Any]:
    """The preview under the choices in the address."""
    visitor = visitor_at_desk(request)
    read, lang = _read(request, visitor, digest, uploads), visitor.lang
    head, rows = list_view.rows(read, SHOWN_ROWS, lang) if read.linelist else ([], [])
    return page(
        request,
        "import_preview.html",
        visitor=visitor,
        digest=digest,
        read=read,
        kinds=_kinds(request, lang),
        fields=list_view.fields(read, lang),
        columns=list_view.columns(read, lang),
        for_all=list_view.for_all(read, lang),
        head=head,
        rows=rows,
        faults=list_view.faults(read.linelist, SHOWN_BAD, lang) if read.linelist else [],
        problem=list_view.fault(read.problem, 0, lang) if read.problem else None,
        shown_bad=SHOWN_BAD,
    )


@get("/import/{digest:str}/bad-rows.csv", sync_to_thread=True)
def bad_rows(
    request: Asked, digest: FromPath[str], uploads: NamedDependency[Uploads]
) -> Response[Any]:
    """The rows that were not taken, as they came, with the reasons."""
    visitor = visitor_at_desk(request)
    read = _read(request, visitor, digest, uploads)
    if read.linelist is None:
        raise NotFoundException
    name = f"rows-sent-back-{digest[:8]}.csv"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return answer(bad_rows_csv(read.linelist, visitor.lang), CSV, headers=disposition)


@post("/import/{digest:str}/confirm")
async def confirm(
    request: Asked, digest: FromPath[str], uploads: NamedDependency[Uploads]
) -> Response[Any]:
    """Send the good rows in, signed by the desk."""
    await read_form(request)
    visitor = visitor_at_desk(request)
    return await sync_to_thread(_send, request, visitor, digest, uploads)


@get("/import/receipts/{batch:str}", sync_to_thread=True)
def receipt(request: Asked, batch: FromPath[str]) -> Response[Any]:
    """What became of an import: the counts, and each row that was turned away at the door."""
    visitor = visitor_at_desk(request)
    with instance_of(request).store.read() as unit:
        counts = unit.batch(desk.SOURCE, batch)
        turned = unit.turned(desk.SOURCE, batch) if counts else ()
    if counts is None:
        raise NotFoundException
    refused = [(one.line, one.slug, _in_words(one.slug, visitor.lang)) for one in turned]
    return page(request, "import_receipt.html", visitor=visitor, counts=counts, refused=refused)


def _form(
    request: Asked, visitor: Visitor, chosen: str = "", complaint: Complaint | None = None
) -> Response[Any]:
    lang = visitor.lang
    return page(
        request,
        "import.html",
        visitor=visitor,
        status=complaint.status if complaint else 200,
        chosen=chosen,
        kinds=_kinds(request, lang),
        needed={kind: list_view.needed(table, lang) for kind, table in TABLES.items()},
        complaint=complaint,
        megabytes=MAX_BYTES >> 20,
    )


def _take(request: Asked, visitor: Visitor, form: Form, uploads: Uploads) -> Response[Any]:
    try:
        choices = choices_of([("kind", form.text("kind"))])
        file = form.files.get("file")
        if file is None:
            raise NoFile(Place(field="file"))
        kept = Upload(file.name, file.data, instance_of(request).clock())
        kept.sheet()  # raises for what is no table, before anything is kept
    except Malformed as problem:
        return _form(request, visitor, form.text("kind"), complaint_of(problem, visitor.lang))
    digest = uploads.keep(visitor.nonce, kept)
    return go_to(f"/import/{digest}?{choices.query}")


def _send(request: Asked, visitor: Visitor, digest: str, uploads: Uploads) -> Response[Any]:
    read = _read(request, visitor, digest, uploads)
    if read.linelist is None:
        assert read.problem is not None
        raise read.problem
    batch = desk.send(instance_of(request), read.linelist)
    uploads.drop(visitor.nonce, digest)
    return go_to(f"/import/receipts/{batch.id}")


def _read(request: Asked, visitor: Visitor, digest: str, uploads: Uploads) -> ListRead:
    instance = instance_of(request)
    now = instance.clock()
    return read_list(
        uploads.find(visitor.nonce, digest, now),
        choices_of(request.query_params.multi_items()),
        digest=digest,
        divisions=instance.context.divisions,
        today=day_of(now),
    )


def _kinds(request: Asked, lang: str) -> list[tuple[str, str]]:
    reader = Reader(lang, instance_of(request).context.divisions)
    return [(kind, reader.kind(kind)) for kind in TABLES]


def _in_words(slug: str, lang: str) -> str:
    key = f"refused.{slug}"
    return say(lang, key if known(key) else "refused.other")

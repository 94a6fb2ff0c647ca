"""The command line: parse, call one use case, render.

Exit status: 0 yes or done; 1 the honest answer is no; 2 the command line, a file that cannot be
opened or malformed input; 3 unavailable; 4 our own inconsistency. Errors go to stderr, one line
with the slug, or an RFC 9457 object with --json.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from cyclopts import App, CycloptsError

from mingma import __version__
from mingma.kernel.errors import Broken, Malformed, Problem

app = App(
    name="mingma",
    version=__version__,
    help="明码 – health codes that their own operators cannot abuse.",
    help_format="plaintext",
    result_action="return_value",
)
for name, target, says in (
    (
        "evaluate",
        "mingma.cli.evaluate:evaluate",
        "What packs make of a file of facts at an instant.",
    ),
    (
        "explain",
        "mingma.cli.explain:explain",
        "Why one person's code is what it is, in plain words.",
    ),
    ("packs", "mingma.cli.packs:app", "List, show and check rule packs."),
    ("token", "mingma.cli.token:app", "Check a code's token, offline."),
    ("ledger", "mingma.cli.ledger:app", "Export, check, read and keep the public log."),
    ("receipt", "mingma.cli.receipt:app", "Check a receipt of the log, offline."),
    ("audit", "mingma.cli.audit:audit_", "Audit a public log, a database against it, or both."),
    ("oversight", "mingma.cli.oversight:app", "Alarms, samples, organs, attempts: for auditors."),
    ("bundle", "mingma.cli.bundle:app", "Check one's own bundle of decisions, offline."),
    ("city", "mingma.cli.city:app", "Generate a seeded city to try things on."),
    ("source", "mingma.cli.source:app", "Register who may bring evidence in."),
    ("areas", "mingma.cli.areas:app", "Tell an area list by its digest; sign a newer one."),
    ("ceremony", "mingma.cli.ceremony:ceremony", "Hold the ceremony of the first grants."),
    ("yields", "mingma.cli.ceremony:yields", "Publish what each emergency brought so far."),
    ("witness", "mingma.cli.witness:app", "Watch other organs' logs, and cosign."),
    ("build", "mingma.cli.build:build", "Say which build this is, and whether it is whole."),
    ("serve", "mingma.cli.serve:serve", "Serve pages and API from a database."),
    ("demo", "mingma.cli.demo:demo", "Load the frozen city, decide, serve: try everything."),
    ("bench", "mingma.cli.bench:bench", "Benchmarks, each beside its peer in one run."),
):
    app.command(target, name=name, help=says)


class BadCommand(Malformed):
    """A command line that no command takes."""

    slug = "cli.bad_command"
    zh = "命令行有误:{why}"
    en = "the command line is wrong: {why}"
    remedy_zh = "见 mingma --help"
    remedy_en = "see mingma --help"


class Crashed(Broken):
    """A fault of ours that nobody foresaw."""

    slug = "cli.crashed"
    zh = "程序出错:{why}"
    en = "the program failed: {why}"
    remedy_zh = "请把以上内容报给维护者,去掉其中的个人信息"
    remedy_en = "send the lines above to the maintainers, without what is personal in them"


def main(words: list[str] | None = None) -> int:
    """Run a command line and return the exit status."""
    words = sys.argv[1:] if words is None else words
    as_json = "--json" in words
    try:
        status = app(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except Problem as problem:
        return _complain(problem, as_json=as_json)
    except CycloptsError as error:
        return _complain(BadCommand(why=" ".join(str(error).split())), as_json=as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - 1 would say that the honest answer is no
        traceback.print_exc()
        return _complain(Crashed(why=type(error).__name__), as_json=as_json)
    return status if isinstance(status, int) else 0


def _complain(problem: Problem, *, as_json: bool) -> int:
    """Say on stderr what was wrong; gives the exit status."""
    if as_json:
        places = [_details(refusal) for refusal in getattr(problem, "refusals", [])]
        value = _details(problem)
        if places:  # the first place stands for the file's
            value |= {"line": places[0]["line"], "field": places[0]["field"], "errors": places}
        print(json.dumps(value, ensure_ascii=False), file=sys.stderr)
    else:
        print(str(problem), file=sys.stderr)
    return problem.exit_status


def _details(problem: Problem) -> dict[str, object]:
    """RFC 9457, and our slug and place beside it: as the interface over HTTP says no."""
    return {
        "type": f"urn:mingma:{problem.slug}",
        "title": problem.sentence(),
        "status": problem.status,
        "detail": problem.remedy(),
        "slug": problem.slug,
        "file": problem.place.file,
        "line": problem.place.line,
        "field": problem.place.field,
    }

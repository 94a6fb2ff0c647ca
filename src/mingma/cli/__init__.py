"""The command line: parse, call one use case, render.

Exit status: 0 yes or done; 1 the honest answer is no; 2 the command line, a file that cannot be
opened or malformed input; 3 unavailable; 4 our own inconsistency. Errors go to stderr, one line
with the slug, or an RFC 9457 object with --json.
"""

from __future__ import annotations

import json
import os
import sys

from cyclopts import App

from mingma import __version__
from mingma.kernel.errors import Problem

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
    ("city", "mingma.cli.city:app", "Generate a seeded city to try things on."),
    ("source", "mingma.cli.source:app", "Register who may bring evidence in."),
    ("serve", "mingma.cli.serve:serve", "Serve pages and API from a database."),
    ("demo", "mingma.cli.demo:demo", "Load the frozen city, decide, serve: try everything."),
    ("bench", "mingma.cli.bench:bench", "Benchmarks, each beside its peer in one run."),
):
    app.command(target, name=name, help=says)


def main(words: list[str] | None = None) -> int:
    """Run a command line and return the exit status."""
    words = sys.argv[1:] if words is None else words
    try:
        status = app(words)
        sys.stdout.flush()
    except Problem as problem:
        _complain(problem, as_json="--json" in words)
        return problem.exit_status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return status if isinstance(status, int) else 0


def _complain(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        value = {
            "type": f"urn:mingma:{problem.slug}",
            "title": problem.sentence(),
            "status": problem.status,
            "detail": problem.remedy(),
            "slug": problem.slug,
            "file": problem.place.file,
            "line": problem.place.line,
            "field": problem.place.field,
        }
        refusals = getattr(problem, "refusals", [])
        if refusals:
            value["errors"] = [str(refusal) for refusal in refusals]
        print(json.dumps(value, ensure_ascii=False), file=sys.stderr)
    else:
        print(str(problem), file=sys.stderr)

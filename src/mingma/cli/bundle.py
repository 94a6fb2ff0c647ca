"""`mingma bundle check`: a person's own bundle, offline, by the signatures of a policy."""

from __future__ import annotations

import json as json_text
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App

from mingma.cli.receipt import decision_in_words
from mingma.codes.bundle import (
    MAX_BUNDLE,
    Bundle,
    Failing,
    check_bundle,
    decisions_in,
    parse_bundle,
)
from mingma.engines.fact_files import FileUnreadable
from mingma.kernel.errors import Place
from mingma.kernel.times import print_instant
from mingma.ledger.policy import parse_policy

app = App(name="bundle", help="Check one's own bundle of decisions, offline.")


@app.command
def check(file: Path, /, *, policy: Path, json: bool = False) -> int:
    """Say whether every decision in a bundle is in the log, and none is missing or changed.

    Needs no network and no instance. Names what fails.

    Args:
        file: The bundle, as the person took it.
        policy: The trust policy: logs, witnesses, quorum.
        json: Print JSON; errors as JSON too.
    """
    bundle, seal = parse_bundle(_read(file))
    failing = list(check_bundle(bundle, seal, parse_policy(_read(policy))))
    if json:
        print(json_text.dumps(_found(bundle, failing), ensure_ascii=False))
    else:
        _say(bundle, failing)
    return 1 if failing else 0


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BUNDLE + 1)
    except OSError as error:
        raise FileUnreadable(Place(str(path)), why=error.strerror or str(error)) from None


def _found(bundle: Bundle, failing: Sequence[Failing]) -> dict[str, object]:
    return {
        "holds": not failing,
        "made_at": print_instant(bundle.made_at),
        "events": len(bundle.events),
        "waiting": bundle.waiting,
        "evidence": len(bundle.evidence),
        "decisions": [json_text.loads(one.body()) for one in decisions_in(bundle)]
        if not failing
        else [],
        "failing": [
            {"word": one.word.value, "number": one.number, "what": one.what} for one in failing
        ],
    }


def _say(bundle: Bundle, failing: Sequence[Failing]) -> None:
    for one in failing:
        where = "" if one.number is None else f" in event {one.number}"
        print(f"does not hold: {one.word}{where}{': ' if one.what else ''}{one.what}")
    if failing:
        return
    print(f"{len(bundle.events)} events, all in the log, none missing and none changed")
    if bundle.waiting:
        print(f"{bundle.waiting} more were waiting for a cosigned head when it was made")
    for decision in decisions_in(bundle):
        for line in decision_in_words(decision):
            print(line)

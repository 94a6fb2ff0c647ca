"""`mingma bench`: each benchmark beside its peer in one run, as ratios."""

from __future__ import annotations

import json as json_module
import sys
from typing import Literal


def bench(
    name: Literal["evaluate", "ledger", "province-day", "oversight", "powers"] = "evaluate",
    *,
    people: int = 1_000_000,
    quick: bool = False,
    json: bool = False,
) -> int:
    """Run a benchmark and print its figures; compare the ratios, not the seconds.

    Args:
        name: Which one.
        people: How many people (evaluate).
        quick: A hundredth of the people, or a small log: whether it runs, not how fast.
        json: Print JSON.
    """
    if name == "ledger":
        _ledger(quick=quick, json=json)
    elif name == "province-day":
        return _province_day(quick=quick, json=json)
    elif name == "oversight":
        _oversight(quick=quick, json=json)
    elif name == "powers":
        _powers(quick=quick, json=json)
    else:
        _evaluate(people // 100 if quick else people, json=json)
    return 0


def _evaluate(people: int, *, json: bool) -> None:
    from mingma.bench.evaluate import evaluate

    print(f"bench evaluate: {people} people …", file=sys.stderr)
    figures = evaluate(people)
    if json:
        print(json_module.dumps(figures, indent=2))
        return
    for key, value in figures.items():
        shown = f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"
        print(f"{key:32} {shown:>16}")


def _ledger(*, quick: bool, json: bool) -> None:
    """A bar that is missed is printed, and is no failure of the run."""
    from mingma.bench.ledger import FULL, QUICK, ledger
    from mingma.bench.rows import heading

    print("bench ledger: four minutes, most of it for the peers …", file=sys.stderr)
    rows = ledger(QUICK if quick else FULL)
    if json:
        print(json_module.dumps([row.as_object() for row in rows], indent=2, ensure_ascii=False))
        return
    print(heading())
    for row in rows:
        print(row, flush=True)


def _powers(*, quick: bool, json: bool) -> None:
    """A bar that is missed is printed, and is no failure of the run."""
    from mingma.bench.powers import FULL, QUICK, powers
    from mingma.bench.rows import heading

    print("bench powers: some ten seconds …", file=sys.stderr)
    rows = list(powers(QUICK if quick else FULL))
    if json:
        print(json_module.dumps([row.as_object() for row in rows], indent=2, ensure_ascii=False))
        return
    print(heading(), *rows, sep="\n")


def _province_day(*, quick: bool, json: bool) -> int:
    """A day that goes over its budget is an honest no."""
    from mingma.bench.province_day import province_day

    print("bench province-day: some ten seconds …", file=sys.stderr)
    figures = province_day(quick=quick)
    over: list[str] = figures["over_budget"]
    if json:
        print(json_module.dumps(figures, indent=2))
        return 1 if over else 0
    leaves, budget = figures.pop("leaves_by_kind"), figures.pop("budget_by_kind")
    print(f"{'leaves of a day':32} {'drawn':>16} {'budget':>16}")
    for kind, count in leaves.items():
        print(f"{kind:32} {count:16,} {budget[kind]:16,}")
    for what, count in figures.pop("acts_without_a_leaf").items():
        print(f"{what:32} {0:16,} {0:16,}  of {count:,}")
    for key, value in figures.items():
        shown = f"{value:,.4g}" if isinstance(value, float) else f"{value}"
        print(f"{key:32} {shown:>16}")
    return 1 if over else 0


def _oversight(*, quick: bool, json: bool) -> None:
    """What the detectors of oversight see, beside the table of the document they follow."""
    from mingma.bench.oversight import oversight
    from mingma.flows.oversee import shipped_thresholds

    figures = oversight(
        shipped_thresholds(), quick=quick, say=lambda line: print(line, file=sys.stderr)
    )
    if json:
        print(json_module.dumps(figures, indent=2, ensure_ascii=False))
        return
    print(f"{figures['cities']} cities, {figures['days']} days, {figures['runs']} runs each")
    print("The lawful rates are invented: trust the order of the detectors, not the minutes.")
    print("Reconciliation assumes that sources sign honest counts.")
    print("\nfalse alarms a week, nationwide, at the stored thresholds")
    for detector, cost in figures["stored_false_alarms_a_week"].items():
        again = figures["false_alarms_a_week"].get(detector)
        now = "" if again is None else f"{again:10.3g} in this run"
        print(f"  {detector:24} {cost:10.3g} stored {now}")
    for one in figures["attacks"]:
        print(f"\n{one['attack']}")
        for detector, here in one["here"].items():
            print(f"  {detector:24} {here:28} document: {one['document'][detector]}")
    for one in figures["collusion"]:
        print(f"\nmaker and checker together: {one['name']}")
        for what, value in one["figures"].items():
            print(f"  {what:58} {value:.3g}")

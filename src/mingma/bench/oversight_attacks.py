"""Five attacks of ACCOUNTABILITY section 6, laid on lawful days: when which detector sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mingma.bench.oversight_days import Array
from mingma.kernel.times import DAY, HOUR
from mingma.oversight.background import BIN, BINS, counts
from mingma.oversight.cusum import YesNoScore, count_score, step, yes_no_score
from mingma.oversight.events import Signed
from mingma.oversight.excess import excess
from mingma.oversight.fitted import Fitted

Bits = npt.NDArray[np.bool_]

SEEN_WITHIN: Final = 14 * DAY + 3 * DAY  # seconds after an attack's start that are watched
PEOPLE: Final = 1317


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack: how many marks over how long, and what share is of other provinces."""

    name: str
    marks: int
    seconds: int
    outside: float
    said: tuple[str, str, str, str]  # the document's row


ATTACKS: Final = (
    Attack("1,317 in 1 h", PEOPLE, HOUR, 0.8,
           ("10 min", "10 min, 218 marks", "3 h", "first bin")),
    Attack("446 arrivals + 871 by photo, 72 h", PEOPLE, 72 * HOUR, 0.8,
           ("45 min, 46 marks", "30 min, 36 marks", "7 h", "first bin")),
    Attack("1,317 over 14 days", PEOPLE, 14 * DAY, 0.8,
           ("5/60", "9.5 h, 35 marks", "18 h, 68 marks", "mark 1")),
    Attack("40 outsiders, 24 h", 40, DAY, 1.0, ("1/60", "20/60", "26 h", "mark 1")),
    Attack("200 locals, 48 h", 200, 2 * DAY, 0.0, ("7/60", "never", "17 h, 73 marks", "mark 1")),
)  # fmt: skip
APPEAL_SHARE: Final = 0.3  # of those attacked who object
APPEAL_AFTER: Final = 4 * HOUR  # mean seconds until they do
ANSWERED_WITHIN: Final = (HOUR, 8 * HOUR)
ATTACK_OVERTURNED: Final = 0.95


@dataclass(frozen=True, slots=True)
class Seen:
    """When a detector saw an attack: the median time and marks of the runs in which it did."""

    runs: int
    seen: int
    seconds: float | None
    marks: float | None

    def __str__(self) -> str:
        if not self.seen:
            return "never"
        assert self.seconds is not None
        minutes, hours = f"{self.seconds / 60:.0f} min", f"{self.seconds / HOUR:.1f} h"
        when = minutes if self.seconds < HOUR else hours
        share = "" if self.seen == self.runs else f"{self.seen}/{self.runs}: "
        return f"{share}{when}, {self.marks:.0f} marks"


@dataclass(frozen=True, slots=True)
class Row:
    """An attack and what each detector saw of it, beside the document's row."""

    attack: Attack
    without_case: Seen
    other_province: Seen
    overturned: Seen
    reconciliation: Seen


def attacked(attack: Attack, fitted: Fitted, runs: int, rng: np.random.Generator) -> Row:
    """One attack, in so many cities at once."""
    marks = np.sort(rng.uniform(0, attack.seconds, (runs, attack.marks)), axis=1)
    return Row(
        attack,
        _counted(attack, marks, fitted, rng),
        _outsiders(attack, marks, fitted, rng),
        _overturned(marks, fitted, rng),
        _reconciled(marks),
    )


def _counted(attack: Attack, marks: Array, fitted: Fitted, rng: np.random.Generator) -> Seen:
    """The marks name no case; they lie on lawful ones."""
    background, score = fitted.background, count_score(fitted.background)
    mean = counts(background.bin_mean, background.dispersion)
    runs = len(marks)
    sums = np.zeros(runs)
    warm = BINS  # bins before the attack
    bins = attack.seconds // BIN + BINS
    added = np.zeros((bins + 1, runs))
    for run, own in enumerate(marks):
        np.add.at(added[:, run], (own // BIN).astype(int), 1.0)
    first = np.full(runs, np.inf)
    for at in range(-warm, bins):
        found = rng.negative_binomial(mean.args[0], mean.args[1], runs).astype(np.float64)
        sums = step(sums, score.of(found + (added[at] if at >= 0 else 0.0)))
        if at >= 0:
            over = (sums > fitted.thresholds.without_case) & np.isinf(first)
            first[over] = (at + 1) * BIN
    return _seen(first, marks)


def _outsiders(attack: Attack, marks: Array, fitted: Fitted, rng: np.random.Generator) -> Seen:
    background = fitted.background
    score = yes_no_score(background.other_province, background.attacked_share)
    lawful = background.bin_mean / BIN * (attack.seconds + DAY)
    first = np.full(len(marks), np.inf)
    for run, own in enumerate(marks):
        others = rng.uniform(0, attack.seconds + DAY, rng.poisson(lawful))
        yes = np.concatenate([
            rng.random(len(own)) < attack.outside,
            rng.random(len(others)) < background.other_province,
        ])  # fmt: skip
        first[run] = _first(
            np.concatenate([own, others]), yes, score, fitted.thresholds.other_province
        )
    return _seen(first, marks)


def _overturned(marks: Array, fitted: Fitted, rng: np.random.Generator) -> Seen:
    background = fitted.background
    score = yes_no_score(background.overturned, background.attacked_overturned)
    first = np.full(len(marks), np.inf)
    for run, own in enumerate(marks):
        objects = own[rng.random(len(own)) < APPEAL_SHARE]
        answered = (
            objects
            + rng.exponential(APPEAL_AFTER, len(objects))
            + rng.uniform(*ANSWERED_WITHIN, len(objects))
        )
        lawful_rate = background.marks * background.millions * background.appealed / DAY
        others = rng.uniform(0, SEEN_WITHIN, rng.poisson(lawful_rate * SEEN_WITHIN))
        yes = np.concatenate([
            rng.random(len(answered)) < ATTACK_OVERTURNED,
            rng.random(len(others)) < background.overturned,
        ])  # fmt: skip
        first[run] = _first(
            np.concatenate([answered, others]), yes, score, fitted.thresholds.overturned
        )
    return _seen(first, marks)


def _reconciled(marks: Array) -> Seen:
    """No source signed anything for those people: the first mark is one too many."""
    signed = [Signed(0, "source", "contact_finding", 0, count) for count in range(2)]  # type: ignore[arg-type]
    least = next(one.figures["marks"] for one in excess(signed))
    assert least == 1
    return _seen(marks[:, 0], marks)


def _first(times: Array, yes: Bits, score: YesNoScore, threshold: float) -> float:
    """When one sequence of yes and no goes over the threshold; infinity if it never does."""
    order = np.argsort(times)
    steps = np.where(yes[order], score.yes, score.no)
    # The sum of the law in one go: the running total less its lowest point so far.
    total = np.cumsum(steps)
    sums = total - np.minimum.accumulate(np.minimum(total, 0.0))
    over = np.flatnonzero(sums > threshold)
    return float(times[order][over[0]]) if len(over) else float("inf")


def _seen(first: Array, marks: Array) -> Seen:
    seen = np.isfinite(first)
    if not seen.any():
        return Seen(len(marks), 0, None, None)
    made = (marks[seen] <= first[seen][:, None]).sum(axis=1)
    return Seen(len(marks), int(seen.sum()), float(np.median(first[seen])), float(np.median(made)))

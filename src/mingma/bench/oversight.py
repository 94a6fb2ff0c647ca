"""The oversight detectors in simulation: what they cost in false alarms, and when they see what.

Cities with a year of lawful days (rates: `oversight.background`, INVENTED) give the thresholds:
at each of three charts a share of one false alarm a week nationwide. Then five attacks of
ACCOUNTABILITY section 6 and the colluding maker and checker of section 5 are laid on such days.
The charts' law is the one that runs (`oversight.cusum`), over all cities at once in numpy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from mingma.kernel.times import DAY, HOUR
from mingma.oversight.background import BIN, BINS, Background, contacts, counts
from mingma.oversight.cusum import YesNoScore, count_score, step, yes_no_score
from mingma.oversight.events import Signed
from mingma.oversight.excess import excess
from mingma.oversight.fitted import VERSION, Fitted
from mingma.oversight.tails import BAND

Array = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]

SEED: Final = 20220613
YEAR: Final = 364  # days
QUICK_DAYS: Final = 28
RUNS, QUICK_RUNS = 60, 20
A_WEEK: Final = 1 / 3  # false alarms of one chart, nationwide: one of all three
TESTS_A_WEEK: Final = 1 / 4  # of each other detector
SEEN_WITHIN: Final = 14 * DAY + 3 * DAY  # seconds after an attack's start that are watched
COLUMNS: Final = 2048  # sequences of yes and no simulated side by side
EVENTS: Final = 20_000  # of each
QUICK_EVENTS: Final = 3_000
PEOPLE: Final = 1317
SAID_HERE: Final = "rates invented"


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


# --- lawful days ---------------------------------------------------------------------------------


def lawful_bins(background: Background, days: int, rng: np.random.Generator) -> Iterator[Array]:
    """Bin by bin, every city's marks without a case: some cities have an outbreak."""
    outbreak = rng.integers(0, background.outbreak_every, background.cities)
    for day in range(days):
        since = (day + outbreak) % background.outbreak_every
        times = np.where(since < background.outbreak_days, background.outbreak_times, 1.0)
        mean = background.bin_mean * times
        spread = counts(1.0, background.dispersion)
        size = mean * spread.args[0]  # the same dispersion at every mean
        for found in rng.negative_binomial(size, spread.args[1], (BINS, background.cities)):
            yield found.astype(np.float64)


def peaks(scores: Iterator[Array]) -> Array:
    """The highest sum of every excursion of every column, from zero to zero."""
    sums = highest = None
    found: list[Array] = []
    for score in scores:
        if sums is None or highest is None:
            sums = highest = np.zeros_like(score)
        sums = step(sums, score)
        over = (sums == 0.0) & (highest > 0.0)
        if over.any():
            found.append(highest[over])
        highest = np.where(sums == 0.0, 0.0, np.maximum(highest, sums))
    if highest is not None:
        found.append(highest[highest > 0.0])
    return np.sort(np.concatenate(found))


def threshold_for(highest: Array, weeks: float, a_week: float) -> float:
    """The sum that so many excursions a week go over."""
    allowed = max(1, round(weeks * a_week))
    return float(highest[-min(allowed + 1, len(highest))])


def yes_no_scores(
    score: YesNoScore, usual: float, events: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Side by side, sequences of yes and no at the usual share."""
    for _ in range(events):
        yield np.where(rng.random(COLUMNS) < usual, score.yes, score.no)


def events_a_week(background: Background) -> tuple[float, float]:
    """(marks without a case, answered appeals) nationwide a week, outbreaks included."""
    ill = background.outbreak_days / background.outbreak_every
    times = 1.0 + ill * (background.outbreak_times - 1.0)
    marks = background.marks * background.millions * background.cities * 7 * times
    return marks * background.without_case, marks * background.appealed


# --- the fit -------------------------------------------------------------------------------------


def fit(background: Background, *, days: int = YEAR, events: int = EVENTS) -> dict[str, Any]:
    """The file of thresholds, as an object: each threshold with its false alarms a week.

    The charts are fitted on one set of lawful days and their false alarms counted on another.
    """
    rng = np.random.default_rng(SEED)
    fitted: dict[str, tuple[float, float]] = {}
    score = count_score(background)
    weeks = days / 7
    highest, again = (
        peaks(score.of(found) for found in lawful_bins(background, days, rng)) for _ in range(2)
    )
    threshold = threshold_for(highest, weeks, A_WEEK)
    fitted["without_case"] = threshold, float((again > threshold).sum() / weeks)
    marks, appeals = events_a_week(background)
    for name, usual, attacked, rate in (
        ("other_province", background.other_province, background.attacked_share, marks),
        ("overturned", background.overturned, background.attacked_overturned, appeals),
    ):
        values = yes_no_score(usual, attacked)
        weeks = events * COLUMNS / rate
        highest, again = (peaks(yes_no_scores(values, usual, events, rng)) for _ in range(2))
        threshold = threshold_for(highest, weeks, A_WEEK)
        fitted[name] = threshold, float((again > threshold).sum() / weeks)
    return _file(background, fitted | _tails(background))


def _tails(background: Background) -> dict[str, tuple[float, float]]:
    """The tests' thresholds straight from the distributions: how often chance passes them."""
    people = float(contacts(background).isf(TESTS_A_WEEK / background.cases_a_week))
    cap = min(people, 100.0)  # over a hundred there is a second review anyway
    hours = background.organs * 24 * 7
    often = float(stats.poisson.isf(TESTS_A_WEEK / hours, background.attempts_an_hour)) + 1
    organs = background.organs
    return {
        "contacts_per_case": (
            cap, float(contacts(background).sf(cap)) * background.cases_a_week
        ),
        "structuring": _of_weeks(background.in_band, background.batches_a_week / organs, organs),
        "recoloured": _of_weeks(
            background.recoloured, background.cleared_a_week / background.cities, background.cities
        ),
        # By the bar that is asked for: 5,000 samples, p < 0.01. What it costs stands beside it.
        "positivity": (0.01, _positivity_alarms(0.01) * 7 * background.cities),
        "attempts": (
            often, float(stats.poisson.sf(often - 1, background.attempts_an_hour)) * hours
        ),
        "attempted_people": (100.0, 0.0),  # the hundred of authority.hundred: a law, and no chance
    }  # fmt: skip


def _of_weeks(share: float, mean: float, units: int) -> tuple[float, float]:
    """The p below which a binomial test of a unit's week speaks a quarter of a time a week.

    Over the number of trials, which is Poisson; every number of hits that passes counts.
    """
    trials, p = np.arange(1, int(mean * 10 + 60)), 1.0
    weight = stats.poisson.pmf(trials, mean)
    cost = 1.0
    for exponent in np.arange(1.0, 8.0, 0.25):
        p = float(10.0**-exponent)
        least = stats.binom.isf(p, trials, share) + 1  # hits from which the test is below p
        cost = float((weight * stats.binom.sf(least - 1, trials, share)).sum() * units)
        if cost <= TESTS_A_WEEK:
            return p, cost
    return p, cost


def _positivity_alarms(p: float, samples: int = 5_000, share: float = 0.001) -> float:
    """How often a block of an honest laboratory speaks."""
    found = np.arange(0, 60)
    few, many = stats.binom.cdf(found, samples, share), stats.binom.sf(found - 1, samples, share)
    speaks = np.minimum(few, many) < p
    return float(stats.binom.pmf(found[speaks], samples, share).sum())


def _file(background: Background, fitted: dict[str, tuple[float, float]]) -> dict[str, Any]:
    said = asdict(background)
    said.pop("bin_mean")
    return {
        "v": VERSION,
        "background": said,
        "detectors": {
            name: {"threshold": float(f"{at:.4g}"), "false_alarms_a_week": float(f"{cost:.3g}")}
            for name, (at, cost) in fitted.items()
        },
        "says": "fitted by scripts/fit_oversight; the rates are invented (oversight/background.py)",
    }


# --- attacks -------------------------------------------------------------------------------------


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

    def cells(self) -> tuple[str, str, str, str]:
        """As they are printed."""
        return (
            str(self.without_case), str(self.other_province), str(self.overturned),
            str(self.reconciliation),
        )  # fmt: skip


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


# --- the colluding maker and checker -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collusion:
    """A way in which a maker and a checker work together, and how likely each control sees it."""

    name: str
    figures: dict[str, float]


def colluding(fitted: Fitted, runs: int, rng: np.random.Generator) -> list[Collusion]:
    """Maker and checker together: what the lot, the cases, the band and the audit leave of it."""
    background, roster, small = fitted.background, 20, 10
    split = -(-PEOPLE // BAND[-5])  # batches of 95
    limit = fitted.thresholds.contacts_per_case
    base = np.asarray(contacts(background).rvs(size=runs, random_state=rng), dtype=np.float64)
    week = stats.poisson.rvs(
        background.batches_a_week / background.organs, size=runs, random_state=rng
    )
    by_chance = stats.binom.sf(split - 1, split + week, background.in_band)
    banded = by_chance < fitted.thresholds.structuring
    return [
        Collusion(f"{PEOPLE} people in {split} batches of 80 to 99", {
            "every batch falls to the accomplice": (1 / roster) ** split,
            "seen by structuring": float(np.mean(banded)),
            "seen by a sample of 1 %": 1 - 0.99**PEOPLE,
            "seen by a sample of 0.5 %": 1 - 0.995**PEOPLE,
        }),
        Collusion("a true case padded with 100 people", {
            "the batch falls to the accomplice": 1 / roster,
            "seen by contacts per case": float(np.mean(base + 100 > limit)),
            "a case is as large by chance": float(contacts(background).sf(100)),
        }),
        Collusion(f"a list of {small}, plausible contacts", {
            "the batch falls to the accomplice": 1 / roster,
            "seen by a sample of 1 %": 1 - 0.99**small,
            "seen by a sample of 5 %": 1 - 0.95**small,
            "seen by contacts per case": float(np.mean(base + small > limit)),
        }),
        Collusion("a laboratory signs extra positives (1 expected)", {
            "14 extra by chance": float(stats.poisson.sf(13, 1.0)),
            "2 extra by chance": float(stats.poisson.sf(1, 1.0)),
            "a laboratory without any positive among 5,000 at 0.1 %": float(
                stats.binom.cdf(0, 5_000, 0.001)
            ),
        }),
    ]  # fmt: skip


# --- everything ----------------------------------------------------------------------------------


def oversight(
    fitted: Fitted, *, quick: bool = False, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Every figure: false alarms on lawful days of the stored thresholds, attacks, collusion."""
    background, days = fitted.background, QUICK_DAYS if quick else YEAR
    runs = QUICK_RUNS if quick else RUNS
    rng = np.random.default_rng(SEED + 1)
    say(f"{background.cities} cities, {days} lawful days …")
    alarms = false_alarms(fitted, days, QUICK_EVENTS if quick else EVENTS, rng)
    say(f"{len(ATTACKS)} attacks, {runs} runs each …")
    rows = [attacked(attack, fitted, runs, rng) for attack in ATTACKS]
    return {
        "says": SAID_HERE,
        "cities": background.cities,
        "days": days,
        "runs": runs,
        "false_alarms_a_week": alarms,
        "stored_false_alarms_a_week": dict(fitted.false_alarms),
        "attacks": [_row(row) for row in rows],
        "collusion": [asdict(one) for one in colluding(fitted, runs * 50, rng)],
    }


def false_alarms(
    fitted: Fitted, days: int, events: int, rng: np.random.Generator
) -> dict[str, float]:
    """The charts' false alarms a week, nationwide, at the stored thresholds."""
    background, thresholds = fitted.background, fitted.thresholds
    score = count_score(background)
    highest = peaks(score.of(found) for found in lawful_bins(background, days, rng))
    alarms = {"without_case": float((highest > thresholds.without_case).sum() / (days / 7))}
    marks, appeals = events_a_week(background)
    for name, usual, under, rate, threshold in (
        ("other_province", background.other_province, background.attacked_share, marks,
         thresholds.other_province),
        ("overturned", background.overturned, background.attacked_overturned, appeals,
         thresholds.overturned),
    ):  # fmt: skip
        highest = peaks(yes_no_scores(yes_no_score(usual, under), usual, events, rng))
        alarms[name] = float((highest > threshold).sum() / (events * COLUMNS / rate))
    return alarms


def _row(row: Row) -> dict[str, Any]:
    names = ("without_case", "other_province", "overturned", "reconciliation")
    return {
        "attack": row.attack.name,
        "here": dict(zip(names, row.cells(), strict=True)),
        "document": dict(zip(names, row.attack.said, strict=True)),
        "seen": {name: asdict(getattr(row, name)) for name in names},
    }


def as_file(background: Background) -> str:
    """The file of thresholds, as it is written."""
    return json.dumps(fit(background), indent=2, ensure_ascii=False) + "\n"

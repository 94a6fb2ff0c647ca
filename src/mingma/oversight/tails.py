"""The tests: what would hardly be so by chance, of one organ, one case, one laboratory.

Contacts of one case (over a hundred are a second review anyway), batches just under a hundred,
marks again within the shield, a laboratory's share of positives, refused attempts within an hour, a
first grant used at once.
Every probability is scipy's. What is looked at again and again is looked at in blocks that do not
overlap, so that looking often does not make chance speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from scipy import stats

from mingma.kernel.times import DAY, HOUR, Instant
from mingma.oversight.background import contacts
from mingma.oversight.events import (
    Attempted,
    Cleared,
    FirstUse,
    LaboratoryDay,
    Marked,
    Proposed,
    grouped,
)
from mingma.oversight.fitted import Fitted
from mingma.oversight.signal import Detector, Figures, Signal, chance, named

BAND: Final = range(80, 100)  # people of a batch that is just small enough
WEEK: Final = 7 * DAY
A_WEEK: Final = 1 / 4  # false alarms a week in all, where no threshold is fitted
BLOCK: Final = 5_000  # samples of a laboratory that are tested together


def contacts_per_case(marks: Iterable[Marked], fitted: Fitted) -> Iterator[Signal]:
    """More people marked for one case than cases have. The case itself is not named."""
    limit = fitted.thresholds.contacts_per_case
    for case, own in grouped(lambda mark: mark.case or "", (one for one in marks if one.case)):
        if len(own) > limit:
            last = own[int(limit)]  # the one with which it went over
            p = float(contacts(fitted.background).sf(limit))
            figures: Figures = {"people": len(own), "limit": int(limit), "chance": chance(p)}
            leaves = named([one.leaf for one in own])
            yield Signal(Detector.CONTACTS, last.organ, last.at, figures, leaves)
        del case  # it stays here


def structuring(batches: Iterable[Proposed], fitted: Fitted) -> Iterator[Signal]:
    """An organ's batches of a week lie just under a hundred too often (binomial test)."""
    for (organ, _), own in grouped(lambda one: (one.organ, one.at // WEEK), batches):
        band: list[Proposed] = []
        for count, batch in enumerate(own, 1):
            if batch.people not in BAND:
                continue
            band.append(batch)
            p = _at_least(len(band), count, fitted.background.in_band)
            if p < fitted.thresholds.structuring:
                figures: Figures = {"batches": count, "in_band": len(band), "chance": chance(p)}
                leaves = named([one.leaf for one in band])
                yield Signal(Detector.STRUCTURING, organ, batch.at, figures, leaves)
                break


def recoloured(cleared: Iterable[Cleared], fitted: Fitted) -> Iterator[Signal]:
    """Of those cleared of an organ's marks in a week, too many were marked again in the shield."""
    for (organ, _), own in grouped(lambda one: (one.organ, one.at // WEEK), cleared):
        again = [one for one in own if one.again]
        if not again:
            continue
        p = _at_least(len(again), len(own), fitted.background.recoloured)
        if p < fitted.thresholds.recoloured:
            figures: Figures = {"cleared": len(own), "again": len(again), "chance": chance(p)}
            leaves = named([one.leaf for one in again])
            yield Signal(Detector.RECOLOURED, organ, again[0].at, figures, leaves)


def positivity(counts: Iterable[LaboratoryDay], fitted: Fitted) -> Iterator[Signal]:
    """A laboratory finds nobody, or far too many, beside what all the others find.

    Compared with the pooled share of the other laboratories in the same blocks of time; where
    there is no other, or they found nobody, nothing can be said.
    """
    ordered = sorted(counts, key=lambda one: one.at)
    for laboratory, own in grouped(lambda one: one.laboratory, ordered):
        others = [one for one in ordered if one.laboratory != laboratory]
        for start, end, samples, found in _blocks(own):
            beside = [one for one in others if start <= one.at <= end]
            share = _share(beside)
            if share is None:
                continue
            few = float(stats.binom.cdf(found, samples, share))
            many = _at_least(found, samples, share)
            if min(few, many) < fitted.thresholds.positivity:
                figures: Figures = {
                    "samples": samples, "positives": found,
                    "others": sum(one.samples for one in beside),
                    "others_positive": sum(one.positives for one in beside),
                    "chance": chance(min(few, many)),
                }  # fmt: skip
                yield Signal(Detector.POSITIVITY, laboratory, end, figures)


def attempts(refused: Iterable[Attempted], fitted: Fitted) -> Iterator[Signal]:
    """An organ was refused too often within an hour, or for too many people (A8, the 1,317)."""
    often, people = fitted.thresholds.attempts, fitted.thresholds.attempted_people
    for (organ, _), own in grouped(lambda one: (one.organ, one.at // HOUR), refused):
        touched = 0
        for count, one in enumerate(own, 1):
            touched += one.people
            if count >= often or touched >= people:
                figures: Figures = {
                    "refused": len(own),
                    "people_at_least": sum(each.people for each in own),
                    "chance": chance(
                        float(stats.poisson.sf(len(own) - 1, fitted.background.attempts_an_hour))
                    ),
                }
                leaves = named([each.leaf for each in own])
                yield Signal(Detector.ATTEMPTS, organ, one.at, figures, leaves)
                break


def first_use(uses: Iterable[FirstUse], fitted: Fitted) -> Iterator[Signal]:
    """Who could propose nothing before marks somebody by hand, or a bulk, within the day (Z59)."""
    within, limit = fitted.thresholds.first_use * HOUR, fitted.thresholds.first_use_people
    soon = (one for one in uses if one.at < one.since + within)
    for _maker, own in grouped(lambda one: one.maker, soon):
        people = 0
        for count, one in enumerate(own, 1):
            people += one.people
            if one.by_hand or people > limit:
                figures: Figures = {
                    "people": people,
                    "hours": (one.at - one.since) // HOUR,
                    "chance": chance(float(contacts(fitted.background).sf(people - 1))),
                }
                leaves = named([one.grant, *(each.leaf for each in own[:count])])
                yield Signal(Detector.FIRST_USE, one.organ, one.at, figures, leaves)
                break


def attempts_of_days(refused: Iterable[Attempted], fitted: Fitted) -> Iterator[Signal]:
    """As `attempts`, for whoever has the public leaves alone, which say the day and no hour."""
    usual = fitted.background
    bar = A_WEEK / (usual.organs * 7)
    for (organ, _), own in grouped(lambda one: (one.organ, one.at // DAY), refused):
        p = float(stats.poisson.sf(len(own) - 1, usual.attempts_an_hour * 24))
        if p < bar:
            figures: Figures = {"refused": len(own), "chance": chance(p)}
            leaves = named([each.leaf for each in own])
            yield Signal(Detector.ATTEMPTS, organ, own[0].at, figures, leaves)


def _at_least(found: int, of: int, share: float) -> float:
    return float(stats.binomtest(found, of, share, alternative="greater").pvalue)


def _share(counts: Iterable[LaboratoryDay]) -> float | None:
    pooled = list(counts)
    samples, found = sum(one.samples for one in pooled), sum(one.positives for one in pooled)
    return found / samples if samples and found else None


def _blocks(own: Iterable[LaboratoryDay]) -> Iterator[tuple[Instant, Instant, int, int]]:
    """(first, last, samples, positives) of each block of at least BLOCK samples."""
    start: Instant | None = None
    samples = found = 0
    for one in own:
        start = one.at if start is None else start
        samples, found = samples + one.samples, found + one.positives
        if samples >= BLOCK:
            yield start, one.at, samples, found
            start, samples, found = None, 0, 0

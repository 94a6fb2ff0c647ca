"""One fact against one ground: does it hold, has something ended it, what counts beside it."""

from __future__ import annotations

from collections.abc import Sequence

from mingma.kernel.times import HOUR
from mingma.rules.assess.exposures import STATED_DAYS
from mingma.rules.columnar.people import pairs
from mingma.rules.columnar.sql import COLUMNS, day, match, midnight, text
from mingma.rules.ground import Ground, Negatives, Other, Report, Since, Stay


def _recorded(names: Sequence[str]) -> str:
    """The first recorded of the named instants of a trigger, or NULL."""
    columns = []
    for name in names:
        if name == "at":
            columns.append("f.at_s")
        elif name == "until":
            columns.append("f.until")
        elif name == "released":
            columns.append("f.released_at")
        elif f"d_{name}" in COLUMNS:
            columns.append(f"f.d_{name}")
    return f"coalesce({', '.join(columns)})" if columns else "CAST(NULL AS BIGINT)"


def matches(asked: Sequence[tuple[str, Ground]], phases: int) -> str:
    parts = [_ground_matches(number, g, phases) for number, (_, g) in enumerate(asked)]
    empty = (
        "SELECT 0 AS g, f.subject, f.id, f.at_s AS x_starts, f.at_s AS x_ends, FALSE AS wide, "
        "CAST([] AS VARCHAR[]) AS company, CAST(NULL AS VARCHAR) AS only_notice, "
        + ", ".join(f"f.at_s AS a{k}, f.at_s AS s{k}" for k in range(phases))
        + " FROM triggers AS f WHERE FALSE"
    )
    return "CREATE TEMP TABLE matches AS " + " UNION ALL ".join([empty, *parts])


def _ground_matches(number: int, ground: Ground, phases: int) -> str:
    assert ground.when is not None
    where = [match("f", ground.when), *_not_over(ground)]
    anchor = f"coalesce({_recorded(ground.phases[0].after)}, f.at_s)"
    company, only_notice = "CAST([] AS VARCHAR[])", "CAST(NULL AS VARCHAR)"
    where += [f"NOT EXISTS ({_others('1', o, anchor)})" for o in ground.unless]
    if ground.needs:
        where += [f"EXISTS ({_others('1', o, anchor, standing=True)})" for o in ground.needs]
        ids = [
            f"coalesce(({_others('list(o.id)', o, anchor, standing=True)}), [])"
            for o in ground.needs
        ]
        company = (
            f"list_sort(list_distinct(list_concat({', '.join(ids)})))"
            if len(ids) > 1
            else f"list_sort({ids[0]})"
        )
    if ground.when.kind == "mark":
        counted = _counted(ground)
        where.append("len(list_distinct(f.d_approved_by)) >= 2")
        where.append(f"EXISTS (SELECT 1 FROM {counted})")
        company = f"list_sort((SELECT list(o.id) FROM {counted}))"
        only_notice = (
            "(SELECT CASE WHEN bool_or(o.kind NOT IN ('companion_match', 'foreign_statement')) "
            "THEN NULL WHEN bool_or(o.kind = 'companion_match') THEN 'companion' "
            f"ELSE 'foreign' END FROM {counted})"
        )
    source, distinct = "triggers AS f", ""
    x_starts, x_ends, wide = "f.at_s", midnight(f"{day('f.at_s')} + {STATED_DAYS + 1}"), "FALSE"
    if ground.area is not None:
        source, distinct = "stays AS f", "DISTINCT "
        x_starts, x_ends, wide = "f.x_starts", "f.x_ends", "f.x_wide"
        where += _area(ground)
        source = f"({_stays()}) AS f"
    anchors = ", ".join(
        f"{_recorded(ground.phases[k].after)} AS a{k}, {_recorded(ground.phases[k].stops)} AS s{k}"
        if k < len(ground.phases)
        else f"CAST(NULL AS BIGINT) AS a{k}, CAST(NULL AS BIGINT) AS s{k}"
        for k in range(phases)
    )
    return (
        f"SELECT {distinct}{number} AS g, f.subject, f.id, {x_starts} AS x_starts, "
        f"{x_ends} AS x_ends, {wide} AS wide, {company} AS company, {only_notice} AS only_notice, "
        f"{anchors} FROM {source} JOIN people AS p ON p.subject = f.subject "
        f"WHERE {' AND '.join(where)}"
    )


def _not_over(ground: Ground) -> list[str]:
    """That nothing known has ended the finding."""
    where = []
    if not ground.counts_exclusion:
        where.append("f.d_excluded_at IS NULL")
    if not any("released" in phase.after for phase in ground.phases):
        where.append("f.released_at IS NULL")
    anchor = f"coalesce({_recorded(ground.phases[0].after)}, f.at_s)"
    where += [_no_negatives(rule, anchor) for rule in ground.negatives]
    for report in ground.reports:
        if report is Report.CORRECTS:
            where.append(
                "NOT EXISTS (SELECT 1 FROM corrected AS c "
                "WHERE c.subject = f.subject AND c.id = f.id)"
            )
        else:
            last = "last_report" if report is Report.NEXT else "last_normal"
            where.append(f"(p.{last} IS NULL OR p.{last} <= {{'at_s': f.at_s, 'id': f.id}})")
    if ground.leaves:
        where.append(f"coalesce(p.left_{ground.leaves.region} < f.at_s, TRUE)")
    return where


def _no_negatives(rule: Negatives, anchor: str) -> str:
    since = {
        Since.ANCHOR: anchor,
        Since.LATER: "f.at_s + 1",
        Since.SAME_DAY: midnight(day(anchor)),
        Since.DAY: midnight(f"{day(anchor)} + {rule.day}"),
    }[rule.since]
    if rule.count > 1:
        return f"coalesce(p.{pairs(rule)} < {since}, TRUE)"
    return f"coalesce(p.{'last_single' if rule.single else 'last_negative'} < {since}, TRUE)"


def _others(what: str, other: Other, anchor: str, *, standing: bool = False) -> str:
    some = " OR ".join(f"({match('o', one)})" for one in other.matches)
    earliest = "" if other.hours is None else f" AND o.at_s >= {anchor} - {other.hours * HOUR}"
    return (
        f"SELECT {what} FROM company AS o WHERE o.subject = f.subject AND o.id <> f.id "
        f"{'AND o.d_excluded_at IS NULL AND o.released_at IS NULL ' if standing else ''}"
        f"AND ({some}){earliest}"
    )


def _counted(ground: Ground) -> str:
    """The evidence that makes a mark count."""
    some = " OR ".join(f"({match('o', one)})" for one in ground.admits)
    known = (
        "greatest(o.at_s, coalesce(o.recorded_at, o.at_s), "
        "CASE WHEN o.kind = 'test' THEN o.d_reported_at ELSE o.at_s END)"
    )
    return (
        "company AS o WHERE o.subject = f.subject AND list_contains(f.d_evidence, o.id) "
        f"AND {known} < f.at_s AND o.d_excluded_at IS NULL AND o.released_at IS NULL AND ({some})"
    )


def _stays() -> str:
    """Stays with a level: stated by an organ, else each listing their place matched."""
    stated_end = midnight(f"{day('s.at_s')} + {STATED_DAYS + 1}")
    return (
        f"SELECT s.*, s.d_level AS x_level, s.at_s AS x_starts, {stated_end} AS x_ends, "
        "FALSE AS x_wide, FALSE AS x_listed, s.at_s AS l_starts, CAST(NULL AS BIGINT) AS l_ends "
        "FROM triggers AS s WHERE s.kind = 'area_stay' AND s.d_level IS NOT NULL "
        "UNION ALL SELECT s.*, l.level, greatest(s.at_s, l.starts), l.ends, l.wide, TRUE, "
        "l.starts, l.ends FROM triggers AS s JOIN place_listings AS l "
        "ON l.region = s.region AND l.place = s.place "
        "WHERE s.kind = 'area_stay' AND s.d_level IS NULL"
    )


def _area(ground: Ground) -> list[str]:
    area = ground.area
    assert area is not None
    limit = "f.until"
    if area.look_back is not None:
        limit = midnight(f"{day('f.until')} + {area.look_back + 1}")
    levels = ", ".join(text(level) for level in area.levels)
    return [
        f"f.until IS {'NULL' if area.stay is Stay.OPEN else 'NOT NULL'}",
        f"f.x_level IN ({levels})",
        f"(NOT f.x_listed OR (coalesce(f.l_starts < {limit}, TRUE) "
        "AND coalesce(f.l_ends > f.at_s, TRUE)))",
    ]

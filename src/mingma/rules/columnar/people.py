"""What is known at the instant, and what is asked of a whole person once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mingma.kernel.times import DAY, HOUR
from mingma.rules.assess.person import FEVER
from mingma.rules.columnar.sql import COLUMNS, day, match, text
from mingma.rules.ground import Ground, Negatives

_ENDS: Final = (
    "d_isolation_started_at", "d_isolation_ended_at", "d_discharged_at", "d_excluded_at",
)  # fmt: skip


def known(at: int) -> str:
    """What was known by the instant: later facts are left out, later ends are not recorded yet."""
    cut = {
        name: f"CASE WHEN {name} <= {at} THEN {name} END AS {name}" for name in ("until", *_ENDS)
    }
    columns = ", ".join(cut.get(name, name) for name in COLUMNS)
    return (
        f"CREATE TEMP VIEW known AS SELECT {columns} FROM facts WHERE at_s <= {at} "
        f"AND (recorded_at IS NULL OR recorded_at <= {at}) "
        f"AND (kind <> 'test' OR d_reported_at <= {at})"
    )


def triggers(grounds: Sequence[Ground]) -> str:
    """Facts that meet some ground's conditions: a small part of all, one scan a kind."""
    matches: dict[str, set[str]] = {}
    for ground in grounds:
        if ground.when is not None:
            found = matches.setdefault(ground.when.kind, set())
            found.add(f"({match('f', ground.when, kind=False)})")
    parts = [
        f"SELECT * FROM live AS f WHERE f.kind = {text(kind)} AND ({' OR '.join(sorted(some))})"
        for kind, some in sorted(matches.items())
    ] or ["SELECT * FROM live AS f WHERE FALSE"]
    return (
        "CREATE TEMP TABLE triggers AS SELECT f.*, r.released_at "
        f"FROM ({' UNION ALL '.join(parts)}) AS f "
        "LEFT JOIN released AS r ON r.subject = f.subject AND r.id = f.id"
    )


def pairs(rule: Negatives) -> str:
    return f"first_of_{rule.count}_in_{rule.hours}"


def people(grounds: Sequence[Ground]) -> list[str]:
    """One row a person with a trigger: her last negatives, reports and departures."""
    columns = {
        "last_negative": "max(CASE WHEN t.result = 'negative' THEN t.at_s END)",
        "last_single": "max(CASE WHEN t.result = 'negative' AND t.tube IS DISTINCT FROM 'mixed' "
        "THEN t.at_s END)",
    }
    statements = [
        "CREATE TEMP TABLE asked AS SELECT DISTINCT subject FROM triggers",
        # Asked people first: most facts are of people about whom no ground asks.
        "CREATE TEMP VIEW own AS "
        "SELECT * FROM (SELECT * FROM known SEMI JOIN asked USING (subject)) ANTI JOIN withdrawn "
        "USING (subject, id) WHERE kind <> 'withdrawal'",
        "CREATE TEMP TABLE tests AS SELECT subject, at_s, d_result AS result, d_tube AS tube "
        "FROM own WHERE kind = 'test' AND "
        "(d_result = 'positive' AND d_tube IS DISTINCT FROM 'mixed' "
        "OR d_result = 'negative' AND d_assay = 'pcr')",
    ]
    joins = []
    chains = {pairs(n): n for g in grounds for n in g.negatives if n.count > 1}
    for name, rule in sorted(chains.items()):
        statements.append(_chain(name, rule))
        joins.append(f"LEFT JOIN {name} USING (subject)")
    reports = any(g.reports for g in grounds) or any(
        p.clean_reports for g in grounds for p in g.phases
    )
    if reports:
        statements += _reports()
        joins.append("LEFT JOIN last_reports USING (subject)")
    for region in sorted({g.leaves.region for g in grounds if g.leaves}):
        name = f"left_{region}"
        statements.append(
            f"CREATE TEMP TABLE {name} AS SELECT subject, max(at_s) AS {name} "
            f"FROM own WHERE kind = 'trip' "
            f"AND starts_with(d_from, {text(region)}) AND NOT starts_with(d_to, {text(region)}) "
            "GROUP BY subject"
        )
        joins.append(f"LEFT JOIN {name} USING (subject)")
    aggregates = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    statements.append(
        f"CREATE TEMP TABLE people AS SELECT * FROM asked LEFT JOIN (SELECT subject, {aggregates} "
        f"FROM tests AS t GROUP BY subject) USING (subject) {' '.join(joins)}"
    )
    return statements


def _chain(name: str, rule: Negatives) -> str:
    """The latest first sampling of a valid row of negatives, for each person."""
    tables = [f"tests AS n{i}" for i in range(rule.count)]
    on = [f"n{i}.result = 'negative'" for i in range(rule.count)]
    on += [f"n{i}.subject = n0.subject" for i in range(1, rule.count)]
    on += [f"n{i}.at_s - n{i - 1}.at_s >= {DAY}" for i in range(1, rule.count)]
    on.append(f"n{rule.count - 1}.at_s - n0.at_s <= {rule.hours * HOUR}")
    between = " OR ".join(
        f"n{i - 1}.at_s < p.at_s AND p.at_s < n{i}.at_s" for i in range(1, rule.count)
    )
    on.append(
        "NOT EXISTS (SELECT 1 FROM tests AS p WHERE p.subject = n0.subject "
        f"AND p.result = 'positive' AND ({between}))"
    )
    return (
        f"CREATE TEMP TABLE {name} AS SELECT n0.subject, max(n0.at_s) AS {name} "
        f"FROM {', '.join(tables)} WHERE {' AND '.join(on)} GROUP BY n0.subject"
    )


def _reports() -> list[str]:
    normal = f"d_temperature < {FEVER} AND NOT coalesce(list_contains(d_symptoms, 'fever'), FALSE)"
    hot = f"coalesce(d_temperature >= {FEVER}, FALSE)"
    unclean = (
        f"coalesce(len(d_symptoms) > 0, FALSE) OR {hot} "
        "OR coalesce(d_high_area_stay, FALSE) OR coalesce(d_overseas, FALSE)"
    )
    return [
        "CREATE TEMP TABLE reports AS SELECT subject, id, at_s, d_corrects, "
        f"coalesce({normal}, FALSE) AS normal, ({unclean}) AS unclean "
        "FROM own WHERE kind = 'daily_report'",
        "CREATE TEMP TABLE corrected AS SELECT DISTINCT subject, d_corrects AS id "
        "FROM reports WHERE d_corrects IS NOT NULL",
        "CREATE TEMP TABLE last_reports AS SELECT subject, "
        "max({'at_s': at_s, 'id': id}) AS last_report, "
        "max(CASE WHEN normal THEN {'at_s': at_s, 'id': id} END) AS last_normal "
        "FROM reports GROUP BY subject",
        "CREATE TEMP TABLE clean_days AS SELECT subject, day FROM ("
        f"SELECT subject, {day('at_s')} AS day, bool_or(unclean) AS unclean "
        "FROM reports ANTI JOIN corrected USING (subject, id) GROUP BY subject, day"
        ") WHERE NOT unclean",
        "CREATE TEMP TABLE clean_runs AS SELECT subject, min(day) AS first, max(day) AS last FROM ("
        "SELECT subject, day, day - row_number() OVER (PARTITION BY subject ORDER BY day) AS run "
        "FROM clean_days) GROUP BY subject, run",
    ]


def company(grounds: Sequence[Ground], marks: bool) -> str:
    """Other facts of the same people that grounds ask about, or that marks rest on."""
    wanted = {m for g in grounds for o in (*g.needs, *g.unless) for m in o.matches}
    wanted |= {m for g in grounds for m in g.admits} if marks else set()
    if not wanted:
        return "CREATE TEMP TABLE company AS SELECT * FROM triggers WHERE FALSE"
    some = sorted({f"({match('f', one)})" for one in wanted})
    kinds = ", ".join(sorted({text(one.kind) for one in wanted}))
    return (
        "CREATE TEMP TABLE company AS SELECT f.*, r.released_at FROM own AS f "
        "LEFT JOIN released AS r ON r.subject = f.subject AND r.id = f.id "
        f"WHERE f.kind IN ({kinds}) AND ({' OR '.join(some)})"
    )

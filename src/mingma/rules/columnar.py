"""The same rules as SQL over columns: one script for all packs, run where the data lie.

Each statement of the script is named after what it makes. Integers are int64 seconds; days are
made with the same arithmetic as `kernel/times.py`; no timestamps, no floats but measured values.
`rules/assess.py` is the definition to read; a property test holds the two equal.

Input (`at` is a word of SQL, so it is `at_s` here): a table `facts` with the columns of `COLUMNS`, and `place_listings` with those of
`LISTINGS`. Output: a table `spans`, every span live or still to come, and a view `coloured`, the
winning span of each person who is not green.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from mingma.evidence.channels import CHANNELS
from mingma.kernel.times import DAY, HOUR, OFFSET
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.assess import FEVER, STATED_DAYS, TEST_DUE_DAYS
from mingma.rules.conditions import field_type
from mingma.rules.ground import (
    Condition,
    Ground,
    Is,
    Match,
    Negatives,
    Other,
    Phase,
    Report,
    Since,
    Stay,
)  # fmt: skip
from mingma.rules.pack import Pack

_TYPES: Final = {
    "word": "VARCHAR", "words": "VARCHAR[]", "yes": "BOOLEAN", "number": "DOUBLE",
    "region": "VARCHAR", "instant": "BIGINT",
}  # fmt: skip
_REFERENCES: Final = {  # text columns that tie records together; no condition reads them
    "d_of": "VARCHAR", "d_corrects": "VARCHAR", "d_approved_by": "VARCHAR[]",
    "d_evidence": "VARCHAR[]",
}  # fmt: skip


def _columns() -> dict[str, str]:
    columns = {
        "subject": "VARCHAR", "id": "VARCHAR", "kind": "VARCHAR", "at_s": "BIGINT",
        "until": "BIGINT", "recorded_at": "BIGINT", "region": "VARCHAR", "place": "VARCHAR",
    }  # fmt: skip
    for channel in CHANNELS:
        for info in msgspec.structs.fields(channel):
            try:
                shape, _, _ = field_type(channel.kind, info.encode_name)
            except ValueError:
                continue  # free text: no rule reads it
            columns[f"d_{info.encode_name}"] = _TYPES[shape]
    return columns | _REFERENCES


COLUMNS: Final = _columns()
LISTINGS: Final = {
    "region": "VARCHAR", "place": "VARCHAR", "level": "VARCHAR", "starts": "BIGINT",
    "ends": "BIGINT", "wide": "BOOLEAN",
}  # fmt: skip
_ENDS: Final = (
    "d_isolation_started_at", "d_isolation_ended_at", "d_discharged_at", "d_excluded_at",
)  # fmt: skip


def script(packs: Sequence[Pack], at: int, stale: Iterable[str] = ()) -> list[str]:
    """The statements that make `spans` and `coloured` for an instant, in order."""
    grounds = [(pack.id, ground) for pack in packs for ground in pack.grounds]
    asked = [(pack, g) for pack, g in grounds if g.when is not None]
    marks = any(g.when is not None and g.when.kind == "mark" for _, g in asked)
    phases = max((len(g.phases) for _, g in grounds), default=1)
    return [
        _known(at),
        "CREATE TEMP TABLE withdrawn AS "
        "SELECT DISTINCT subject, d_of AS id FROM known WHERE kind = 'withdrawal'",
        "CREATE TEMP VIEW live AS SELECT * FROM known AS k WHERE kind = 'withdrawal' OR NOT EXISTS "
        "(SELECT 1 FROM withdrawn AS w WHERE w.subject = k.subject AND w.id = k.id)",
        "CREATE TEMP TABLE released AS SELECT subject, d_of AS id, min(at_s) AS released_at "
        "FROM live WHERE kind = 'release' GROUP BY subject, d_of",
        _triggers([g for _, g in asked]),
        *_people([g for _, g in asked]),
        _company([g for _, g in asked], marks),
        _matches(asked, phases),
        _grounds(asked, phases),
        _laid(phases, [g for _, g in asked]),
        _spans(phases, at, [(p, g) for p, g in grounds if g.absence is not None]),
        _coloured(at),
        _subjects(stale),
    ]


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, (int, float)) else _text(value)


def _day(instant: str) -> str:
    # Instants are of 1900 or later, so a shift by 200 years keeps // on positive numbers.
    shift = 73_050
    return f"(({instant} + {OFFSET + shift * DAY}) // {DAY} - {shift})"


def _midnight(day: str) -> str:
    return f"(({day}) * {DAY} - {OFFSET})"


def _known(at: int) -> str:
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


# -- conditions -----------------------------------------------------------------------------------


def _condition(alias: str, condition: Condition) -> str:
    envelope = condition.field in ("until", "at", "region")
    name = "at_s" if condition.field == "at" else condition.field
    column = f'{alias}."{name if envelope else "d_" + name}"'
    values = [_literal(value) for value in condition.values]
    listed = ", ".join(values)
    below = " OR ".join(f"starts_with({column}, {value})" for value in values)
    return {
        Is.ONE_OF: f"coalesce({column} IN ({listed or 'NULL'}), FALSE)",
        Is.NOT: f"({column} IS NULL OR {column} NOT IN ({listed or 'NULL'}))",
        Is.WITHIN: f"coalesce({below or 'FALSE'}, FALSE)",
        Is.OUTSIDE: f"coalesce(NOT ({below or 'FALSE'}), FALSE)",
        Is.AT_LEAST: f"coalesce({column} >= {values[0] if values else 'NULL'}, FALSE)",
        Is.RECORDED: f"{column} IS NOT NULL",
        Is.MISSING: f"{column} IS NULL",
        Is.ANY: f"coalesce({f'list_has_any({column}, [{listed}])' if values else f'len({column}) > 0'}, FALSE)",
    }[condition.test]


def _match(alias: str, match: Match) -> str:
    tests = [f"{alias}.kind = {_text(match.kind)}"]
    tests += [_condition(alias, one) for one in match.all_of]
    if match.any_of:
        choices = (
            "(" + " AND ".join(_condition(alias, c) for c in choice) + ")"
            for choice in match.any_of
        )
        tests.append("(" + " OR ".join(choices) + ")")
    return " AND ".join(tests)


# -- what is asked of the whole person ------------------------------------------------------------


def _triggers(grounds: Sequence[Ground]) -> str:
    """Facts that meet some ground's conditions: a small part of all."""
    some = sorted({f"({_match('f', g.when)})" for g in grounds if g.when is not None})
    return (
        "CREATE TEMP TABLE triggers AS SELECT f.*, r.released_at FROM live AS f "
        "LEFT JOIN released AS r ON r.subject = f.subject AND r.id = f.id "
        f"WHERE {' OR '.join(some) or 'FALSE'}"
    )


def _pairs(rule: Negatives) -> str:
    return f"first_of_{rule.count}_in_{rule.hours}"


def _people(grounds: Sequence[Ground]) -> list[str]:
    """One row a person with a trigger: her last negatives, reports and departures."""
    columns = {
        "last_negative": "max(CASE WHEN t.result = 'negative' THEN t.at_s END)",
        "last_single": "max(CASE WHEN t.result = 'negative' AND t.tube IS DISTINCT FROM 'mixed' "
        "THEN t.at_s END)",
    }
    statements = [
        "CREATE TEMP TABLE asked AS SELECT DISTINCT subject FROM triggers",
        "CREATE TEMP TABLE tests AS SELECT subject, at_s, d_result AS result, d_tube AS tube "
        "FROM live SEMI JOIN asked USING (subject) WHERE kind = 'test' AND "
        "(d_result = 'positive' AND d_tube IS DISTINCT FROM 'mixed' "
        "OR d_result = 'negative' AND d_assay = 'pcr')",
    ]
    joins = []
    chains = {_pairs(n): n for g in grounds for n in g.negatives if n.count > 1}
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
            f"FROM live SEMI JOIN asked USING (subject) WHERE kind = 'trip' "
            f"AND starts_with(d_from, {_text(region)}) AND NOT starts_with(d_to, {_text(region)}) "
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
        "FROM live SEMI JOIN asked USING (subject) WHERE kind = 'daily_report'",
        "CREATE TEMP TABLE corrected AS SELECT DISTINCT subject, d_corrects AS id "
        "FROM reports WHERE d_corrects IS NOT NULL",
        "CREATE TEMP TABLE last_reports AS SELECT subject, max({'at_s': at_s, 'id': id}) AS last_report, "
        "max(CASE WHEN normal THEN {'at_s': at_s, 'id': id} END) AS last_normal "
        "FROM reports GROUP BY subject",
        "CREATE TEMP TABLE clean_days AS SELECT subject, day FROM ("
        f"SELECT subject, {_day('at_s')} AS day, bool_or(unclean) AS unclean "
        "FROM reports ANTI JOIN corrected USING (subject, id) GROUP BY subject, day"
        ") WHERE NOT unclean",
        "CREATE TEMP TABLE clean_runs AS SELECT subject, min(day) AS first, max(day) AS last FROM ("
        "SELECT subject, day, day - row_number() OVER (PARTITION BY subject ORDER BY day) AS run "
        "FROM clean_days) GROUP BY subject, run",
    ]


def _company(grounds: Sequence[Ground], marks: bool) -> str:
    """Other facts of the same people that grounds ask about, or that marks rest on."""
    wanted = {m for g in grounds for o in (*g.needs, *g.unless) for m in o.matches}
    wanted |= {m for g in grounds for m in g.admits} if marks else set()
    some = sorted({f"({_match('f', match)})" for match in wanted})
    return (
        "CREATE TEMP TABLE company AS SELECT f.*, r.released_at FROM live AS f "
        "SEMI JOIN asked USING (subject) "
        "LEFT JOIN released AS r ON r.subject = f.subject AND r.id = f.id "
        f"WHERE {' OR '.join(some) or 'FALSE'}"
    )


# -- one fact against one ground ------------------------------------------------------------------


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


def _matches(asked: Sequence[tuple[str, Ground]], phases: int) -> str:
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
    where = [_match("f", ground.when), *_not_over(ground)]
    anchor = f"coalesce({_recorded(ground.phases[0].after)}, f.at_s)"
    company, only_notice = "CAST([] AS VARCHAR[])", "CAST(NULL AS VARCHAR)"
    where += [f"NOT EXISTS ({_others('1', o, anchor)})" for o in ground.unless]
    if ground.needs:
        where += [f"EXISTS ({_others('1', o, anchor)})" for o in ground.needs]
        ids = [f"coalesce(({_others('list(o.id)', o, anchor)}), [])" for o in ground.needs]
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
        kinds = f"(SELECT list(DISTINCT o.kind) FROM {counted})"
        only_notice = (
            f"CASE WHEN len(list_filter({kinds}, k -> k NOT IN ('companion_match', "
            f"'foreign_statement'))) > 0 THEN NULL WHEN list_contains({kinds}, 'companion_match') "
            "THEN 'companion' ELSE 'foreign' END"
        )
    source, distinct = "triggers AS f", ""
    x_starts, x_ends, wide = "f.at_s", _midnight(f"{_day('f.at_s')} + {STATED_DAYS + 1}"), "FALSE"
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
        Since.SAME_DAY: _midnight(_day(anchor)),
        Since.DAY: _midnight(f"{_day(anchor)} + {rule.day}"),
    }[rule.since]
    if rule.count > 1:
        return f"coalesce(p.{_pairs(rule)} < {since}, TRUE)"
    return f"coalesce(p.{'last_single' if rule.single else 'last_negative'} < {since}, TRUE)"


def _others(what: str, other: Other, anchor: str) -> str:
    some = " OR ".join(f"({_match('o', match)})" for match in other.matches)
    earliest = "" if other.hours is None else f" AND o.at_s >= {anchor} - {other.hours * HOUR}"
    return (
        f"SELECT {what} FROM company AS o WHERE o.subject = f.subject AND o.id <> f.id "
        f"AND ({some}){earliest}"
    )


def _counted(ground: Ground) -> str:
    """The evidence that makes a mark count."""
    some = " OR ".join(f"({_match('o', match)})" for match in ground.admits)
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
    stated_end = _midnight(f"{_day('s.at_s')} + {STATED_DAYS + 1}")
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
        limit = _midnight(f"{_day('f.until')} + {area.look_back + 1}")
    levels = ", ".join(_text(level) for level in area.levels)
    return [
        f"f.until IS {'NULL' if area.stay is Stay.OPEN else 'NOT NULL'}",
        f"f.x_level IN ({levels})",
        f"(NOT f.x_listed OR (coalesce(f.l_starts < {limit}, TRUE) "
        "AND coalesce(f.l_ends > f.at_s, TRUE)))",
    ]


# -- phases ---------------------------------------------------------------------------------------


def _grounds(asked: Sequence[tuple[str, Ground]], phases: int) -> str:
    """The packs' own figures as a table, one row a ground."""
    names = ["g", "pack", "rule", "ground", "final_test", "release", "gives_way_to"]
    for k in range(phases):
        names += [
            f"{n}{k}" for n in ("colour", "notice", "first", "last", "hours", "inside", "clean")
        ]
    rows = []
    for number, (pack, g) in enumerate(asked):
        cells = [
            str(number), _text(pack), _text(g.rule), _text(g.id), _literal(g.final_test),
            _text(g.release), f"CAST([{', '.join(map(_text, g.gives_way_to))}] AS VARCHAR[])",
        ]  # fmt: skip
        for k in range(phases):
            cells += _cells(g.phases[k] if k < len(g.phases) else None)
        rows.append(f"({', '.join(cells)})")
    if not rows:
        rows = ["(" + ", ".join(["-1", *["NULL"] * (len(names) - 1)]) + ")"]
    return (
        f"CREATE TEMP TABLE grounds AS SELECT * FROM (VALUES {', '.join(rows)}) "
        f"AS t({', '.join(names)})"
    )


def _cells(phase: Phase | None) -> list[str]:
    if phase is None:
        return ["CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)", "0", "CAST(NULL AS BIGINT)",
                "CAST(NULL AS BIGINT)", "FALSE", "CAST(NULL AS BIGINT)"]  # fmt: skip
    return [
        f"CAST({_literal(phase.colour)} AS VARCHAR)", f"CAST({_literal(phase.notice)} AS VARCHAR)",
        str(phase.first), f"CAST({_literal(phase.last)} AS BIGINT)",
        f"CAST({_literal(phase.hours)} AS BIGINT)", _literal(phase.inside),
        f"CAST({_literal(phase.clean_reports)} AS BIGINT)",
    ]  # fmt: skip


def _laid(phases: int, grounds: Sequence[Ground]) -> str:
    """Begin b and end e of every phase, one after the other without a gap."""
    steps = "matches JOIN grounds USING (g)"
    for k in range(phases):
        clean = any(k < len(g.phases) and g.phases[k].clean_reports for g in grounds)
        steps = f"(SELECT *, {_begin(k)} AS b{k} FROM {steps})"
        steps = f"(SELECT *, {_raw_end(k)} AS raw{k} FROM {steps})"
        steps = f"(SELECT q.*, {_end(k, clean=clean)} AS e{k} FROM {steps} AS q)"
    return f"CREATE TEMP TABLE laid AS SELECT * FROM {steps}"


def _begin(k: int) -> str:
    if k:
        return f"e{k - 1}"
    first = f"CASE WHEN first0 <= 1 THEN a0 ELSE {_midnight(_day('a0') + ' + first0')} END"
    return (
        f"CASE WHEN inside0 THEN x_starts WHEN a0 IS NULL THEN NULL "
        f"ELSE greatest({first}, x_starts) END"
    )


def _raw_end(k: int) -> str:
    anchor = f"coalesce(a{k}, b{k} - 1)" if k else "a0"
    days = _midnight(f"{_day(anchor)} + last{k} + 1")
    return f"CASE WHEN hours{k} IS NOT NULL THEN coalesce(a{k}, b{k}) + hours{k} * {HOUR} ELSE {days} END"


def _end(k: int, *, clean: bool) -> str:
    ends = [f"raw{k}", f"CASE WHEN s{k} IS NULL THEN raw{k} ELSE greatest(s{k}, b{k}) END"]
    if clean:
        day1 = f"({_day(f'coalesce(a{k}, b{k} - 1)')} + 1)"
        begun = f"greatest(r.first, {day1})"
        earliest = (
            f"SELECT min({_midnight(f'{begun} + clean{k}')}) FROM clean_runs AS r "
            f"WHERE r.subject = q.subject AND r.last - {begun} + 1 >= clean{k}"
        )
        ends.append(f"coalesce(({earliest}), raw{k})")
    return (
        f"CASE WHEN b{k} IS NULL THEN NULL WHEN inside{k} THEN x_ends "
        f"ELSE greatest(b{k}, least({', '.join(ends)})) END"
    )


def _spans(phases: int, at: int, absences: Sequence[tuple[str, Ground]]) -> str:
    """Every span that is live or still to come."""
    parts = []
    common = (
        "pack, rule, ground, subject, list_concat([id], company) AS evidence, release, gives_way_to"
    )
    for k in range(phases):
        red = f"CASE WHEN wide AND colour{k} = 'red' THEN 'yellow' ELSE colour{k} END"
        parts.append(
            f"SELECT {common}, CASE WHEN only_notice IS NULL THEN {red} END AS colour, "
            f"coalesce(only_notice, notice{k}) AS notice, b{k} AS starts, e{k} AS until FROM laid "
            f"WHERE coalesce(colour{k}, notice{k}) IS NOT NULL AND b{k} IS NOT NULL "
            f"AND (e{k} IS NULL OR (e{k} > b{k} AND e{k} > {at}))"
        )
        last = f"coalesce(colour{k}, notice{k}) IS NOT NULL"
        if k + 1 < phases:
            last += f" AND coalesce(colour{k + 1}, notice{k + 1}) IS NULL"
        due = _midnight(f"{_day(f'(e{k} - 1)')} + {TEST_DUE_DAYS + 1}")
        parts.append(
            f"SELECT {common}, NULL AS colour, 'test_due' AS notice, e{k} AS starts, {due} AS until "
            f"FROM laid JOIN people USING (subject) WHERE final_test AND only_notice IS NULL "
            f"AND {last} AND e{k} IS NOT NULL AND {due} > {at} "
            f"AND coalesce(last_negative < b{k}, TRUE)"
        )
    parts += [_absence(pack, ground) for pack, ground in absences]
    return f"CREATE TEMP TABLE spans AS SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)})"


def _absence(pack: str, ground: Ground) -> str:
    absence = ground.absence
    assert absence is not None
    last = f"max(CASE WHEN kind = {_text(absence.kind)} THEN {_day('at_s')} END)"
    return (
        f"SELECT {_text(pack)} AS pack, {_text(ground.rule)} AS rule, {_text(ground.id)} AS ground, "
        f"subject, CAST([] AS VARCHAR[]) AS evidence, {_text(ground.release)} AS release, "
        f"CAST([] AS VARCHAR[]) AS gives_way_to, NULL AS colour, "
        f"{_text(ground.phases[0].notice)} AS notice, "
        f"coalesce({_midnight(f'{last} + {absence.days}')}, min(at_s)) AS starts, NULL AS until "
        "FROM live GROUP BY subject"
    )


def _coloured(at: int) -> str:
    """The span that shows for each person who is not green."""
    covers = f"starts <= {at} AND (until IS NULL OR until > {at}) AND colour IS NOT NULL"
    severity = "CASE colour " + " ".join(
        f"WHEN {_text(c.value)} THEN {n}" for c, n in SEVERITY.items() if c is not Colour.GREEN
    )
    return (
        f"CREATE TEMP VIEW coloured AS SELECT subject, colour, rule, pack, starts AS since, until "
        f"FROM (SELECT *, row_number() OVER (PARTITION BY subject ORDER BY {severity} END DESC, "
        f"until DESC NULLS LAST, pack, rule, starts, evidence) AS place "
        f"FROM spans AS s WHERE {covers} AND (len(gives_way_to) = 0 OR NOT EXISTS (SELECT 1 FROM "
        f"spans AS h WHERE h.subject = s.subject AND h.pack = s.pack "
        f"AND list_contains(s.gives_way_to, h.rule) AND h.colour IS NOT NULL "
        f"AND h.starts <= {at} AND (h.until IS NULL OR h.until > {at})))) WHERE place = 1"
    )


def _subjects(stale: Iterable[str]) -> str:
    """Everybody, and whether there is nothing to go by."""
    kinds = ", ".join(_text(kind) for kind in sorted(stale)) or "NULL"
    return (
        "CREATE TEMP VIEW subjects AS SELECT subject, coalesce(blind, FALSE) AS blind FROM "
        "(SELECT DISTINCT subject FROM facts) LEFT JOIN (SELECT k.subject, "
        f"bool_and(w.id IS NOT NULL OR coalesce(k.kind IN ({kinds}), FALSE)) AS blind "
        "FROM known AS k LEFT JOIN withdrawn AS w ON w.subject = k.subject AND w.id = k.id "
        "GROUP BY k.subject) USING (subject)"
    )

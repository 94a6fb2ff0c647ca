"""Phases laid one after the other, and the span that shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mingma.kernel.times import HOUR
from mingma.kernel.words import SEVERITY, Colour
from mingma.rules.assess.phases import TEST_DUE_DAYS
from mingma.rules.columnar.sql import day, literal, midnight, text
from mingma.rules.ground import Ground, Phase


def grounds(asked: Sequence[tuple[str, Ground]], phases: int) -> str:
    """The packs' own figures as a table, one row a ground."""
    names = ["g", "pack", "rule", "ground", "final_test", "release", "gives_way_to"]
    for k in range(phases):
        words = "colour notice first last hours inside clean like"
        names += [f"{word}{k}" for word in words.split()]
    rows = []
    for number, (pack, g) in enumerate(asked):
        cells = [
            str(number), text(pack), text(g.rule), text(g.id), literal(g.final_test),
            text(g.release), f"CAST([{', '.join(map(text, g.gives_way_to))}] AS VARCHAR[])",
        ]  # fmt: skip
        for k in range(phases):
            cells += _cells(g.phases[k] if k < len(g.phases) else None)
            cells.append(f"CAST({literal(_like(g.phases, k))} AS BIGINT)")
        rows.append(f"({', '.join(cells)})")
    if not rows:
        rows = ["(" + ", ".join(["-1", *["NULL"] * (len(names) - 1)]) + ")"]
    return (
        f"CREATE TEMP TABLE grounds AS SELECT * FROM (VALUES {', '.join(rows)}) "
        f"AS t({', '.join(names)})"
    )


def _like(phases: Sequence[Phase], k: int) -> int | None:
    """The number of an earlier phase that is counted from the same end."""
    earlier = range(k) if k < len(phases) else range(0)
    return next((j for j in reversed(earlier) if phases[j].after == phases[k].after), None)


def _cells(phase: Phase | None) -> list[str]:
    if phase is None:
        return ["CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)", "0", "CAST(NULL AS BIGINT)",
                "CAST(NULL AS BIGINT)", "FALSE", "CAST(NULL AS BIGINT)"]  # fmt: skip
    return [
        f"CAST({literal(phase.colour)} AS VARCHAR)", f"CAST({literal(phase.notice)} AS VARCHAR)",
        str(phase.first), f"CAST({literal(phase.last)} AS BIGINT)",
        f"CAST({literal(phase.hours)} AS BIGINT)", literal(phase.inside),
        f"CAST({literal(phase.clean_reports)} AS BIGINT)",
    ]  # fmt: skip


def laid(phases: int, grounds: Sequence[Ground]) -> str:
    """Begin b and end e of every phase, one after the other without a gap."""
    steps = "matches JOIN grounds USING (g)"
    for k in range(phases):
        clean = any(k < len(g.phases) and g.phases[k].clean_reports for g in grounds)
        steps = f"(SELECT *, {_begin(k)} AS b{k} FROM {steps})"
        steps = f"(SELECT *, {_anchor(k)} AS x{k} FROM {steps})"
        steps = f"(SELECT *, {_raw_end(k)} AS raw{k} FROM {steps})"
        steps = f"(SELECT q.*, {_end(k, clean=clean)} AS e{k} FROM {steps} AS q)"
    return f"CREATE TEMP TABLE laid AS SELECT * FROM {steps}"


def _begin(k: int) -> str:
    if k:
        return f"e{k - 1}"
    first = f"CASE WHEN first0 <= 1 THEN a0 ELSE {midnight(day('a0') + ' + first0')} END"
    return (
        f"CASE WHEN inside0 THEN x_starts WHEN a0 IS NULL THEN NULL "
        f"ELSE greatest({first}, x_starts) END"
    )


def _anchor(k: int) -> str:
    """The anchor; with none recorded, the last day of the phase before, kept for its like."""
    if k == 0:
        return "a0"
    like = " ".join(f"WHEN {j} THEN x{j}" for j in range(k))
    return f"coalesce(a{k}, CASE like{k} {like} END, b{k} - 1)"


def _raw_end(k: int) -> str:
    days = midnight(f"{day(f'x{k}')} + last{k} + 1")
    return f"CASE WHEN hours{k} IS NOT NULL THEN x{k} + hours{k} * {HOUR} ELSE {days} END"


def _end(k: int, *, clean: bool) -> str:
    ends = [f"raw{k}", f"CASE WHEN s{k} IS NULL THEN raw{k} ELSE greatest(s{k}, b{k}) END"]
    if clean:
        day1 = f"({day(f'x{k}')} + 1)"
        begun = f"greatest(r.first, {day1})"
        earliest = (
            f"SELECT min({midnight(f'{begun} + clean{k}')}) FROM clean_runs AS r "
            f"WHERE r.subject = q.subject AND r.last - {begun} + 1 >= clean{k}"
        )
        ends.append(f"coalesce(({earliest}), raw{k})")
    return (
        f"CASE WHEN b{k} IS NULL THEN NULL WHEN inside{k} THEN x_ends "
        f"ELSE greatest(b{k}, least({', '.join(ends)})) END"
    )


def spans(phases: int, at: int, absences: Sequence[tuple[str, Ground]], *, listed: bool) -> str:
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
        due = midnight(f"{day(f'(e{k} - 1)')} + {TEST_DUE_DAYS + 1}")
        parts.append(
            f"SELECT {common}, NULL AS colour, 'test_due' AS notice, "
            f"e{k} AS starts, {due} AS until FROM laid JOIN people USING (subject) "
            f"WHERE final_test AND only_notice IS NULL AND {last} AND e{k} IS NOT NULL "
            f"AND {due} > {at} AND coalesce(last_negative < b{k}, TRUE)"
        )
    parts += [_absence(pack, ground) for pack, ground in absences]
    every = " UNION ALL ".join(parts)
    # Two listings of one place can lead to the same span.
    return f"CREATE TEMP TABLE spans AS SELECT {'DISTINCT ' if listed else ''}* FROM ({every})"


def _absence(pack: str, ground: Ground) -> str:
    absence = ground.absence
    assert absence is not None
    last = f"max(CASE WHEN kind = {text(absence.kind)} THEN {day('at_s')} END)"
    return (
        f"SELECT {text(pack)} AS pack, {text(ground.rule)} AS rule, {text(ground.id)} AS ground, "
        f"subject, CAST([] AS VARCHAR[]) AS evidence, {text(ground.release)} AS release, "
        f"CAST([] AS VARCHAR[]) AS gives_way_to, NULL AS colour, "
        f"{text(ground.phases[0].notice)} AS notice, "
        f"coalesce({midnight(f'{last} + {absence.days}')}, min(at_s)) AS starts, NULL AS until "
        "FROM live GROUP BY subject"
    )


def coloured(at: int) -> str:
    """The span that shows for each person who is not green."""
    covers = f"starts <= {at} AND (until IS NULL OR until > {at}) AND colour IS NOT NULL"
    severity = "CASE colour " + " ".join(
        f"WHEN {text(c.value)} THEN {n}" for c, n in SEVERITY.items() if c is not Colour.GREEN
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


def subjects(stale: Iterable[str]) -> str:
    """Everybody, and whether there is nothing to go by."""
    kinds = ", ".join(text(kind) for kind in sorted(stale)) or "NULL"
    return (
        "CREATE TEMP VIEW subjects AS SELECT subject, coalesce(blind, FALSE) AS blind FROM "
        "(SELECT DISTINCT subject FROM facts) LEFT JOIN (SELECT k.subject, "
        f"bool_and(w.id IS NOT NULL OR coalesce(k.kind IN ({kinds}), FALSE)) AS blind "
        "FROM known AS k LEFT JOIN withdrawn AS w ON w.subject = k.subject AND w.id = k.id "
        "GROUP BY k.subject) USING (subject)"
    )

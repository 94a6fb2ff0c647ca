"""Words of SQL: columns, literals, day arithmetic, conditions on a fact."""

from __future__ import annotations

from typing import Final

import msgspec

from mingma.evidence.channels import CHANNELS
from mingma.kernel.times import DAY, OFFSET
from mingma.rules.conditions import field_type
from mingma.rules.ground import Condition, Is, Match

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


def text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, (int, float)) else text(value)


def day(instant: str) -> str:
    # Instants are of 1900 or later, so a shift by 200 years keeps // on positive numbers.
    shift = 73_050
    return f"(({instant} + {OFFSET + shift * DAY}) // {DAY} - {shift})"


def midnight(day: str) -> str:
    return f"(({day}) * {DAY} - {OFFSET})"


def condition(alias: str, condition: Condition) -> str:
    envelope = condition.field in ("until", "at", "region")
    name = "at_s" if condition.field == "at" else condition.field
    column = f'{alias}."{name if envelope else "d_" + name}"'
    values = [literal(value) for value in condition.values]
    listed = ", ".join(values)
    some = f"list_has_any({column}, [{listed}])" if values else f"len({column}) > 0"
    below = " OR ".join(f"starts_with({column}, {value})" for value in values)
    return {
        Is.ONE_OF: f"coalesce({column} IN ({listed or 'NULL'}), FALSE)",
        Is.NOT: f"({column} IS NULL OR {column} NOT IN ({listed or 'NULL'}))",
        Is.WITHIN: f"coalesce({below or 'FALSE'}, FALSE)",
        Is.OUTSIDE: f"coalesce(NOT ({below or 'FALSE'}), FALSE)",
        Is.AT_LEAST: f"coalesce({column} >= {values[0] if values else 'NULL'}, FALSE)",
        Is.RECORDED: f"{column} IS NOT NULL",
        Is.MISSING: f"{column} IS NULL",
        Is.ANY: f"coalesce({some}, FALSE)",
    }[condition.test]


def match(alias: str, match: Match, *, kind: bool = True) -> str:
    tests = [f"{alias}.kind = {text(match.kind)}"] if kind else ["TRUE"]
    tests += [condition(alias, one) for one in match.all_of]
    if match.any_of:
        choices = (
            "(" + " AND ".join(condition(alias, c) for c in choice) + ")" for choice in match.any_of
        )
        tests.append("(" + " OR ".join(choices) + ")")
    return " AND ".join(tests)

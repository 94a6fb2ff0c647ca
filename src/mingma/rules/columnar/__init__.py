"""The same rules as SQL over columns: one script for all packs, run where the data lie.

Each statement of the script is named after what it makes. Integers are int64 seconds; days are
made with the same arithmetic as `kernel/times.py`; no timestamps, no floats but measured values.
`rules/assess` is the definition to read; a property test holds the two equal.

Input: a table `facts` with the columns of `COLUMNS` (`at` is a word of SQL, so it is `at_s` here)
and `place_listings` with those of `LISTINGS`. Output: a table `spans`, every span live or still to
come, a view `coloured`, the winning span of each person who is not green, and a view `subjects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mingma.rules.columnar.matches import matches
from mingma.rules.columnar.people import company, known, people, triggers
from mingma.rules.columnar.phases import coloured, grounds, laid, spans, subjects
from mingma.rules.columnar.sql import COLUMNS, LISTINGS
from mingma.rules.pack import Pack


def script(packs: Sequence[Pack], at: int, stale: Iterable[str] = ()) -> list[str]:
    """The statements that make `spans` and `coloured` for an instant, in order."""
    every = [(pack.id, ground) for pack in packs for ground in pack.grounds]
    asked = [(pack, g) for pack, g in every if g.when is not None]
    marks = any(g.when is not None and g.when.kind == "mark" for _, g in asked)
    phases = max((len(g.phases) for _, g in every), default=1)
    return [
        known(at),
        "CREATE TEMP TABLE withdrawn AS "
        "SELECT DISTINCT subject, d_of AS id FROM known WHERE kind = 'withdrawal'",
        "CREATE TEMP VIEW live AS SELECT * FROM known ANTI JOIN withdrawn USING (subject, id) "
        "WHERE kind <> 'withdrawal'",
        "CREATE TEMP TABLE released AS SELECT subject, d_of AS id, min(at_s) AS released_at "
        "FROM live WHERE kind = 'release' GROUP BY subject, d_of",
        triggers([g for _, g in asked]),
        *people([g for _, g in asked]),
        company([g for _, g in asked], marks),
        matches(asked, phases),
        grounds(asked, phases),
        laid(phases, [g for _, g in asked]),
        spans(
            phases,
            at,
            [(p, g) for p, g in every if g.absence is not None],
            listed=any(g.area is not None for _, g in every),
        ),
        coloured(at),
        subjects(stale),
    ]


__all__ = ["COLUMNS", "LISTINGS", "script"]

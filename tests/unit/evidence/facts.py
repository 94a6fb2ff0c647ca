"""Any fact that `admit` could let in, for property tests: made from the channels themselves."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from mingma.evidence.channels import CHANNELS
from mingma.evidence.channels.channel import Channel, Region
from mingma.evidence.model import Fact
from mingma.kernel.times import Instant

EARLIEST = Instant(-2_208_988_800)  # 1900
LATEST = Instant(4_133_894_400)  # 2101-01-01, less the offset

instants = st.integers(EARLIEST, LATEST - 1 - 8 * 3600).map(Instant)
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
)
regions = st.from_regex(Region.FORM, fullmatch=True).map(Region)


def values(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a field."""
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return st.one_of(*map(values, types))
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType(ge=low, le=high):
            return st.integers(low, high)
        case msgspec.inspect.FloatType(ge=low, le=high):
            return st.floats(low, high)
        case msgspec.inspect.LiteralType(values=words):
            return st.sampled_from(words)
        case msgspec.inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern.rstrip("$"), fullmatch=True)
        case msgspec.inspect.StrType():
            return texts
        case msgspec.inspect.VarTupleType(item_type=item):
            return st.lists(values(item), max_size=3).map(tuple)
        case msgspec.inspect.CustomType(cls=cls):
            return {Instant: instants, Region: regions}[cls]
    raise AssertionError(f"no facts are drawn for `{kind}`")


def data(channel: type[Channel]) -> st.SearchStrategy[Channel]:
    """Data of a kind."""
    info = msgspec.inspect.type_info(channel)
    assert isinstance(info, msgspec.inspect.StructType)
    return st.builds(channel, **{field.name: values(field.type) for field in info.fields})


@st.composite
def facts(
    draw: st.DrawFn,
    ids: st.SearchStrategy[str] = texts,
    subjects: st.SearchStrategy[str] = texts,
    times: st.SearchStrategy[Instant] = instants,
) -> Fact:
    """A fact of any kind."""
    channel = draw(st.sampled_from(CHANNELS))
    at = draw(times)
    later = st.integers(at, LATEST - 1).map(Instant)
    fact: Any = Fact(
        id=draw(ids),
        kind=channel.kind,
        subject=draw(subjects),
        at=at,
        data=draw(data(channel)),  # type: ignore[arg-type] # a union, and this is one of it
        until=draw(st.none() | later),
        recorded_at=draw(st.none() | instants),
        region=draw(st.none() | regions.map(str)),
        place=draw(st.none() | texts),
        organ=draw(st.none() | texts),
    )
    assert isinstance(fact, Fact)
    return fact

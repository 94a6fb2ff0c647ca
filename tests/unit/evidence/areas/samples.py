"""A small table and short ways to write listings, for the tests beside this file."""

from __future__ import annotations

from mingma.evidence.areas.divisions import Divisions, table
from mingma.evidence.areas.listings import Listing, list_instant
from mingma.evidence.areas.matching import AreaHistory
from mingma.kernel.times import Instant

ROWS = """
110000 北京市 - -
110100 北京市 市辖区 -
110105 北京市 市辖区 朝阳区
110106 北京市 市辖区 丰台区
350000 福建省 - -
350200 福建省 厦门市 -
350203 福建省 厦门市 思明区
350206 福建省 厦门市 湖里区
130000 河北省 - -
130100 河北省 石家庄市 -
130102 河北省 石家庄市 长安区
130600 河北省 保定市 -
130632 河北省 保定市 安新县
220000 吉林省 - -
220100 吉林省 长春市 -
220104 吉林省 长春市 朝阳区
220500 吉林省 通化市 -
220581 吉林省 通化市 梅河口市
320000 江苏省 - -
320100 江苏省 南京市 -
320106 江苏省 南京市 鼓楼区
320300 江苏省 徐州市 -
320302 江苏省 徐州市 鼓楼区
440000 广东省 - -
441900 广东省 东莞市 -
460000 海南省 - -
460400 海南省 儋州市 -
469000 海南省 省直辖县级行政区划 -
469007 海南省 省直辖县级行政区划 东方市
"""

HEADER = ["code", "province", "city", "county"]
DIVISIONS: Divisions = table(
    [HEADER]
    + [["" if word == "-" else word for word in line.split()] for line in ROWS.split("\n") if line],
    "2022-12-31",
)


def at(text: str) -> Instant:
    """An instant as a list writes it."""
    return list_instant(text, "test")


def listing(level: str, where: str, community: str, first_seen: str, gone_by: str = "") -> Listing:
    """A row; `where` is 省/市/县."""
    province, city, county = where.split("/")
    assert level == "H" or level == "M" or level == "L"  # noqa: PLR1714 - narrows the type
    ends = at(gone_by) if gone_by else None
    return Listing(level, province, city, county, community, at(first_seen), ends)


def history(*rows: Listing) -> AreaHistory:
    """The history of a list of these rows."""
    return AreaHistory.of(rows, DIVISIONS)

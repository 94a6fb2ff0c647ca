"""The division table: what is in it, and which listed names are a county."""

from __future__ import annotations

import pytest

from mingma import shipped
from mingma.evidence.areas.divisions import Located, Names, TableBroken, table
from tests.unit.evidence.areas.samples import DIVISIONS, HEADER

# Codes that the shipped packs' examples and documents use.
NEEDED = """
350203 460203 410102 410184 310115 310101 110113 110105 110102 510116 510107 150781 460105
410100 350100 130100 411100 411102 410000
"""


@pytest.mark.parametrize("code", NEEDED.split())
def test_the_shipped_table_has_every_code_that_the_packs_need(code: str) -> None:
    assert code in shipped.divisions()


def test_the_shipped_table_is_that_of_2022() -> None:
    divisions = shipped.divisions()
    assert divisions.edition == "2022-12-31"
    named = [divisions.names(code) for code in divisions]
    assert sum(1 for names in named if names and names.county) == 2843
    # Changed in 2021, so as new; changed in 2023, so as old.
    assert divisions.names("410307") == Names("河南省", "洛阳市", "偃师区")
    assert "410381" not in divisions
    assert divisions.names("540422") == Names("西藏自治区", "林芝市", "米林县")
    assert "659012" not in divisions


def test_statistical_zones_are_no_divisions() -> None:
    assert [code for code in shipped.divisions() if "71" <= code[4:] <= "79"] == []


@pytest.mark.parametrize("code", ["999999", "41010", "4101022", "", "河南", "４１０１０２"])
def test_another_text_is_not_in_the_table(code: str) -> None:
    assert code not in shipped.divisions()
    assert shipped.divisions().names(code) is None


@pytest.mark.parametrize(
    ("names", "located"),
    [
        ("福建省/厦门市/思明区", Located("350203", town=False)),
        ("福建省/厦 门 市/思明区", Located("350203", town=False)),
        ("北京市/市辖区/朝阳区", Located("110105", town=False)),
        ("北京市/北京市/朝阳区", Located("110105", town=False)),
        ("海南省/省直辖县级行政单位/东方市", Located("469007", town=False)),
        ("吉林省/梅河口市/梅河口市", Located("220581", town=False)),
        ("河北省/安新县/安新县", Located("130632", town=False)),
        ("海南省/儋州市/市辖区", Located("460400", town=False)),
        # The list puts Beijing's districts in the city's column and their towns in the county's.
        ("北京市/朝阳区/酒仙桥街道", Located("110105", town=True)),
        ("广东省/东莞市/塘厦镇", Located("441900", town=True)),
    ],
)
def test_listed_names_locate_the_county_they_name(names: str, located: Located) -> None:
    assert DIVISIONS.locate(*names.split("/")) == located


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ("福建省/厦门市/高新区", "a special zone has no code"),
        ("福建省/厦门市/思明", "an abbreviation is not the name"),
        ("福建省/石家庄市/思明区", "the city is another province's"),
        ("河北省/市辖区/安新县", "the province has no such group"),
        ("河北省/石家庄市/安新县", "the county is another city's"),
        ("江苏省/江苏省/鼓楼区", "two counties of the province have the name"),
        ("新疆生产建设兵团/新疆生产建设兵团/新疆生产建设兵团", "no division"),
        ("//", "no names"),
    ],
)
def test_names_that_decide_nothing_locate_nothing(names: str, why: str) -> None:
    assert DIVISIONS.locate(*names.split("/")) is None, why


def test_only_a_county_or_a_city_without_any_is_lowest() -> None:
    assert [code for code in ("350203", "441900", "460400") if not DIVISIONS.is_lowest(code)] == []
    assert [c for c in ("350200", "350000", "110100", "000000", "") if DIVISIONS.is_lowest(c)] == []


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["code", "name"]],
        [HEADER, ["35020", "福建省", "厦门市", "思明区"]],
        [HEADER, ["３５０２０３", "福建省", "厦门市", "思明区"]],
        [HEADER, ["050203", "福建省", "厦门市", "思明区"]],
        [HEADER, ["350203", "", "厦门市", "思明区"]],
        [HEADER, ["350203", "福建省", "厦门市"]],
        [HEADER, *[["350203", "福建省", "厦门市", "思明区"]] * 2],
    ],
)
def test_a_broken_table_is_our_fault_and_is_refused(rows: list[list[str]]) -> None:
    with pytest.raises(TableBroken):
        table(rows, "2022")

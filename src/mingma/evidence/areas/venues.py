"""Whether a text names a place where people live: a community, a village, a street, a town.

A bank, a petition office, a court or a mall is no area to list, and neither is what lies around
one, nor lines drawn on a map (Z56). A word for a venue counts as part of a name only where a word
for a dwelling place follows it at once: 法院街, 医院家属院. Reviewed against Henan's list of 2022.
"""

from __future__ import annotations

import re
from typing import Final

from mingma.evidence.areas.words import normalised

# What a name of such a place ends with.
DWELLINGS: Final = tuple(
    "街道办事处 街道 办事处 小区 社区 家属院 家属区 住宅区 花园 家园 嘉园 花苑 雅苑 行政村 自然村"
    " 新村 村 屯 寨 镇 乡 大街 大道 街 路 巷 胡同 弄 苑".split()
)
# … or a part of one, behind it: 二期, 3号楼.
_PART: Final = r"第?[0-9,\-〇零一二三四五六七八九十百]+(?:期|组|号楼|楼|栋|幢|座|单元)"
_SIDE: Final = "[东西南北中前后新老]"

# Places that people go to: what they come for is not where they live.
VENUES: Final = tuple(
    "银行 信用社 储蓄所 邮政储蓄 支行 分行 分理处 网点 营业厅 营业部 营业所 柜台 证券 保险 基金"
    " 信访 接访 上访 接待中心 接待室 法院 法庭 检察院 公安局 公安分局 公安厅 公安 派出所 警务 警察"
    " 看守所 拘留所 监狱 司法局 司法所 仲裁 公证处 律师 律所"
    " 政府 市委 县委 区委 省委 党委 人大 政协 纪委 监委 监察 政务 办事大厅 服务大厅 行政服务"
    " 服务中心 便民中心 机关 金融局 银保监 监管局 住建局 信访局 教育局 民政局 税务局 市场监管"
    " 劳动监察 使馆 领事馆 报社 电视台 广播台 新闻"
    " 酒店 宾馆 旅馆 旅社 旅店 招待所 民宿 饭店 餐厅 餐馆 饭馆 酒楼 酒吧 茶楼 会所 网吧 影院 影城"
    " 剧院 歌厅 浴池 洗浴 超市 商场 商厦 商店 购物 百货 市场 广场 专卖店 便利店 药店 药房"
    " 学校 小学 中学 高中 初中 大学 学院 党校 幼儿园 培训 医院 卫生院 卫生室 诊所 门诊 疾控中心"
    " 养老院 福利院 车站 火车站 高铁站 地铁站 汽车站 客运站 机场 码头 港口 收费站 服务区 加油站"
    " 公司 集团 工厂 厂区 工地 项目部 产业园 仓库 物流 快递 大厦 大楼 写字楼 售楼部 售楼处 楼盘"
    " 教堂 清真寺 寺庙 图书馆 博物馆 体育馆 体育场 会展 会议 展览 礼堂 会场 景区"
    " bank court hotel mall school hospital office shop market station".split()
)  # fmt: skip

_ENDS: Final = "|".join(DWELLINGS)
_DWELLING: Final = re.compile(f".*(?:{_ENDS})(?:{_PART})*")
_OF_A_NAME: Final = re.compile(f"{_SIDE}?(?:{_ENDS})")
_VENUE: Final = re.compile("|".join(sorted(VENUES, key=lambda word: (-len(word), word))))


def venue_in(text: str) -> str | None:
    """The word for a venue that a text names; None where it names none."""
    flat = normalised(text).casefold()
    for found in _VENUE.finditer(flat):
        if not _OF_A_NAME.match(flat, found.end()):
            return found[0]
    return None


def is_dwelling(text: str) -> bool:
    """Whether a text ends as the name of a place where people live."""
    return _DWELLING.fullmatch(normalised(text)) is not None


__all__ = ["DWELLINGS", "VENUES", "is_dwelling", "venue_in"]

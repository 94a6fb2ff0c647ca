"""Which columns a line list of each kind may have, under which headings: one small table a kind.

The first Chinese and the first English heading are the ones shown and asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mingma.evidence.linelist import words
from mingma.evidence.linelist.columns import (
    ENVELOPE,
    ISOLATION,
    ISOLATION_ORDER,
    WHO,
    Column,
    Table,
    boolean_column,
    headings,
    moment_column,
    result_column,
    text_column,
    word_column,
)
from mingma.evidence.linelist.reading import BLANKS, plain
from mingma.evidence.linelist.regions import read_country, read_region
from mingma.evidence.linelist.words import read_case_id

TEST: Final = Table(
    "test",
    "检测结果",
    (
        moment_column(
            "at",
            "采样时间|Sampled at|采样日期|采样时刻|采集时间|采集日期|标本采集时间|标本采集日期"
            "|取样时间|核酸采样时间|sampling time|sample date|sampling date|collection date"
            "|collected at|collection time|specimen date|date of sampling",
            needed=True,
        ),
        word_column(
            "data.assay",
            words.ASSAY,
            "检测方法|Assay|检测项目|检测类型|检测类别|项目|test type|method",
            needed=True,
        ),
        result_column(
            "结果|Result|检测结果|检验结果|test result",
        ),
        result_column(
            "核酸结果|PCR result|核酸检测结果|核酸|核酸检测|pcr",
            implies=("data.assay", "pcr"),
        ),
        result_column(
            "抗原结果|Antigen result|抗原检测结果|抗原|抗原检测",
            implies=("data.assay", "antigen"),
        ),
        moment_column(
            "data.reported_at",
            "报告时间|Reported at|报告日期|出结果时间|结果时间|出报告时间|结果报告时间|检测时间"
            "|report time|report date|result time|result date",
            needed=True,
        ),
        word_column(
            "data.tube",
            words.TUBE,
            "采样方式|Tube|混采方式|混检方式|单混检|单采混采|pooling",
        ),
        text_column(
            "data.group",
            "采样管编号|Tube number|试管编号|管号|条码|条码号|样本条码|混管编号|样本编号|tube id"
            "|barcode|sample id|pool id",
        ),
        Column("data.ct", headings("Ct值|Ct|Ct value"), words.read_number),
    ),
    (("at", "data.reported_at"),),
)

CONTACT_FINDING: Final = Table(
    "contact_finding",
    "密接等流调判定",
    (
        moment_column(
            "at",
            "末次暴露时间|Last exposure|末次接触时间|最后接触时间|末次接触日期|末次暴露日期"
            "|最后一次接触时间|最后暴露时间|last contact|last exposure date|date of last contact"
            "|date of last exposure",
            needed=True,
        ),
        word_column(
            "data.relation",
            words.RELATION,
            "密接类型|Relation|接触类型|密接类别|判定类型|判定结果|人员类别|人员类型|类别"
            "|接触者类型|contact type|contact category|category",
            needed=True,
        ),
        Column(
            "data.index",
            headings(
                "病例编号|Index case|关联病例|关联病例编号|关联阳性|感染来源|指示病例|对应病例"
                "|密接来源|来源病例|index|index case id|source case|linked case|case id|case"
            ),
            read_case_id,
            needed=True,
        ),
        word_column(
            "data.index_class",
            words.INFECTION_CLASS,
            "关联病例类型|Index class|病例类型|index case class|case type",
        ),
        moment_column(
            "data.first_exposure_at",
            "首次暴露时间|First exposure|首次接触时间|开始接触时间|first contact"
            "|first exposure date|date of first contact",
        ),
        *ISOLATION,
    ),
    (("data.first_exposure_at", "at"), ISOLATION_ORDER),
)

INFECTION: Final = Table(
    "infection",
    "感染者名单",
    (
        moment_column(
            "at",
            "首次阳性采样时间|Admission or first positive|阳性采样时间|首次阳性时间|阳性时间"
            "|入院时间|入院日期|收治时间|确诊时间|确诊日期|诊断时间|诊断日期|first positive"
            "|admitted|admission|admission date|hospitalised|hospitalized|confirmed"
            "|date confirmed|confirmation date|diagnosis date",
            needed=True,
        ),
        word_column(
            "data.class",
            words.INFECTION_CLASS,
            "感染类型|Class|病例分类|病例类型|诊断类型|临床分类|感染者类型|分类"
            "|case classification|case class|classification",
            needed=True,
        ),
        moment_column(
            "data.onset_at",
            "发病时间|Onset|发病日期|症状出现时间|onset date|date of onset|symptom onset"
            "|date onset",
        ),
        *ISOLATION[1:],
        moment_column(
            "data.discharged_at",
            "出院时间|Discharged at|出院日期|出舱时间|discharged|discharge date|date of discharge",
        ),
        moment_column(
            "data.excluded_at",
            "排除时间|Excluded at|排除日期|excluded",
        ),
        text_column(
            "id",
            "病例编号|Case ID|病例号|感染者编号|case|case number|case no",
        ),
    ),
    (("at", "data.discharged_at"), ("at", "data.excluded_at")),
)

ENTRY: Final = Table(
    "entry",
    "入境人员名单",
    (
        moment_column(
            "at",
            "入境时间|Arrival|入境日期|抵达时间|抵达日期|到达时间|arrival time|arrival date"
            "|date of arrival|entry date",
            needed=True,
        ),
        Column(
            "data.from",
            headings(
                "出发国家|From country|来源国家|来源国|出发国|来自国家|国家|国家或地区|始发国家"
                "|country|from|origin"
            ),
            read_country,
            needed=True,
        ),
        Column(
            "data.entered_via",
            headings("入境口岸|Entered via|入境地|入境口岸地区|入境城市|入境地区|port of entry"),
            read_region,
            needed=True,
        ),
        Column(
            "data.destination",
            headings("目的地|Destination|目的地区|目的地区划|最终目的地|去向"),
            read_region,
            needed=True,
        ),
        *ISOLATION,
    ),
    (ISOLATION_ORDER,),
)

AREA_STAY: Final = Table(
    "area_stay",
    "旅居人员名单",
    (
        moment_column(
            "at",
            "到达时间|Stay from|旅居开始时间|抵达时间|停留开始时间|开始时间|到达日期|from|arrived"
            "|start|stay start",
            needed=True,
        ),
        moment_column(
            "until",
            "离开时间|Stay until|旅居结束时间|离开日期|停留结束时间|结束时间|until|to|left|end"
            "|stay end",
        ),
        Column("region", headings("旅居地区|Stay region|旅居地|旅居县区|旅居地区划"), read_region),
        text_column(
            "place",
            "旅居地点|Stay place|旅居详细地址|停留地点",
        ),
        word_column(
            "data.level",
            words.LEVEL,
            "风险等级|Level|风险级别|risk level|risk",
        ),
        word_column(
            "data.zone",
            words.ZONE,
            "区域类型|Zone|管控类型|三区",
        ),
        boolean_column(
            "data.community_spread",
            "社区传播|Community spread",
        ),
        *ISOLATION,
    ),
    (ISOLATION_ORDER,),
)

DAILY_REPORT: Final = Table(
    "daily_report",
    "每日健康打卡",
    (
        moment_column(
            "at",
            "打卡时间|Reported at|打卡日期|上报时间|上报日期|报告时间|报告日期|日期|时间|监测日期"
            "|监测时间|填报日期|填报时间|date|time|report date|report time|timestamp",
            needed=True,
        ),
        Column(
            "data.symptoms",
            headings(
                "症状|Symptoms|健康状况|健康状态|身体状况|有无症状|不适症状|health status|symptom"
            ),
            words.read_symptoms,
            needed=True,
            blanks=BLANKS - {"无", "none", "nil"},
        ),
        Column(
            "data.temperature",
            headings("体温|Temperature|今日体温|测量体温|temp|body temperature"),
            words.read_temperature,
        ),
        boolean_column(
            "data.high_area_stay",
            "高风险区旅居|High-risk stay|是否到过高风险区|高风险旅居史",
        ),
        boolean_column(
            "data.overseas",
            "境外旅居|Overseas|是否有境外旅居史|境外旅居史|overseas travel",
        ),
        text_column(
            "data.corrects",
            "更正记录编号|Corrects",
        ),
    ),
)


def _with_common(table: Table) -> Table:
    """The table with the columns every kind has; its own headings come first."""
    own = {plain(heading) for column in table.columns for heading in column.headings}
    common = tuple(
        replace(column, headings=tuple(h for h in column.headings if plain(h) not in own))
        for column in (*WHO, *ENVELOPE)
    )
    return Table(table.kind, table.zh, (*table.columns, *common), table.orders)


TABLES: Final = {
    table.kind: _with_common(table)
    for table in (TEST, CONTACT_FINDING, INFECTION, ENTRY, AREA_STAY, DAILY_REPORT)
}

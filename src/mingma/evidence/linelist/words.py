"""The words that lists use for what CONTRACT's closed lists say, in Chinese and English.

A word stands here only if it means one thing. 弱阳性, 可疑 and 待复检 are no result, 防范区 is none
of the contract's zones: such words are refused with the list of those that are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from mingma.evidence.linelist.faults import (
    NotACaseId,
    NotANumber,
    NumberInText,
    UnknownWord,
)
from mingma.evidence.linelist.reading import Note, Reader, Reading, Setting, plain, shown
from mingma.people.identity import check_character, narrow

Words = Mapping[str, str]


def words(**lists: str) -> dict[str, str]:
    """{word as compared: value} from value=“its words”; each value is a word of its own list."""
    found: dict[str, str] = {}
    for value, texts in lists.items():
        name = value.rstrip("_")
        for text in (name, *texts.split()):
            assert found.setdefault(plain(text), name) == name, f"{text} means two things"
    return found


RESULT: Final = words(
    negative="阴性 阴 阴性结果 未检出 neg not_detected undetected",
    positive="阳性 阳 阳性结果 检出 pos detected",
)
ASSAY: Final = words(
    pcr=("核酸 核酸检测 核酸采样 rt-pcr rtpcr 荧光pcr 新冠核酸 新冠病毒核酸 nucleic_acid nat naat"),
    antigen="抗原 抗原检测 抗原自测 ag rat antigen_test rapid_antigen lateral_flow",
)
TUBE: Final = words(
    single="单管 单采 单检 单人单管 单人 一人一管 1混1 individual",
    mixed=(
        "混管 混采 混检 混样 5混1 五混一 10混1 十混一 20混1 二十混一 5合1 五合一 10合1"
        " 十合一 20合1 二十合一 pool pooled"
    ),
)
RELATION: Final = words(
    close="密接 密切接触者 密切接触 close_contact",
    secondary=(
        "次密接 次密切接触者 密接的密接 密切接触者的密切接触者 二级密接 secondary_contact"
        " contact_of_contact"
    ),
    companion="时空伴随 时空伴随者 时空伴随人员 spatiotemporal_companion",
    companion_enclosed="密闭空间时空伴随 密闭场所时空伴随者 密闭空间伴随",
    potential="潜在接触者 潜在风险 潜在关联 potential_contact",
    general="一般接触 一般接触者 general_contact casual_contact",
    venue_exposed="场所暴露 同场所 涉疫场所暴露 场所暴露人员 venue_exposure",
    same_flight="同航班 同机 同机乘客 同航班人员",
    same_coach="同大巴 同客车 同车次大巴 同大巴人员",
    same_carriage="同车厢 同车厢人员 同节车厢",
)
INFECTION_CLASS: Final = words(
    confirmed="确诊 确诊病例 本土确诊 本土确诊病例 确诊患者 confirmed_case",
    asymptomatic="无症状 无症状感染者 本土无症状感染者 本土无症状 asymptomatic_infection",
    recurrent="复阳 复阳人员 复阳病例 redetected re-positive",
    suspected="疑似 疑似病例 suspected_case",
    screen_positive="初筛阳性 筛查阳性 初筛阳性人员 screening_positive",
)
LEVEL: Final = words(
    high="高 高风险 高风险区 高风险地区 high_risk",
    medium="中 中风险 中风险区 中风险地区 medium_risk",
    low="低 低风险 低风险区 低风险地区 low_risk",
    special="special",
)
ZONE: Final = words(
    sealed="封控区 封控 封控区域 sealed_zone",
    controlled="管控区 管控 管控区域 controlled_zone",
    surrounding="周边 周边区域 周边地区",
    case_county="病例所在县 病例所在县区",
    border_county="边境县 边境县市 口岸县",
)
SYMPTOM: Final = words(
    fever="发热 发烧 高热 低热 高烧 低烧",
    cough="咳嗽 干咳 咳痰",
    fatigue="乏力 疲乏 疲劳 全身无力 tiredness weakness",
    dyspnoea="呼吸困难 气促 气短 胸闷 呼吸急促 dyspnea shortness_of_breath breathlessness",
    sore_throat="咽痛 咽干 咽喉痛 喉咙痛 嗓子疼 咽喉肿痛 咽部不适",
    runny_nose="流涕 流鼻涕 鼻塞 rhinorrhea nasal_congestion",
    diarrhoea="腹泻 拉肚子 diarrhea",
    conjunctivitis="结膜炎 红眼",
    myalgia="肌肉酸痛 肌痛 肌肉痛 全身酸痛 肌肉疼痛 muscle_pain aches",
    loss_of_smell_or_taste=(
        "嗅觉减退 嗅觉丧失 味觉减退 味觉丧失 嗅(味)觉减退 嗅觉味觉减退 嗅味觉丧失"
        " loss_of_smell loss_of_taste anosmia ageusia"
    ),
    other=(
        "其他 其它 其他症状 头痛 头晕 恶心 呕吐 皮疹 寒战 食欲不振 headache nausea vomiting chills"
    ),
)
WELL: Final = frozenset(
    map(
        plain, "无 无症状 没有 无不适 无异常 正常 健康 良好 none no well healthy normal nil".split()
    )
)
BOOLEAN: Final = words(
    true="是 有 对 y yes t 1",
    false="否 无 没有 不是 n no f 0",
)
PAPER: Final = words(
    resident_id=(
        "身份证 居民身份证 二代身份证 二代证 第二代身份证 中国居民身份证 公民身份证"
        " 身份证号 港澳台居民居住证 港澳居民居住证 台湾居民居住证 居住证 户口簿 户口本"
        " id_card identity_card national_id prc_id"
    ),
    passport="护照 外国护照 中国护照 普通护照 外籍护照",
    hk_macau_permit=(
        "港澳居民来往内地通行证 港澳居民通行证 港澳通行证 回乡证"
        " 港澳居民来往内地通行证(回乡证) home_return_permit"
    ),
    taiwan_permit="台湾居民来往大陆通行证 台胞证 台湾居民通行证 taiwan_compatriot_permit",
    foreign_residence=(
        "外国人永久居留身份证 外国人永久居留证 永久居留身份证 永居证 外国人居留证"
        " foreign_permanent_resident_id permanent_residence_card"
    ),
)

_SIGNS: Final = {"-": "negative", "(-)": "negative", "+": "positive", "(+)": "positive"}
_TICKS: Final = {"√": True, "✓": True, "✔": True, "×": False, "✗": False, "✘": False}
_DEGREES: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?(?:°c|℃|c|度|摄氏度)?")
_CITIZEN: Final = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9X](?![0-9])")
_SYMPTOM_BREAK: Final = re.compile(r"[、,，;；/|+＋\n]+")


def one_of(table: Words) -> Reader:
    """A reader of one word of a list."""

    def read(text: str, _: Setting) -> Reading:
        value = table.get(plain(text))
        if value is None:
            raise UnknownWord(value=shown(text), wanted=_listed(table))
        return Reading(value)

    return read


def read_result(text: str, _: Setting) -> Reading:
    """negative or positive; a lone `-` is negative and noted."""
    said = narrow(text).replace(" ", "")
    if value := _SIGNS.get(said):
        return Reading(value, (Note.DASH_NEGATIVE,) if value == "negative" else ())
    # 阴性(-) says it twice; 阴性(+) contradicts itself.
    word, bracket, behind = said.partition("(")
    value = RESULT.get(plain(word))
    sign = bracket + behind or (word[-1] if word[-1:] in _SIGNS else "")
    if value is None or (sign and _SIGNS.get(sign) != value):
        raise UnknownWord(value=shown(text), wanted=f"{_listed(RESULT)}, -, +")
    return Reading(value)


def read_boolean(text: str, _: Setting) -> Reading:
    """true or false."""
    if text in _TICKS:
        return Reading(_TICKS[text])
    value = BOOLEAN.get(plain(text))
    if value is None:
        raise UnknownWord(value=shown(text), wanted=_listed(BOOLEAN))
    return Reading(value == "true")


def read_symptoms(text: str, _: Setting) -> Reading:
    """The list of symptoms; empty only if the cell says so in words."""
    if plain(text) in WELL:
        return Reading([])
    found: list[str] = []
    for part in (part.strip() for part in _SYMPTOM_BREAK.split(text)):
        pieces = [part] if plain(part) in SYMPTOM else part.split()
        for piece in pieces:
            value = SYMPTOM.get(plain(piece))
            if value is None:
                raise UnknownWord(value=shown(piece), wanted=_listed(SYMPTOM))
            if value not in found:
                found.append(value)
    if not found:
        raise UnknownWord(value=shown(text), wanted=_listed(SYMPTOM))
    return Reading(found)


def read_temperature(text: str, _: Setting) -> Reading:
    """Degrees Celsius, with or without their sign."""
    number = _DEGREES.fullmatch(unicodedata.normalize("NFKC", text).casefold())
    if number is None:
        raise NotANumber(value=shown(text))
    return Reading(float(number[1]))


def read_number(text: str, _: Setting) -> Reading:
    """A plain number, for a cycle threshold."""
    number = narrow(text)
    if not re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3})?", number):
        raise NotANumber(value=shown(text))
    return Reading(float(number))


def read_text(text: str, _: Setting) -> Reading:
    """The text as it stands, unless somebody's citizen's number stands in it."""
    for number in _CITIZEN.findall(narrow(text).upper()):
        if check_character(number[:17]) == number[17]:
            raise NumberInText
    return Reading(text)


def read_case_id(text: str, setting: Setting) -> Reading:
    """A case's number: a text without a digit is a name, and a case's name is nobody's business."""
    if not any(c.isdigit() for c in text):
        raise NotACaseId
    return read_text(text, setting)


def _listed(table: Words) -> str:
    """A few words of each value, for the remedy: its own and the first in Chinese."""
    values: dict[str, list[str]] = {}
    for word, value in table.items():
        values.setdefault(value, []).append(word)
    return ", ".join(
        "/".join([value, *(word for word in listed[1:2])]) for value, listed in values.items()
    )

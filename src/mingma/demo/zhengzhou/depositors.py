"""The depositors: how a list is tried on them in every way, who reads of it, what they see."""

from __future__ import annotations

from mingma.authority.acts import Act
from mingma.demo.authenticator import NOTE_EN, NOTE_ZH
from mingma.demo.zhengzhou.cast import (
    BUREAU,
    DEPOSITORS,
    FAMILY,
    FROM_A_PHOTO,
    IN_THE_CITY,
    INVESTIGATOR,
    LITIGANT,
    PATIENT,
    SOCIAL,
    SUPPLIER,
)
from mingma.demo.zhengzhou.records import CASE, contacts, negative, positive, scan, visit
from mingma.demo.zhengzhou.scene import Scene
from mingma.flows.oversee import detector_alarms
from mingma.flows.own_looks import own_looks
from mingma.kernel.times import DAY, Instant, print_instant
from mingma.kernel.words import Colour


def offices(scene: Scene) -> None:
    """Everybody is in office, and the command declares the emergency."""
    here, told = scene.here, scene.told
    told.step("各机关就位", "Everybody takes office")
    told.say(
        f"样本实例,无见证人,不证明任何事;{NOTE_ZH}。",
        f"A specimen without witnesses proves nothing; {NOTE_EN}.",
    )
    now = here.clock()
    here.act("ha-hq-commander", Act.DECLARE_EMERGENCY, {
        "basis": "《传染病防治法》第四十三条(演示)",
        "starts": print_instant(now),
        "ends": print_instant(Instant(now + 60 * DAY)),
    })  # fmt: skip
    with here.instance.store.read() as unit:
        declared = unit.emergency_at(now)
    told.fact(
        declared is not None and declared.organ == "ha-hq",
        "两机关共同启动授权仪式,省指挥部依法宣布应急状态。",
        "Two organs held the ceremony; the province's command declared the emergency.",
    )


def presence(scene: Scene) -> None:
    """They scan a venue's code, and stay green."""
    here, told = scene.here, scene.told
    told.step("1317 名储户扫了场所码", "1,317 depositors have scanned a venue code")
    people = [*DEPOSITORS, *FAMILY, LITIGANT]
    batch = here.send("lab-1", [negative(one, here.clock()) for one in people])
    scans = [scan(one, n < IN_THE_CITY, here.clock()) for n, one in enumerate(DEPOSITORS)]
    scanned = here.send("venues-1", scans)
    told.say(
        f"{IN_THE_CITY} 人在本市扫码,{FROM_A_PHOTO} 人在外地扫了二维码的照片。",
        f"{IN_THE_CITY} scanned in the city, {FROM_A_PHOTO} a photo of a code elsewhere.",
    )
    taken = (batch.refused, scanned.admitted) == (0, len(DEPOSITORS))
    told.fact(
        taken and scene.all_green(),
        "到过某地不是依据:1317 人全部绿码。",
        "Having been somewhere gives no colour: all 1,317 are green.",
    )


def the_list(scene: Scene) -> None:
    """Social control brings its list to every act there is."""
    scene.told.step(
        "社会管控部上传名单,要求赋红码", "Social control uploads the list, to be turned red"
    )
    for act, zh, en in (
        (Act.IMPORT_IDENTITY_LIST, "导入名单", "importing a list"),
        (Act.PROPOSE_MARK, "标记 1317 人", "marking 1,317 people"),
        (Act.SET_COLOUR, "直接改色", "setting a colour"),
    ):
        scene.refused(SOCIAL, act, contacts(DEPOSITORS, ()), zh, en, "F0")


def investigator(scene: Scene) -> None:
    """An investigator with a true case proposes them all, on evidence that is none."""
    here, told = scene.here, scene.told
    told.step("串通的流调人员代为提出", "An investigator lends his name")
    now = here.clock()
    here.send("lab-1", [positive(now)])
    here.send("venues-1", [visit(PATIENT, "stay-patient", now - 3 * DAY, now + DAY)])
    case = {"case": CASE, "subject": PATIENT, "evidence": "lab-1/positive", "region": "410100"}
    here.act(INVESTIGATOR, Act.OPEN_CASE, case)
    here.clock.forward(60)
    told.say(
        "病例是真的,由检验机构的阳性结果立案。",
        "The case is a true one: a laboratory's positive opened it.",
    )
    for evidence, zh, en in (
        ((), "不附依据", "without evidence"),
        (("venues-1/no-such",), "附随意编号的依据", "with evidence ids made up"),
        (("venues-1/stay-patient",), "附他人的依据", "with evidence of somebody else"),
    ):
        body = contacts(DEPOSITORS, evidence)
        scene.refused(INVESTIGATOR, Act.PROPOSE_CONTACTS, body, zh, en, "F09")


def executors(scene: Scene) -> None:
    """Those with their hands on the machines try it directly."""
    scene.told.step(
        "供应商副总与大数据局试图执行",
        "The supplier's vice-manager and the data bureau try to execute",
    )
    body = contacts(DEPOSITORS, ())
    for officer, zh, en in (
        (SUPPLIER, "供应商副总", "the supplier's vice-manager"),
        (BUREAU, "大数据局赋码组", "the data bureau's code group"),
    ):
        for act, what_zh, what_en in (
            (Act.SET_COLOUR, "改色", "setting colours"),
            (Act.PROPOSE_CONTACTS, "提出", "proposing"),
            (Act.RUN_SQL, "直接写库", "writing to the database"),
        ):
            scene.refused(officer, act, body, f"{zh}{what_zh}", f"{en}, {what_en}", "F0")


def in_public(scene: Scene) -> int | None:
    """What everybody reads of it; gives the minutes from the first attempt to the alarm, if any."""
    here, told = scene.here, scene.told
    told.step("每次未遂都已公开", "Every attempt is public")
    attempts = here.attempts()
    there = [one.leaf_index for one in attempts]
    told.fact(
        bool(there) and None not in there,
        f"{len(attempts)} 次未遂,每次一条日志叶,序号 {there[0]} 至 {there[-1]}。",
        f"{len(attempts)} attempts, each a leaf of the log, {there[0]} to {there[-1]}.",
    )
    told.fact(
        all("depositor" not in repr(one) for one in attempts),
        "叶中有机关、行为、人数档与所触条款,没有任何当事人。",
        "They name organ, act, size and the rails that refused, and none of the people.",
    )
    here.clock.forward(300)
    here.instance.keep_duties()
    with here.instance.store.read() as unit:
        found = [one for one in detector_alarms(unit) if one.detector == "attempts"]
    organs = sorted({one.about for one in found})
    told.fact(
        {"zz-social", "zz-cdc"} <= set(organs),
        f"例行检查即自动报警,点名机关:{'、'.join(organs)}。",
        f"The next routine look raises an alarm, naming {', '.join(organs)}.",
    )
    first, minutes = scene.first_attempt, None
    if first is not None and found:
        minutes = -(-(min(one.noticed for one in found) - first) // 60)
    told.fact(
        minutes is not None and minutes <= 60,
        f"距第一次未遂 {minutes} 分钟(不超过一小时)。",
        f"{minutes} minutes of log time after the first attempt (at most an hour).",
    )
    return minutes


def what_they_see(scene: Scene) -> None:
    """Their colour, their code page, their access log."""
    here, told = scene.here, scene.told
    told.step("储户本人看到什么", "What a depositor sees")
    told.fact(
        scene.all_green(),
        "1317 人逐一核对:仍全部绿码。",
        "All 1,317 checked one by one: still green.",
    )
    for one in (DEPOSITORS[0], DEPOSITORS[-1]):
        shown = here.instance.show(one, "zh")
        told.fact(
            shown.colour is Colour.GREEN and shown.token is not None,
            f"{one} 的码页:绿码,可出示。",
            f"The page of {one}: green, with a code to show.",
        )
    with here.instance.store.read() as unit:
        looks = own_looks(unit, DEPOSITORS[0], here.clock(), here.instance.signer.sign)
    told.fact(
        looks.total == 0 and len(looks.days) == 1,
        "她的查阅记录:0 次,并附本机关当日签名的次数。",
        "Her access log: nobody looked, with the day's count signed by the organ.",
    )

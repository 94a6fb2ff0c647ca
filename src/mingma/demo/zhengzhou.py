"""The story of June 2022 in Zhengzhou, tried on this software: 1,317 depositors to be turned red.

446 had scanned a venue code in the city, 871 a photo of one elsewhere. Here everybody with power
over the system tries it again, each in his own way, and the story tells what comes of it. Whatever
it claims is measured as it is told. People, evidence and keys are invented; the figures and what
was tried are as reported. It also tells what three accomplices can still do, and who sees it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mingma.appeals.form import Form
from mingma.authority.acts import Act
from mingma.authority.places import PROTECTED
from mingma.codes.decision import Decision
from mingma.demo.authenticator import NOTE_EN, NOTE_ZH
from mingma.demo.staff import Offices
from mingma.demo.telling import Telling
from mingma.demo.zhengzhou_records import (
    CASE,
    STARTS,
    contacts,
    foreign,
    negative,
    positive,
    scan,
    visit,
)
from mingma.flows.attempts import Attempt
from mingma.flows.file_appeal import file_appeal
from mingma.flows.oversee import detector_alarms
from mingma.flows.own_looks import own_looks
from mingma.flows.place_policy import policy_at
from mingma.flows.proposals import Behind, behind
from mingma.flows.reconcile import Found, reconcile
from mingma.kernel.errors import Problem
from mingma.kernel.times import DAY, HOUR, Instant, print_instant
from mingma.kernel.words import Colour
from mingma.storage import open_store

IN_THE_CITY: Final = 446  # scanned a venue code there
FROM_A_PHOTO: Final = 871  # scanned a photo of one, elsewhere
INVESTIGATOR: Final = "zz-cdc-investigator"
SOCIAL, SUPPLIER, BUREAU = "zz-social-liaison", "ha-supplier-liaison", "zz-data-executor"
DEPOSITORS: Final = tuple(f"depositor-{n:04}" for n in range(1, IN_THE_CITY + FROM_A_PHOTO + 1))
FRAMED: Final = DEPOSITORS[:3]  # whom three accomplices pick later on
FAMILY: Final = ("spouse", "child-1", "child-2")
LITIGANT: Final = "litigant"
WHY: Final = "核对了本人行程与购票记录,当日不在该场所,依据不成立"


@dataclass(slots=True)
class Zhengzhou:
    """The story being played: the offices, how it is told, and what to remember."""

    here: Offices
    told: Telling
    changed: int = 0  # colours that the list changed: it is to stay 0
    _attempts: int = 0
    _first: Instant | None = None  # when the first attempt was made
    _alarm_after: int | None = None  # seconds
    _forged_at: Instant = STARTS  # the forged visits' beginning
    _forged: dict[str, Any] = field(default_factory=dict)  # the proposal that rests on them
    _red_since: Instant = STARTS  # the accomplices' victims
    _red_for: int = 0  # seconds

    def play(self) -> None:
        """All of it while the instance runs; `after_stopping` follows once it has stopped."""
        self._offices()
        self._presence()
        self._list()
        self._investigator()
        self._executors()
        self._in_public()
        self._citizen()
        self._family()
        self._litigant()
        self._other_provinces()
        self._accomplices()
        self._objection()
        self._marked_again()
        self._count()

    # -- before anything

    def _offices(self) -> None:
        here, told = self.here, self.told
        told.step("各机关就位", "Everybody takes office")
        told.say(
            f"样本实例,无见证人,不证明任何事;{NOTE_ZH}。",
            f"A specimen without witnesses proves nothing; {NOTE_EN}.",
        )
        now = here.clock()
        here.act(
            "ha-hq-commander",
            Act.DECLARE_EMERGENCY,
            {
                "basis": "《传染病防治法》第四十三条(演示)",
                "starts": print_instant(now),
                "ends": print_instant(Instant(now + 60 * DAY)),
            },
        )
        with here.instance.store.read() as unit:
            declared = unit.emergency_at(now)
        told.fact(
            declared is not None and declared.organ == "ha-hq",
            "两机关共同启动授权仪式,省指挥部依法宣布应急状态。",
            "Two organs held the ceremony; the province's command declared the emergency.",
        )

    def _presence(self) -> None:
        here, told = self.here, self.told
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
            taken and self._reds() == 0 and self._greens() == len(DEPOSITORS),
            "到过某地不是依据:1317 人全部绿码。",
            "Having been somewhere gives no colour: all 1,317 are green.",
        )

    # -- the list

    def _list(self) -> None:
        self.told.step(
            "社会管控部上传名单,要求赋红码", "Social control uploads the list, to be turned red"
        )
        for act, zh, en in (
            (Act.IMPORT_IDENTITY_LIST, "导入名单", "importing a list"),
            (Act.PROPOSE_MARK, "标记 1317 人", "marking 1,317 people"),
            (Act.SET_COLOUR, "直接改色", "setting a colour"),
        ):
            self._refused(SOCIAL, act, contacts(DEPOSITORS, ()), zh, en, "F0")

    def _investigator(self) -> None:
        here, told = self.here, self.told
        told.step("串通的流调人员代为提出", "An investigator lends his name")
        now = here.clock()
        here.send("lab-1", [positive(now)])
        here.send("venues-1", [visit("patient", "stay-patient", now - 3 * DAY, now + DAY)])
        here.act(
            INVESTIGATOR,
            Act.OPEN_CASE,
            {
                "case": CASE,
                "subject": "patient",
                "evidence": "lab-1/positive",
                "region": "410100",
            },
        )
        self.here.clock.forward(60)
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
            self._refused(INVESTIGATOR, Act.PROPOSE_CONTACTS, body, zh, en, "F09")

    def _executors(self) -> None:
        self.told.step(
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
                self._refused(officer, act, body, f"{zh}{what_zh}", f"{en}, {what_en}", "F0")

    def _in_public(self) -> None:
        here, told = self.here, self.told
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
        first = self._first
        if first is not None and found:
            self._alarm_after = min(one.noticed for one in found) - first
        organs = sorted({one.about for one in found})
        told.fact(
            {"zz-social", "zz-cdc"} <= set(organs),
            f"例行检查即自动报警,点名机关:{'、'.join(organs)}。",
            f"The next routine look raises an alarm, naming {', '.join(organs)}.",
        )
        minutes = self._minutes()
        told.fact(
            minutes is not None and minutes <= 60,
            f"距第一次未遂 {minutes} 分钟(不超过一小时)。",
            f"{minutes} minutes of log time after the first attempt (at most an hour).",
        )

    def _citizen(self) -> None:
        here, told = self.here, self.told
        told.step("储户本人看到什么", "What a depositor sees")
        told.fact(
            self._reds() == 0 and self._greens() == len(DEPOSITORS),
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

    # -- others who were hit

    def _family(self) -> None:
        self.told.step("把家属和孩子也放进一批", "Family and children are put into a batch")
        now = self.here.clock()
        self.here.send("venues-1", [visit("relative", "met", now - DAY, now - DAY + HOUR)])
        self.here.clock.forward(60)
        body = contacts(("relative",), ("venues-1/met",))
        body["rows"] += contacts(FAMILY, ("venues-1/met",))["rows"]
        self._refused(
            INVESTIGATOR,
            Act.PROPOSE_CONTACTS,
            body,
            "一人有依据,配偶和两个孩子没有",
            "one has evidence; spouse and two children have none",
            "F09",
            names="2, 3, 4",
        )
        self.told.fact(
            self._reds((*FAMILY, "relative")) == 0,
            "整批不受理,家属和孩子都是绿码。",
            "The whole batch is refused; they are all green.",
        )

    def _litigant(self) -> None:
        here, told = self.here, self.told
        told.step("法院门口的当事人", "The litigant at the court's door")
        with here.instance.store.read() as unit:
            policy = policy_at(unit, here.instance.context, here.clock())
        asking = [place.value for place in PROTECTED if policy.asks(place)]
        told.fact(
            asking == [],
            "法院、医院、信访、银行柜台、投票、派出所:任何清单都不得因码拒入。",
            "Court, hospital, petition office, bank counter, polls, police: no policy asks there.",
        )
        body = contacts((LITIGANT,), ())
        self._refused(
            "zz-court-liaison",
            Act.PROPOSE_MARK,
            body,
            "法院要求标记当事人",
            "the court asks to mark him",
            "F05",
        )

    def _other_provinces(self) -> None:
        here, told = self.here, self.told
        told.step("外省是否照搬", "Do other provinces mirror it?")
        wrong = self._leaves_worse_than_green()
        told.fact(
            wrong == 0,
            "没有任何红码决定,也就没有可照搬的认定。",
            "No decision says red: there is no statement that anybody could mirror.",
        )
        sent = here.send("exchange-1", [foreign(LITIGANT, here.clock())])
        shown = here.instance.show(LITIGANT, "zh")
        told.fact(
            sent.admitted == 1 and shown.colour is Colour.GREEN,
            "反过来,外省认定某人红码,在本省最多是一条提示,不变色(证据级的互认尚未实现)。",
            "The other way round, another province's red gives a notice at most here, no colour "
            "(recognition by evidence is still to come).",
        )

    # -- what is still possible, and what is seen of it

    def _accomplices(self) -> None:
        here, told = self.here, self.told
        told.step(
            "三处同时串通:假的场所记录、流调人员、复核人员",
            "Three conspire: a forged venue record, the investigator, the checker",
        )
        now = here.clock()
        start = self._forged_at = Instant(now - DAY)
        forged = [visit(one, f"forged-{one}", start, start + HOUR) for one in FRAMED]
        here.send("venues-1", forged)
        here.clock.forward(60)
        body = contacts(FRAMED, ())
        for row, one in zip(body["rows"], FRAMED, strict=True):
            row["evidence"] = [f"venues-1/forged-{one}"]
        proposal = str(here.act(INVESTIGATOR, Act.PROPOSE_CONTACTS, body).answer["proposal"])
        self._forged = body
        told.fact(
            self._reds(FRAMED) == 0,
            "记录以假乱真,提案受理;复核之前不变色,三人各收到一条提示。",
            "The forgery looks true and the proposal is taken; no colour before it is checked.",
        )
        drawn = here.drawn(proposal)
        other = next(f"zz-hq-checker-{n}" for n in range(1, 15) if f"zz-hq-checker-{n}" != drawn)
        self._refused(
            other,
            Act.APPROVE,
            here.approval(proposal),
            "串通的复核员没有被抽中",
            "the accomplice was not drawn by lot",
            "F15",
        )
        told.say(
            "最坏情形:假设抽中的正是同伙(二十二人中抽一人)。",
            "The worst case: suppose the lot fell on the accomplice (one of twenty-two).",
        )
        here.act(drawn, Act.APPROVE, here.approval(proposal))
        self._red_since = here.clock()
        told.fact(
            self._reds(FRAMED) == len(FRAMED),
            "三人变红:技术不能识破三处一致的谎言。",
            "The three turn red: no software sees through three who lie alike.",
        )
        answerable = self._behind(FRAMED[0])
        told.fact(
            answerable is not None
            and answerable.officers == {INVESTIGATOR, drawn}
            and len(answerable.organs) == 2,
            f"但是谁干的写在每人的决定里:{INVESTIGATOR}、{drawn},两个机关,日志可证。",
            f"But who did it is on record behind each: {INVESTIGATOR}, {drawn}, of two organs.",
        )
        shown = here.instance.show(FRAMED[0], "zh")
        reasons = [span.evidence[0] for span in shown.decision.spans] if shown.decision else []
        told.fact(
            bool(reasons),
            f"她的码页列出条款、依据 {reasons[:1]} 和申诉入口。",
            "Her page names the clause, the very record, and where to object.",
        )

    def _objection(self) -> None:
        here, told = self.here, self.told
        told.step("她们提出异议", "They object")
        here.clock.forward(HOUR)
        for one in FRAMED:
            self._wins(one)
        self._red_for = here.clock() - self._red_since
        told.fact(
            self._reds(FRAMED) == 0,
            f"由未参与的机关答复,异议成立,当场转绿(红了 {self._red_for // 60} 分钟)。",
            f"An organ that took no part upholds it: green again after {self._red_for // 60} min.",
        )

    def _wins(self, ref: str) -> None:
        """One objection, upheld by the organ that is asked."""
        here = self.here
        with here.instance.acting() as unit:
            filed = file_appeal(unit, here.instance.context, ref, Form(), here.clock()).filed[0]
        asked = filed.appeal.asked_of
        assert asked is not None, "four organs answer appeals here"
        here.act(
            f"{asked}-appeal_officer",
            Act.ANSWER_APPEAL,
            {
                "subject": ref,
                "appeal": filed.appeal.number,
                "outcome": "upheld",
                "reason": "evidence_wrong",
                "text": WHY,
            },
        )

    def _marked_again(self) -> None:
        here, told = self.here, self.told
        told.step("一小时后又来一次", "An hour later they try again")
        here.clock.forward(HOUR)
        self._refused(
            INVESTIGATOR,
            Act.PROPOSE_CONTACTS,
            self._forged,
            "用同一份依据",
            "on the same evidence",
            "F",
        )
        start = self._forged_at
        here.send("venues-1", [visit(one, f"copy-{one}", start, start + HOUR) for one in FRAMED])
        here.clock.forward(60)
        again = contacts(FRAMED, ())
        for row, one in zip(again["rows"], FRAMED, strict=True):
            row["evidence"] = [f"venues-1/copy-{one}"]
        self._refused(
            INVESTIGATOR,
            Act.PROPOSE_CONTACTS,
            again,
            "换个编号再交同样的记录",
            "on a copy of it under another number",
            "F",
        )
        told.fact(
            self._reds() == 0,
            "保护期内同样的依据不能再次变色:仍是绿码。",
            "The shield holds: the same evidence brings no colour back.",
        )

    def _count(self) -> None:
        told = self.told
        self.changed = self._ever_worse()
        told.step("结局", "How it ends")
        told.fact(
            self.changed == 0 and self._greens() == len(DEPOSITORS),
            "1317 人全部绿码;除被三人串通陷害的外,自始没有任何一次变色。",
            "All 1,317 are green; but for those framed by the three, none ever was anything else.",
        )

    # -- once it has stopped

    def after_stopping(self, folder: Path) -> None:
        """Somebody edits one row of the stopped file; the audit names it."""
        told = self.told
        told.step("停机后直接改数据库一行", "Somebody edits one row of the stopped database")
        honest, edited = folder / "honest.db", folder / "edited.db"
        for copy in (honest, edited):
            shutil.copy(folder / "story.db", copy)
        victim = DEPOSITORS[-1]
        link = sqlite3.connect(edited)
        link.execute(
            "UPDATE decision SET body = (SELECT replace(body, ?, ?) FROM decision WHERE sid = ?"
            " AND body LIKE '%red%' LIMIT 1) WHERE sid = ?",
            (FRAMED[0], victim, FRAMED[0], victim),
        )
        link.commit()
        link.close()
        before, after = self._audit(honest), self._audit(edited)
        told.fact(
            before == [], "改之前,审计没有任何发现。", "Before it, the audit finds nothing amiss."
        )
        named = [one for one in after if one.subject == victim]
        leaf = next((one.index for one in named if one.index is not None), None)
        told.fact(
            bool(named) and leaf is not None and {one.subject for one in after} <= {victim},
            f"改之后,审计点名被改的那一行,对应日志叶 {leaf},且只有这一行。",
            f"After it, the audit names that very row, of leaf {leaf}, and no other.",
        )

    def end(self) -> None:
        """The table."""
        self.told.end(
            {
                "colours_changed_by_the_list": (
                    "被名单改变的颜色",
                    "colours changed by the list",
                    self.changed,
                ),
                "attempts_public": ("公开的未遂次数", "attempts in public", self._attempts),
                "alarm_after_minutes": (
                    "报警用时(分钟)",
                    "minutes until the alarm",
                    self._minutes(),
                ),
                "framed_by_three": (
                    "三人串通变红的人数",
                    "people three accomplices turned red",
                    len(FRAMED),
                ),
                "framed_minutes": (
                    "其后恢复绿码用时(分钟)",
                    "minutes until they were green again",
                    self._red_for // 60,
                ),
            }
        )

    # -- measuring

    def _refused(
        self,
        officer: str,
        act: Act,
        body: Mapping[str, Any],
        zh: str,
        en: str,
        rail: str,
        names: str = "",
    ) -> None:
        """Try an act; it holds if it was refused by the rail and its attempt has a leaf."""
        here = self.here
        before = {one.id for one in here.attempts()}
        self._first = self._first or here.clock()
        problem = here.refused(officer, act, body)
        new = [one for one in here.attempts() if one.id not in before]
        here.clock.forward(60)
        self._attempts = len(before) + len(new)
        one = new[0] if len(new) == 1 else None
        held = problem is not None and one is not None and one.leaf_index is not None
        held = held and any(id.startswith(rail) for id in one.policies) if one else False
        held = held and names in str(problem)
        self.told.fact(
            held,
            f"{zh}:拒绝。{_why(problem, 'zh')}{_leaf(one, '日志叶')}",
            f"{en}: refused. {_why(problem, 'en')}{_leaf(one, 'leaf')}",
        )

    def _decisions(self, refs: Sequence[str]) -> Mapping[str, Decision]:
        with self.here.instance.store.read() as unit:
            return unit.decisions_in_force(list(refs))

    def _reds(self, refs: Sequence[str] = DEPOSITORS) -> int:
        now = self.here.clock()
        shown = [one.colour_at(now) for one in self._decisions(refs).values()]
        return sum(one not in {Colour.GREEN, Colour.UNKNOWN} for one in shown)

    def _greens(self) -> int:
        now = self.here.clock()
        return sum(
            one.colour_at(now) is Colour.GREEN for one in self._decisions(DEPOSITORS).values()
        )

    def _leaves_worse_than_green(self) -> int:
        """Decisions about anybody but the patient that can ever show worse than green."""
        people = [*DEPOSITORS, *FAMILY, LITIGANT, "relative"]
        return sum(
            one.worst_ahead() is not Colour.GREEN for one in self._decisions(people).values()
        )

    def _ever_worse(self) -> int:
        """Depositors whose code any decision could make worse, those framed later on aside."""
        with self.here.instance.store.read() as unit:
            return sum(
                any(one.worst_ahead() is not Colour.GREEN for one in unit.decisions_of(ref))
                for ref in DEPOSITORS
                if ref not in FRAMED
            )

    def _behind(self, ref: str) -> Behind | None:
        with self.here.instance.store.read() as unit:
            facts = [f for f in unit.facts_of([ref])[ref] if f.kind == "contact_finding"]
            return behind(unit, facts[0].id) if facts else None

    def _audit(self, database: Path) -> list[Found]:
        store = open_store(f"sqlite:///{database}")
        try:
            with store.read() as unit:
                return list(reconcile(unit, self.here.instance.context, self.here.clock()))
        finally:
            store.close()

    def _minutes(self) -> int | None:
        return None if self._alarm_after is None else -(-self._alarm_after // 60)


def _why(problem: Problem | None, lang: str) -> str:
    return problem.sentence(lang) if problem else "?"


def _leaf(one: Attempt | None, word: str) -> str:
    return f" [{word} {one.leaf_index}; {', '.join(one.policies)}]" if one else ""

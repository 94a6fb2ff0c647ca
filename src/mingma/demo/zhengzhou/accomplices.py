"""What three accomplices can still do, who sees it, and how it ends for those they framed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from mingma.appeals.form import Form
from mingma.authority.acts import Act
from mingma.demo.zhengzhou.cast import FRAMED, INVESTIGATOR
from mingma.demo.zhengzhou.records import contacts, visit
from mingma.demo.zhengzhou.scene import Scene
from mingma.flows.approved_fact import behind
from mingma.flows.file_appeal import file_appeal
from mingma.kernel.times import DAY, HOUR, Instant

WHY: Final = "核对了本人行程与购票记录,当日不在该场所,依据不成立"


@dataclass(frozen=True, slots=True)
class Forgery:
    """Visits to the case's hall that never were, and the proposal that rests on them."""

    start: Instant  # of the visits
    body: dict[str, Any]


def conspire(scene: Scene) -> Forgery:
    """A venue, an investigator and the checker whom the lot picks turn three people red."""
    here, told = scene.here, scene.told
    told.step(
        "三处同时串通:假的场所记录、流调人员、复核人员",
        "Three conspire: a forged venue record, the investigator, the checker",
    )
    start = Instant(here.clock() - DAY)
    forged = Forgery(start, _visits(scene, "forged", start))
    proposal = str(here.act(INVESTIGATOR, Act.PROPOSE_CONTACTS, forged.body).answer["proposal"])
    told.fact(
        scene.reds(FRAMED) == 0,
        "记录以假乱真,提案受理;复核之前不变色,三人各收到一条提示。",
        "The forgery looks true and the proposal is taken; no colour before it is checked.",
    )
    drawn = here.drawn(proposal)
    other = next(f"zz-hq-checker-{n}" for n in range(1, 15) if f"zz-hq-checker-{n}" != drawn)
    zh, en = "串通的复核员没有被抽中", "the accomplice was not drawn by lot"
    scene.refused(other, Act.APPROVE, here.approval(proposal), zh, en, "F15")
    told.say(
        "最坏情形:假设抽中的正是同伙(二十二人中抽一人)。",
        "The worst case: suppose the lot fell on the accomplice (one of twenty-two).",
    )
    here.act(drawn, Act.APPROVE, here.approval(proposal))
    told.fact(
        scene.reds(FRAMED) == len(FRAMED),
        "三人变红:技术不能识破三处一致的谎言。",
        "The three turn red: no software sees through three who lie alike.",
    )
    _on_record(scene, drawn)
    return forged


def object_to_it(scene: Scene) -> int:
    """Each objects and wins; gives for how many minutes they were red."""
    here, told = scene.here, scene.told
    told.step("她们提出异议", "They object")
    red_since = here.clock()
    here.clock.forward(HOUR)
    for one in FRAMED:
        _wins(scene, one)
    minutes = (here.clock() - red_since) // 60
    told.fact(
        scene.reds(FRAMED) == 0,
        f"由未参与的机关答复,异议成立,当场转绿(红了 {minutes} 分钟)。",
        f"An organ that took no part upholds it: green again after {minutes} min.",
    )
    return minutes


def try_again(scene: Scene, forged: Forgery) -> None:
    """The same evidence, and a copy of it, bring no colour back."""
    here, told = scene.here, scene.told
    told.step("一小时后又来一次", "An hour later they try again")
    here.clock.forward(HOUR)
    zh, en = "用同一份依据", "on the same evidence"
    scene.refused(INVESTIGATOR, Act.PROPOSE_CONTACTS, forged.body, zh, en, "F")
    again = _visits(scene, "copy", forged.start)
    zh, en = "换个编号再交同样的记录", "on a copy of it under another number"
    scene.refused(INVESTIGATOR, Act.PROPOSE_CONTACTS, again, zh, en, "F")
    told.fact(
        scene.reds() == 0,
        "保护期内同样的依据不能再次变色:仍是绿码。",
        "The shield holds: the same evidence brings no colour back.",
    )


def _visits(scene: Scene, name: str, start: Instant) -> dict[str, Any]:
    """Send an invented visit of each; gives a proposal on them."""
    stays = [visit(one, f"{name}-{one}", start, start + HOUR) for one in FRAMED]
    scene.here.send("venues-1", stays)
    scene.here.clock.forward(60)
    body = contacts(FRAMED, ())
    for row, one in zip(body["rows"], FRAMED, strict=True):
        row["evidence"] = [f"venues-1/{name}-{one}"]
    return body


def _on_record(scene: Scene, checker: str) -> None:
    """Who did it stands behind each decision, and before the person."""
    here, told, ref = scene.here, scene.told, FRAMED[0]
    with here.instance.store.read() as unit:
        facts = [fact for fact in unit.facts_of([ref])[ref] if fact.kind == "contact_finding"]
        answerable = behind(unit, facts[0].id) if facts else None
    told.fact(
        answerable is not None
        and answerable.officers == {INVESTIGATOR, checker}
        and len(answerable.organs) == 2,
        f"但是谁干的写在每人的决定里:{INVESTIGATOR}、{checker},两个机关,日志可证。",
        f"But who did it is on record behind each: {INVESTIGATOR}, {checker}, of two organs.",
    )
    shown = here.instance.show(ref, "zh")
    reasons = [span.evidence[0] for span in shown.decision.spans] if shown.decision else []
    told.fact(
        bool(reasons),
        f"她的码页列出条款、依据 {reasons[:1]} 和申诉入口。",
        "Her page names the clause, the very record, and where to object.",
    )


def _wins(scene: Scene, ref: str) -> None:
    """One objection, upheld by the organ that is asked."""
    here = scene.here
    with here.instance.acting() as unit:
        filed = file_appeal(unit, here.instance.context, ref, Form(), here.clock()).filed[0]
    asked = filed.appeal.asked_of
    assert asked is not None, "four organs answer appeals here"
    here.act(f"{asked}-appeal_officer", Act.ANSWER_APPEAL, {
        "subject": ref,
        "appeal": filed.appeal.number,
        "outcome": "upheld",
        "reason": "evidence_wrong",
        "text": WHY,
    })  # fmt: skip

"""Others who were hit: families, a litigant, whoever is red in another province."""

from __future__ import annotations

from mingma.authority.acts import Act
from mingma.authority.places import PROTECTED
from mingma.demo.zhengzhou.cast import COURT, DEPOSITORS, FAMILY, INVESTIGATOR, LITIGANT, RELATIVE
from mingma.demo.zhengzhou.records import contacts, foreign, visit
from mingma.demo.zhengzhou.scene import Scene
from mingma.flows.place_policy import policy_at
from mingma.kernel.times import DAY, HOUR
from mingma.kernel.words import Colour


def family(scene: Scene) -> None:
    """One with evidence is put into a batch with three who have none."""
    scene.told.step("把家属和孩子也放进一批", "Family and children are put into a batch")
    now = scene.here.clock()
    scene.here.send("venues-1", [visit(RELATIVE, "met", now - DAY, now - DAY + HOUR)])
    scene.here.clock.forward(60)
    scene.refused(
        INVESTIGATOR,
        Act.PROPOSE_CONTACTS,
        contacts((RELATIVE, *FAMILY), ("venues-1/met",)),
        "一人有依据,配偶和两个孩子没有",
        "one has evidence; spouse and two children have none",
        "F09",
        names="2, 3, 4",
    )
    scene.told.fact(
        scene.reds((*FAMILY, RELATIVE)) == 0,
        "整批不受理,家属和孩子都是绿码。",
        "The whole batch is refused; they are all green.",
    )


def litigant(scene: Scene) -> None:
    """No policy asks for a code at a court's door, and the court marks nobody."""
    here, told = scene.here, scene.told
    told.step("法院门口的当事人", "The litigant at the court's door")
    with here.instance.store.read() as unit:
        policy = policy_at(unit, here.instance.context, here.clock())
    told.fact(
        not any(policy.asks(place) for place in PROTECTED),
        "法院、医院、信访、银行柜台、投票、派出所:任何清单都不得因码拒入。",
        "Court, hospital, petition office, bank counter, polls, police: no policy asks there.",
    )
    body = contacts((LITIGANT,), ())
    zh, en = "法院要求标记当事人", "the court asks to mark him"
    scene.refused(COURT, Act.PROPOSE_MARK, body, zh, en, "F05")


def other_provinces(scene: Scene) -> None:
    """Nothing is there to mirror, and another's red gives no colour here."""
    here, told = scene.here, scene.told
    told.step("外省是否照搬", "Do other provinces mirror it?")
    ours = scene.decisions([*DEPOSITORS, *FAMILY, LITIGANT, RELATIVE])
    told.fact(
        all(one.worst_ahead() is Colour.GREEN for one in ours),
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

"""The steps of the story in their order, and the table it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mingma.demo.zhengzhou import accomplices, bystanders, depositors
from mingma.demo.zhengzhou.cast import DEPOSITORS, FRAMED
from mingma.demo.zhengzhou.edited_row import edited_row
from mingma.demo.zhengzhou.scene import Scene
from mingma.kernel.words import Colour


@dataclass(frozen=True, slots=True)
class Ending:
    """What the table says."""

    alarm_minutes: int | None
    red_minutes: int  # of those whom the three framed
    changed: int  # colours that the list changed: it is to stay 0


def play(scene: Scene) -> Ending:
    """All of it while the instance runs; `end` follows once it has stopped."""
    depositors.offices(scene)
    depositors.presence(scene)
    depositors.the_list(scene)
    depositors.investigator(scene)
    depositors.executors(scene)
    alarm_minutes = depositors.in_public(scene)
    depositors.what_they_see(scene)
    bystanders.family(scene)
    bystanders.litigant(scene)
    bystanders.other_provinces(scene)
    forged = accomplices.conspire(scene)
    red_minutes = accomplices.object_to_it(scene)
    accomplices.try_again(scene, forged)
    return Ending(alarm_minutes, red_minutes, _count(scene))


def end(scene: Scene, ending: Ending, folder: Path) -> None:
    """The edited row, and the table."""
    edited_row(scene, folder)
    scene.told.end({
        "colours_changed_by_the_list": (
            "被名单改变的颜色", "colours changed by the list", ending.changed
        ),
        "attempts_public": ("公开的未遂次数", "attempts in public", scene.attempts),
        "alarm_after_minutes": (
            "报警用时(分钟)", "minutes until the alarm", ending.alarm_minutes
        ),
        "framed_by_three": (
            "三人串通变红的人数", "people three accomplices turned red", len(FRAMED)
        ),
        "framed_minutes": (
            "其后恢复绿码用时(分钟)", "minutes until they were green again", ending.red_minutes
        ),
    })  # fmt: skip


def _count(scene: Scene) -> int:
    """How the list ends: depositors whom any decision could make worse, the framed ones aside."""
    with scene.here.instance.store.read() as unit:
        changed = sum(
            any(one.worst_ahead() is not Colour.GREEN for one in unit.decisions_of(ref))
            for ref in DEPOSITORS
            if ref not in FRAMED
        )
    scene.told.step("结局", "How it ends")
    scene.told.fact(
        changed == 0 and scene.all_green(),
        "1317 人全部绿码;除被三人串通陷害的外,自始没有任何一次变色。",
        "All 1,317 are green; but for those framed by the three, none ever was anything else.",
    )
    return changed

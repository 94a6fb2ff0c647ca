"""The stories that can be played: each builds a small specimen of its own and tells what happens.

A story holds if every fact it told was measured to be so. Its instance is a file in a folder of its
own; nothing is served.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mingma.demo.staff import StageClock, take_office
from mingma.demo.telling import Telling
from mingma.demo.zhengzhou import story as zhengzhou
from mingma.demo.zhengzhou.records import PACK, STARTS
from mingma.demo.zhengzhou.scene import Scene
from mingma.kernel.errors import Malformed
from mingma.kernel.times import print_instant
from mingma.opening import open_instance
from mingma.settings import Settings

STORIES: Final = ("zhengzhou",)


class NoSuchStory(Malformed):
    """A story that is not told here."""

    slug = "demo.no_such_story"
    zh = "没有这个故事:`{name}`"
    en = "there is no story `{name}`"
    remedy_zh = "可选:{known}"
    remedy_en = "the stories are: {known}"


def must_be_told(name: str) -> None:
    """Raise NoSuchStory for one that is not told here."""
    if name not in STORIES:
        raise NoSuchStory(name=name[:40], known=", ".join(STORIES))


def play(name: str, folder: Path, told: Telling) -> None:
    """Play a story in an empty folder; raises NoSuchStory."""
    must_be_told(name)
    clock = StageClock(STARTS)
    instance = open_instance(
        Settings(
            database=f"sqlite:///{folder / 'story.db'}",
            keys=str(folder / "keys"),
            organ="henan.example/command",
            origin="ledger.henan.example/stories/zhengzhou",
            region="410000",
            packs=PACK,
            clock=print_instant(STARTS),
        )
    )
    try:
        instance.clock = clock
        scene = Scene(take_office(instance, clock), told)
        ending = zhengzhou.play(scene)
    finally:
        instance.close()
    zhengzhou.end(scene, ending, folder)

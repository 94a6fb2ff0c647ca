"""A change of rules in the tests' hands: an edition of Henan's pack, and a town to try it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.organs import Level, Organ, OrganKind
from mingma.authority.posts import Post
from mingma.flows.offices import organ_record
from mingma.rules.impact import Town
from mingma.shelf import pack_files, shelf
from tests import posts as everybody
from tests.posts import Posts, posts
from tests.unit.rules.tiny import contact as finding

PACK = "cn-henan-2021-08"
AUTHOR, APPROVER, EXECUTOR = "ha-hc-rule_author", "ha-hq-rule_approver", "ha-data-executor"
NATIONAL = Organ("cn-hq", OrganKind.HEADQUARTERS, Level.NATIONAL, "000000", "国指挥部", "nation's")


def small_town() -> Town:
    """Twelve grown residents of one county, each somebody's close contact, and one who is not."""
    people = {f"p{n}": ("410102", "20-59") for n in range(13)}
    facts = {f"p{n}": (finding("2022-06-08 10:00", f"f{n}"),) for n in range(12)}
    return Town("a small town", finding("2022-06-14").at, people, facts)


@contextmanager
def rule_makers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    """Everybody in office, the nation's headquarters among them."""
    monkeypatch.setitem(everybody.BY_ID, NATIONAL.id, NATIONAL)
    with posts(folder) as made:
        appoint(made)
        yield made


def appoint(here: Posts) -> None:
    """Who approves for the nation and who puts rules in force take office; a town to try them on.

    Everybody's list has to know their organs already.
    """
    instance = here.stage.instance
    with instance.acting() as unit:
        unit.add_record(organ_record(NATIONAL, here.stage.clock()))
    here.give("cn-hq-rule_approver", "cn-hq", Post.RULE_APPROVER)
    here.give(EXECUTOR, "ha-data", Post.EXECUTOR)
    instance.context = replace(instance.context, town=small_town)


@cache
def shipped() -> dict[str, str]:
    return pack_files(shelf() / PACK)


def changed(old: str = "", new: str = "", clause: str = "HA-R3") -> dict[str, str]:
    """The shipped pack with a second edition, in one clause of which a text is another."""
    files = dict(shipped())
    row = next(line for line in files["pack.yaml"].splitlines() if "{edition: 1" in line)
    second = row.replace("edition: 1", "edition: 2").replace("rules: rules", "rules: rules-2")
    files["pack.yaml"] = files["pack.yaml"].replace(row, f"{row}\n{second}")
    for path, text in shipped().items():
        if path.startswith("rules/"):
            files[path.replace("rules/", "rules-2/", 1)] = text
    path = f"rules-2/{clause}.yaml"
    assert old in files[path]
    files[path] = files[path].replace(old, new, 1)
    return files


def draft(here: Posts, files: dict[str, str], **more: Any) -> str:
    done = here.act(AUTHOR, Act.DRAFT_RULE, {"files": files, **more})
    return str(done.answer["edition"])

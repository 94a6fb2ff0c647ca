"""The guides' examples run as they are written."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from mingma.cli import main
from mingma.evidence import admit as door
from mingma.evidence.admit import admit
from mingma.evidence.channels import KINDS
from mingma.evidence.channels.channel import Channel, Intake
from mingma.evidence.model import Fact
from mingma.kernel.errors import Malformed
from mingma.rules import conditions
from mingma.rules.conditions import field_type
from mingma.shelf import shelf
from mingma.shipped import divisions
from tests.paths import ROOT

PACK = (ROOT / "docs" / "guides" / "add-a-pack.md").read_text(encoding="utf-8")
CHANNEL = (ROOT / "docs" / "guides" / "add-a-channel.md").read_text(encoding="utf-8")
FILE = re.compile(r"`(packs/[^`]+\.yaml)`[^`]*```yaml\n(.*?)```", re.DOTALL)
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
PATHS = re.compile(r"`((?:src|tests|docs|packs|scripts|rules|evidence)/[\w./-]+)`")


# -- a pack


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The guide's pack, written where the guide says."""
    files = dict(FILE.findall(PACK))
    assert len(files) == 4
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copy(shelf() / "never-red.yaml", tmp_path / "packs")
    return tmp_path / "packs"


def test_the_guide_s_pack_owes_its_line_in_the_lock_and_nothing_else(
    packs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["packs", "check", str(packs), "--json"]) == 1
    [report] = json.loads(capsys.readouterr().out)
    [owed] = report["missing"]
    digest = re.fullmatch(r"edition 1 is not in editions\.lock \(digest (\w+)\)", owed)
    assert digest
    assert report["failed"] == []
    assert report["refused"] == [
        "EX-R2 (published red): it rests on an order, opinion or police list"
    ]
    (packs / "editions.lock").write_text(f"cn-example-2022 1 {digest[1]}\n", encoding="utf-8")
    assert main(["packs", "check", str(packs)]) == 0
    assert "ok   cn-example-2022" in capsys.readouterr().out


def test_the_guide_s_commands_are_those_of_the_program() -> None:
    commands = [text.split()[:2] for kind, text in BLOCK.findall(PACK) if kind == "sh"]
    assert commands == [["mingma", "packs"], ["mingma", "evaluate"]]


# -- a channel


@pytest.fixture
def channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Channel]:
    """The guide's channel, in the list of kinds for this test."""
    [source] = [text for kind, text in BLOCK.findall(CHANNEL) if kind == "python"]
    (tmp_path / "antibody_test.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("antibody_test")
    del sys.modules["antibody_test"]
    made: type[Channel] = module.AntibodyTest
    monkeypatch.setitem(sys.modules, "antibody_test", module)  # its annotations are read by name
    for user in (door, conditions):
        monkeypatch.setattr(user, "KINDS", {**KINDS, made.kind: made})
    return made


def test_the_guide_s_channel_says_what_every_channel_says(channel: type[Channel]) -> None:
    assert (channel.kind, channel.zh, channel.en) == ("antibody_test", "抗体检测", "antibody test")
    assert channel.intake is Intake.SOURCE
    assert channel.__doc__


def test_the_guide_s_records_pass_the_door_or_are_refused_as_it_says(
    channel: type[Channel],
) -> None:
    good, bad = (json.loads(text) for kind, text in BLOCK.findall(CHANNEL) if kind == "json")
    fact = admit(good, divisions())
    assert isinstance(fact, Fact)
    assert isinstance(fact.data, channel)
    with pytest.raises(Malformed) as refusal:
        admit(bad, divisions())
    assert f"`{refusal.value.slug}` in `{refusal.value.place.field}`" in " ".join(CHANNEL.split())


def test_no_rule_can_read_the_guide_s_free_text(channel: type[Channel]) -> None:
    assert field_type(channel.kind, "antibody")[:2] == ("word", ("igm", "igg"))
    assert field_type(channel.kind, "reported_at")[0] == "instant"
    with pytest.raises(ValueError, match="free text"):
        field_type(channel.kind, "laboratory")


@pytest.mark.parametrize(
    "guide", sorted((ROOT / "docs" / "guides").glob("*.md")), ids=lambda p: p.name
)
def test_what_a_guide_names_is_there(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    made_here = {"src/mingma/evidence/channels/antibody_test.py", "packs/editions.lock"}
    named = set(PATHS.findall(text)) - made_here
    missing = [
        path
        for path in named
        if "cn-example" not in path
        and not (ROOT / path).exists()
        and not (ROOT / "src" / "mingma" / path).exists()
    ]
    assert missing == []

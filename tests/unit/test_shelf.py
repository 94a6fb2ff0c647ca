"""Where packs stand: folders read whole, ids that are folders, editions that stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.rules.guard import RuleRefused
from mingma.rules.pack import read_pack
from mingma.rules.strict import BadPack
from mingma.shelf import (
    MAX_FILE,
    NoSuchPack,
    load_pack,
    locked_editions,
    pack_files,
    pack_ids,
)
from tests.unit.rules.tiny import HEAD, clause, files

SECOND = HEAD.replace(
    "rules: rules}",
    "rules: rules}\n  - {edition: 2, effective_from: 2023, checked_on: 2026, rules: rules-2}",
)


def write(base: Path, texts: dict[str, str], id: str = "tiny") -> Path:
    for name, text in texts.items():
        path = base / id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return base


def lock(base: Path, *lines: str) -> None:
    (base / "editions.lock").write_text("".join(line + "\n" for line in lines), "utf-8")


def locked(base: Path) -> list[str]:
    return locked_editions(base, "tiny")


def line(base: Path, edition: int) -> str:
    return f"tiny {edition} {read_pack(pack_files(base / 'tiny'), edition).digest}"


def test_a_folder_with_a_head_is_a_pack(tmp_path: Path) -> None:
    write(tmp_path, files())
    (tmp_path / "notes").mkdir()
    assert pack_ids(tmp_path) == ["tiny"]
    assert load_pack("tiny", tmp_path).id == "tiny"


def test_a_pack_s_folder_is_its_id(tmp_path: Path) -> None:
    write(tmp_path, files(), id="other")
    with pytest.raises(BadPack, match="a pack's folder is its id"):
        load_pack("other", tmp_path)


@pytest.mark.parametrize("id", ["nowhere", "", "../tiny", "tiny/"])
def test_an_unknown_pack_names_the_known_ones(tmp_path: Path, id: str) -> None:
    write(tmp_path, files())
    with pytest.raises(NoSuchPack) as refusal:
        load_pack(id, tmp_path)
    assert refusal.value.remedy() == "the packs are: tiny"


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    write(tmp_path, files())
    (tmp_path / "tiny" / "rules" / "T-2.yaml").write_bytes("规则".encode("gb18030"))
    with pytest.raises(BadPack, match="not UTF-8") as refusal:
        pack_files(tmp_path / "tiny")
    assert refusal.value.place.file == "rules/T-2.yaml"
    with pytest.raises(BadPack) as refusal:
        load_pack("tiny", tmp_path)
    assert refusal.value.place.file == "tiny/rules/T-2.yaml"


def test_a_fault_in_a_pack_is_placed_below_the_pack_s_folder(tmp_path: Path) -> None:
    write(
        tmp_path, files(clause("when: {kind: check_in}\nphases: {notice: measure, days: [0, 1]}"))
    )
    with pytest.raises(RuleRefused) as refusal:
        load_pack("tiny", tmp_path)
    assert refusal.value.place.file == "tiny/rules/0.yaml"


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    write(tmp_path, {**files(), "rules/T-2.yaml": "#" * (MAX_FILE + 1)})
    with pytest.raises(BadPack, match="over 1048576 bytes"):
        pack_files(tmp_path / "tiny")


# -- the lock of published editions


def test_a_published_edition_is_in_the_lock(tmp_path: Path) -> None:
    write(tmp_path, files())
    [owed] = locked(tmp_path)
    assert owed.startswith("edition 1 is not in editions.lock (digest ")
    lock(tmp_path, line(tmp_path, 1), "")
    assert locked(tmp_path) == []


def test_a_change_to_a_published_edition_is_found(tmp_path: Path) -> None:
    write(tmp_path, files())
    lock(tmp_path, line(tmp_path, 1))
    write(tmp_path, {"rules/0.yaml": clause().replace("[0, 7]", "[0, 8]")})
    assert locked(tmp_path) == ["edition 1 was changed after it was published; make a new edition"]


def test_a_new_edition_leaves_the_old_one_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, files())
    lock(tmp_path, first := line(tmp_path, 1))
    write(tmp_path, {"pack.yaml": SECOND, "rules-2/T-1.yaml": clause()})
    assert [row[:31] for row in locked(tmp_path)] == ["edition 2 is not in editions.lo"]
    lock(tmp_path, first, line(tmp_path, 2))
    assert locked(tmp_path) == []


def test_the_old_edition_s_rules_stay_when_a_new_one_is_there(tmp_path: Path) -> None:
    write(tmp_path, {**files(head=SECOND), "rules-2/T-1.yaml": clause()})
    lock(tmp_path, line(tmp_path, 1), line(tmp_path, 2))
    write(tmp_path, {"rules/0.yaml": clause().replace("[0, 7]", "[0, 8]")})
    assert locked(tmp_path) == ["edition 1 was changed after it was published; make a new edition"]


def test_a_published_edition_does_not_go_away(tmp_path: Path) -> None:
    write(tmp_path, {**files(head=SECOND), "rules-2/T-1.yaml": clause()})
    lock(tmp_path, line(tmp_path, 1), line(tmp_path, 2))
    (tmp_path / "tiny" / "rules-2" / "T-1.yaml").unlink()
    write(tmp_path, files())
    assert locked(tmp_path) == ["edition 2 was published and is gone"]


def test_a_lock_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path, files())
    lock(tmp_path, "tiny 1")
    with pytest.raises(BadPack, match=r"editions\.lock, line 1"):
        locked(tmp_path)

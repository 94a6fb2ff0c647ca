"""A witness with a list of builds: what it cosigns, what it reads, and what stops it.

Controls broken to see these fail: the look before cosigning, the proof of each entry, the list,
and where reading goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from mingma.flows.known_builds import KnownBuilds
from mingma.flows.publish_build import BUILD
from mingma.flows.witness import add_checkpoint, forks, last_cosigned
from mingma.kernel.times import Instant
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.files import FilesDoNotHold
from mingma.ledger.leaf import Kind, Leaf
from mingma.ledger.tree import Tree, leaf_hash
from mingma.ledger.witnessing import NotAnExtension, NotTheLatest, UnknownBuild, origin_hash
from mingma.ports import Store
from mingma.storage import open_store
from tests.instances import NOW
from tests.unit.ledger.published import Files, laid_out
from tests.witnessing import LOG, ORIGIN, forked, witness

GOOD, BAD = b"g" * 32, b"b" * 32
DAY = 19157


def says(build: bytes) -> bytes:
    """The entry of a leaf that names a build."""
    return Leaf(kind=Kind.KEY_ROTATE, what=BUILD, digest=build, organ="o").sealed(DAY)


@dataclass
class Watching:
    """A witness of one log, whose files are as they were laid out last."""

    entries: list[bytes]
    store: Store = field(default_factory=lambda: open_store("memory:"))
    files: Files = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.builds = KnownBuilds(frozenset({GOOD}), {ORIGIN: self.read})

    def read(self, path: str) -> bytes | None:
        self.asked[path] += 1
        return self.files.get(path)

    @property
    def tree(self) -> Tree:
        return Tree(map(leaf_hash, self.entries))

    def head(self) -> Checkpoint:
        """The head of now, its files laid out."""
        self.files, _ = laid_out(self.entries, [len(self.entries)])
        return Checkpoint(ORIGIN, len(self.entries), self.tree.root(len(self.entries)))

    def cosigns(self, old: int, *, files: Files | None = None, of: Tree | None = None) -> bool:
        """Whether the log's newest head is cosigned; raises the witness's refusal."""
        laid, _ = laid_out(self.entries, [len(self.entries)])
        self.files = laid if files is None else files
        request = LOG.ask(old, len(self.entries), of or self.tree)
        return bool(
            add_checkpoint(
                self.store, replace(witness(), builds=self.builds), request, Instant(NOW)
            )
        )


def some(many: int, first: int = 0) -> list[bytes]:
    return [f"leaf-{first + n}".encode() for n in range(many)]


def test_a_log_of_a_known_build_is_cosigned() -> None:
    here = Watching([says(GOOD), *some(700)])
    assert here.cosigns(0)
    here.entries += [*some(5, 700), says(GOOD)]
    assert here.cosigns(701)


@pytest.mark.parametrize("at", [0, 1, 255, 256, 600])
def test_an_unknown_build_stops_it_for_good_until_it_is_listed(at: int) -> None:
    here = Watching(some(601))
    here.entries[at] = says(BAD)
    for _ in range(2):
        with pytest.raises(UnknownBuild) as refused:
            here.cosigns(0)
        assert refused.value.details == {"index": at, "build": BAD.hex()}
        here.entries += [says(GOOD)]  # the honest one again: what the other did stays
    with here.store.read() as unit:
        assert last_cosigned(unit, origin_hash(ORIGIN)) is None
    here.builds = KnownBuilds(frozenset({GOOD, BAD}), {ORIGIN: here.read})
    assert here.cosigns(0)


def test_files_that_are_not_there_or_do_not_hold_are_no_cosignature() -> None:
    here = Watching([*some(300), says(BAD)])
    with pytest.raises(FilesDoNotHold, match="missing"):
        here.cosigns(0, files={})
    innocent, _ = laid_out([*some(300), says(GOOD)], [301])
    true, _ = laid_out(here.entries, [301])
    with pytest.raises(FilesDoNotHold, match="root"):
        here.cosigns(0, files=innocent)
    swapped = true | {path: data for path, data in innocent.items() if "entries" in path}
    with pytest.raises(FilesDoNotHold, match="entry"):
        here.cosigns(0, files=swapped)


def test_it_reads_what_is_new_and_goes_on_where_it_read_before() -> None:
    here = Watching(some(600))
    assert here.cosigns(0)
    here.asked.clear()
    here.entries += some(100, 600)
    assert here.cosigns(600)
    assert {path for path in here.asked if "entries" in path} == {"tile/entries/002.p/188"}
    # Read, and not cosigned: somebody else came first, or the sender did not wait.
    here.entries += some(400, 700)
    here.builds.must_be_known(700, here.head())
    here.asked.clear()
    here.entries += some(10, 1100)
    assert here.cosigns(700)
    assert {path for path in here.asked if "entries" in path} == {"tile/entries/004.p/86"}


def test_a_head_that_was_read_and_is_not_continued_spares_no_reading() -> None:
    here = Watching(some(300))
    assert here.cosigns(0)
    true = list(here.entries)
    here.entries = true + some(100, 900)  # shown once, and never cosigned
    here.builds.must_be_known(300, here.head())
    here.entries = [*true, says(BAD), *some(150, 300)]
    with pytest.raises(UnknownBuild):
        here.cosigns(300)


def test_what_speaks_against_a_log_is_kept_before_anything_is_read() -> None:
    here = Watching(some(300))
    assert here.cosigns(0)
    here.asked.clear()
    other = forked(100, 300, here.tree)
    for refusal, old in ((NotAnExtension, 300), (NotTheLatest, 0)):
        with pytest.raises(refusal):
            here.cosigns(old, of=other)
    assert not here.asked
    with here.store.read() as unit:
        assert [one.why for one in forks(unit, origin_hash(ORIGIN))] == ["same_size"]

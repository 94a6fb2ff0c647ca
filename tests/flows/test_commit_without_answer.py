"""On a server: a COMMIT that has no answer, or that fails, forks nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from mingma.flows.seal import SealingStopped
from mingma.ledger.checkpoint import parse_checkpoint
from mingma.ledger.files import check_log
from mingma.ledger.note import parse_note
from mingma.opening import open_instance
from mingma.records import Batch
from mingma.storage.errors import ServerAway, StoreFailed
from tests.cut_off import Line, line_to
from tests.folders import files_in
from tests.instances import Stage, sample, stage

pytestmark = pytest.mark.postgres

# The COMMITs of one act, in their order.
ACT, SEAL = 1, 2
REACHES = pytest.mark.parametrize("reaches", [False, True], ids=["lost", "done"])

# An error of the server's disk at COMMIT, after everything before it went well.
FULL_DISK = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE CONSTRAINT TRIGGER full_disk AFTER UPDATE ON head DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION full_disk();
"""


@dataclass(slots=True)
class Far:
    """An instance whose server is at the other end of a line; what it published."""

    scene: Stage
    line: Line
    public: Path

    def published(self) -> bytes:
        return (self.public / "checkpoint").read_bytes()


@pytest.fixture
def far(tmp_path: Path, empty_postgres: str) -> Iterator[Far]:
    public = tmp_path / "public"
    with line_to(empty_postgres) as (dsn, line), stage(tmp_path, dsn, publish=str(public)) as scene:
        send(scene, "p-ann")
        yield Far(scene, line, public)


def send(scene: Stage, ref: str) -> Batch:
    return scene.send(sample(f"t-{ref}", ref, result="negative"))


def stands_still(far: Far, before: bytes) -> None:
    """Nothing is signed or taken in, and codes show as before."""
    for _ in range(2):
        with pytest.raises(SealingStopped, match="`commit`"):
            send(far.scene, "p-eve")
    assert far.published() == before
    assert far.scene.colour("p-ann") == "green"


def goes_on(far: Far, before: bytes) -> None:
    """After a restart: the log continues what was published, and every act under way is in it."""
    old = parse_checkpoint(parse_note(before).text)
    with closing(open_instance(far.scene.instance.settings)) as instance:
        again = Stage(instance)
        instance.seal()
        tree = instance.log.tree
        assert tree.root(old.size) == old.root
        # Bob's act is there: whoever had no answer sends it again, and nothing comes of it.
        size = tree.size
        assert size > old.size
        send(again, "p-bob")
        assert instance.log.newest.size == size
        send(again, "p-eve")
        assert instance.log.newest.size > size
        assert [again.colour(ref) for ref in ("p-ann", "p-bob", "p-eve")] == ["green"] * 3
        with instance.store.read() as unit:
            assert len(unit.decisions_of("p-bob")) == 1
        assert instance.reconcile() == []
        whole(far)


def whole(far: Far) -> None:
    """What is published is one log under its head."""
    head = parse_checkpoint(parse_note(far.published()).text)
    assert check_log(files_in(far.public).get, head) is None


@REACHES
def test_a_seal_without_an_answer_stops_the_signing_and_a_restart_goes_on_from_the_server(
    far: Far, reaches: bool
) -> None:
    before = far.published()
    far.line.cut_at(SEAL, reaches=reaches)
    with pytest.raises(ServerAway):
        send(far.scene, "p-bob")
    assert far.line.cut
    stands_still(far, before)
    goes_on(far, before)


def test_a_seal_that_a_full_disk_refused_stops_the_signing_and_loses_nothing(
    far: Far, empty_postgres: str
) -> None:
    before = far.published()
    with psycopg.connect(empty_postgres, autocommit=True) as admin:
        admin.execute(FULL_DISK)
        with pytest.raises(StoreFailed, match="No space left"):
            send(far.scene, "p-bob")
        stands_still(far, before)
        admin.execute("DROP FUNCTION full_disk CASCADE")
    goes_on(far, before)


@REACHES
def test_an_act_without_an_answer_is_done_once_and_stops_nothing(far: Far, reaches: bool) -> None:
    far.line.cut_at(ACT, reaches=reaches)
    with pytest.raises(ServerAway):
        send(far.scene, "p-bob")
    assert far.line.cut
    send(far.scene, "p-eve")
    size = far.scene.instance.log.newest.size
    assert (send(far.scene, "p-bob").admitted, far.scene.instance.log.stopped) == (1, None)
    assert (far.scene.instance.log.newest.size == size) == reaches
    assert [far.scene.colour(ref) for ref in ("p-ann", "p-bob", "p-eve")] == ["green"] * 3
    with far.scene.instance.store.read() as unit:
        assert len(unit.decisions_of("p-bob")) == 1
    assert far.scene.instance.reconcile() == []
    whole(far)

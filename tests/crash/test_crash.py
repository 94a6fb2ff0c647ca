"""No promise is lost and no log forks, whichever call the machine dies, fails or goes dark at.

A seeded sample of the calls; every one of them where MINGMA_CRASH is `all` (some minutes each).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.crash.disk import DROPPED, KEPT, TORN, Call, Disk, calls_in
from tests.crash.machine import KILLED, Machine, Ran, losses, machine, public_note
from tests.crash.shim import Failure
from tests.folders import files_in

SAMPLE = 10  # calls of each kind of run
FRESH = pytest.mark.parametrize("fresh", [False, True], ids=["running", "first-start"])
STOPPED = {  # what an act may be refused with once a disk failed
    "ledger.sealing_stopped", "ledger.file_failed", "store.failed", "store.cannot_open",
    "keys.not_written",
}  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("crash")) as made:
        yield made


def some(calls: Sequence[int], why: str) -> list[int]:
    """So many of the calls, the first and the last among them."""
    if os.environ.get("MINGMA_CRASH") == "all":
        return list(calls)
    chosen = random.Random(why).sample(calls, min(SAMPLE, len(calls)))
    return sorted({*chosen, calls[0], calls[-1]})


def traced(here: Machine, *, fresh: bool) -> tuple[Disk, Ran, list[Call]]:
    """A run with nothing failing: the disk before it, what it said, every call."""
    place = here.place(fresh=fresh)
    disk = Disk(place)
    ran = here.run(place, fresh=fresh, journal=here.folder / "journal")
    calls = list(calls_in((here.folder / "journal").read_bytes()))
    assert (ran.status, ran.refused, ran.calls) == (0, [], len(calls))
    return disk, ran, calls


def must_go_on(found: dict[str, Any]) -> None:
    assert "refused" not in found, found


@FRESH
def test_a_process_killed_at_any_call_kept_its_promises(here: Machine, fresh: bool) -> None:
    _, _, calls = traced(here, fresh=fresh)
    for at in some(range(1, len(calls) + 1), "kill"):
        place = here.place(fresh=fresh)
        ran = here.run(place, Failure.KILL, at, fresh=fresh)
        assert ran.status == KILLED
        must_go_on(here.check(place, ran.said, public_note(place)))


@FRESH
@pytest.mark.parametrize("failure", [Failure.EIO_ONCE, Failure.EIO_FROM_THERE])
def test_a_disk_that_fails_at_any_call_is_refused_by_name_and_kept_its_promises(
    here: Machine, fresh: bool, failure: Failure
) -> None:
    _, _, calls = traced(here, fresh=fresh)
    for at in some(range(1, len(calls) + 1), failure.name):
        place = here.place(fresh=fresh)
        before = public_note(place)
        ran = here.run(place, failure, at, fresh=fresh)
        assert ran.status == 0
        assert set(ran.refused) <= STOPPED
        signed_on = [one for one in after_stopping(ran) if "batch" in one]
        assert signed_on == []
        must_go_on(here.check(place, ran.said, before + public_note(place)))


def after_stopping(ran: Ran) -> tuple[dict[str, Any], ...]:
    """What was said once the sealing had stopped: until a restart nothing is signed."""
    for number, one in enumerate(ran.said):
        if one.get("refused") == "ledger.sealing_stopped":
            return ran.said[number:]
    return ()


@FRESH
@pytest.mark.parametrize("how", [DROPPED, TORN])
def test_power_lost_at_any_call_loses_nothing_that_was_promised(
    here: Machine, fresh: bool, how: str
) -> None:
    disk, ran, calls = traced(here, fresh=fresh)
    for at, seen in losses(disk, calls, some(range(1, len(calls) + 1), how)):
        must_go_on(after_power_loss(here, disk, ran, at, seen, how))


def after_power_loss(
    here: Machine, disk: Disk, ran: Ran, at: int, seen: Sequence[str], how: str
) -> dict[str, Any]:
    place = here.folder / "after"
    place.mkdir()
    disk.write(place, how, seed=at)
    return here.check(place, [one for one in ran.said if one["calls"] <= at], seen)


def test_a_sync_that_failed_and_then_a_loss_of_power_lose_nothing(here: Machine) -> None:
    """The page cache lies: what failed to sync is read as if it were there, until it is not."""
    _, _, calls = traced(here, fresh=False)
    journal = here.folder / "journal"
    for at, call in enumerate(calls, start=1):
        if call.what != "S" or ".db" not in call.path:
            continue
        place = here.place()
        disk = Disk(place)
        first = here.run(place, Failure.EIO_ONCE, at, journal=journal, closes=False)
        *_, (_, seen) = losses(disk, did := list(calls_in(journal.read_bytes())), [len(did)])
        # Started again on the same machine, it works on what it reads; then the power goes.
        second = here.run(place, journal=journal, name="again", closes=False)
        did = list(calls_in(journal.read_bytes()))
        *_, (_, later) = losses(disk, did, [len(did)])
        assert second.refused == []
        both = Ran(0, tuple({**one, "calls": 0} for one in (*first.said, *second.said)))
        must_go_on(after_power_loss(here, disk, both, 0, [*seen, *later], DROPPED))


@pytest.mark.postgres
def test_a_client_of_a_server_killed_at_any_call_or_message_kept_its_promises(
    here: Machine, postgres_dsn: str
) -> None:
    """It dies anywhere between the act, the sequencer's swap of the head, and the files."""
    base, copy = (postgres_dsn.replace("/mingma?", f"/{name}?") for name in ("base", "copy"))
    with psycopg.connect(postgres_dsn, autocommit=True) as link:
        link.execute("CREATE DATABASE base")
        folder = here.base(base)

        def killed(at: int) -> tuple[Path, Ran]:
            link.execute("DROP DATABASE IF EXISTS copy WITH (FORCE)")
            link.execute("CREATE DATABASE copy TEMPLATE base")
            place = here.place(base=folder)
            return place, here.run(place, Failure.KILL, at, database=copy)

        _, whole = killed(0)
        assert (whole.status, whole.refused) == (0, [])
        for at in some(range(1, whole.calls + 1), "served"):
            place, ran = killed(at)
            # How many messages a run takes varies: one that took fewer ended before it.
            assert ran.status == KILLED or (ran.calls < at and ran.refused == [])
            must_go_on(here.check(place, ran.said, public_note(place), copy))


# -- the suite itself works


def test_the_journal_holds_everything_that_was_done_to_the_disk(here: Machine) -> None:
    place = here.place()
    disk = Disk(place)
    here.run(place, journal=here.folder / "journal")
    for call in calls_in((here.folder / "journal").read_bytes()):
        disk.do(call)
    copy = here.folder / "copy"
    copy.mkdir()
    disk.write(copy, KEPT)
    assert files_in(copy) == files_in(place)


@pytest.mark.parametrize("untrue", ["/mingma.db-wal", "/keys"])
def test_a_disk_that_only_says_it_synced_is_found_out(here: Machine, untrue: str) -> None:
    disk, ran, calls = traced(here, fresh=True)
    promised = max(one["calls"] for one in ran.said if "heads" in one)  # before it closes
    did = calls[:promised]
    lied = [one for one in did if not (one.what == "S" and one.path.endswith(untrue))]
    assert len(lied) < len(did)
    *_, (_, seen) = losses(disk, lied, [len(lied)])
    with pytest.raises(AssertionError, match=r"a fork|is lost|refused"):
        must_go_on(after_power_loss(here, disk, ran, promised, seen, DROPPED))

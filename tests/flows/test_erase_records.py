"""Whoever is erased stands in no record any more; the log and the audit go on without her."""

from __future__ import annotations

from pathlib import Path

from mingma.authority.acts import Act
from mingma.authority.own import Delegate
from mingma.flows.delegate import give
from mingma.flows.erase import KEPT_AFTER
from mingma.flows.oversight_events import events
from mingma.flows.reconcile import reconcile
from mingma.flows.tickets import open_call
from mingma.kernel.times import DAY, HOUR, Instant
from mingma.storage.personal import PERSONAL
from tests.appealing import object_to
from tests.instances import NOW, contact
from tests.posts import Posts, posts

OVER = Instant(NOW + 59 * DAY + KEPT_AFTER)
AGENT = "zz-hotline-hotline_agent"


def lived(here: Posts) -> None:
    """Ann and Bob are marked by one proposal; Ann appeals, calls, is looked at, has a helper."""
    stage = here.stage
    here.mark_contacts("p-ann", "p-bob")
    object_to(stage)
    with stage.instance.acting() as unit:
        call = open_call(unit, "p-ann", stage.clock(), stage.instance.desk.chance)
    here.act(AGENT, Act.SEE_REASON, {
        "subject": "p-ann", "purpose": "answering_caller", "ticket": {"call": call.digits},
    })  # fmt: skip
    with stage.instance.acting() as unit:
        give(
            unit, "p-ann", Delegate.FAMILY, {"type": "passport", "number": "E12345678"},
            Instant(stage.clock() + DAY), stage.clock(),
            identify=stage.instance.holder, chance=stage.instance.desk.chance,
        )  # fmt: skip


def held(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("instance.db*"))


def test_no_record_names_who_was_erased_and_who_comes_again_meets_none(tmp_path: Path) -> None:
    with posts(tmp_path, f"sqlite:///{tmp_path}/instance.db") as here:
        stage = here.stage
        lived(here)
        assert b"p-ann" in held(tmp_path)
        stage.clock.now = OVER
        stage.instance.keep_duties()
        stage.instance.keep_duties()  # a later unit has the store clean its files
        assert stage.instance.undone == {}
        assert b"p-ann" not in held(tmp_path)
        with stage.instance.store.read() as unit:
            assert list(events(unit, OVER).marks) == []
            assert not any(unit.records(kind) for kind in PERSONAL - {"act", "link"})
            assert unit.records("grant")
            assert [str(one) for one in reconcile(unit, stage.instance.context, OVER)] == []
        stage.declare()
        stage.send(contact("c9", hours=(OVER - NOW) / HOUR - 1))
        [filed] = object_to(stage).filed  # and not the appeal of before
        assert filed.appeal.opened_at == OVER

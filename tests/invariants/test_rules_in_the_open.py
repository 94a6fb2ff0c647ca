"""P10: rules name nobody, and count only after a day in public with their impact."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingma.authority.acts import Act
from mingma.authority.refusal import NotAllowed
from mingma.flows.editions import impact_of, publication_index
from mingma.kernel.times import HOUR
from mingma.rules.strict import BadPack
from tests.rule_changes import APPROVER, EXECUTOR, changed, draft, rule_makers


def test_p10_rules_name_nobody_and_count_after_a_day_in_public_with_their_impact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rule_makers(tmp_path, monkeypatch) as here:
        instance = here.stage.instance
        with pytest.raises(BadPack, match="hukou"):
            draft(here, changed("relation: close", "relation: close, hukou: x"))
        digest = draft(here, changed("days: [0, 14]", "days: [0, 3]"))
        here.act(APPROVER, Act.APPROVE_RULE, {"edition": digest})
        with instance.store.read() as unit:
            assert publication_index(unit, digest) is not None
            assert (impact_of(unit, digest) or {})["better"] == 12
        for _ in range(24):
            with pytest.raises(NotAllowed):
                here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
            assert [pack.edition for pack in instance.context.packs] == [1]
            here.stage.clock.forward(HOUR)
        here.act(EXECUTOR, Act.ACTIVATE_RULE, {"edition": digest})
        instance.keep_duties()
        assert [pack.edition for pack in instance.context.packs] == [2]

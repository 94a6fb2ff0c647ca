"""A setting that cannot be right refuses to start."""

from __future__ import annotations

import pytest

from mingma.ledger.checkpoint import MAX_ORIGIN
from mingma.settings import BadSetting, Settings, settings_of


def test_the_log_s_origin_is_a_name_that_a_note_can_carry() -> None:
    assert (
        settings_of({"origin": "ledger.example/codes/2026"}).origin == "ledger.example/codes/2026"
    )
    assert settings_of({}).origin == Settings().origin == "ledger.specimen.example/codes"
    for origin in ("", "two words", "a+b", "line\n", "x" * (MAX_ORIGIN + 1), 7):
        with pytest.raises(BadSetting, match="`origin`"):
            settings_of({"origin": origin})

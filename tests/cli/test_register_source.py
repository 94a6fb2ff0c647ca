"""Under a trust policy two organs register a source, and witnesses see it before it counts (F45).

Controls broken to see these fail: the count of organs, the grant, the digest that is
signed, and the look for a cosigned leaf.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mingma.authority.acts import Act
from mingma.authority.proposal import challenge
from mingma.flows.passkey_uses import PasskeyCloned, uses_of
from mingma.flows.sources import SourceNotInEffect
from mingma.kernel.times import print_instant
from tests.authenticators import Authenticator
from tests.cli.files import Done, Run
from tests.everywhere import Sending, in_office, settle
from tests.instances import KEYS, LAB, LAB_KEY, NOW, sample
from tests.under_policy import Watched

BOTH = ("ha-hq-registrar", "ha-hc-registrar")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sending]:
    """Everybody in office under a policy, on a file that the command line sees too."""
    database = f"sqlite:///{tmp_path / 'a.db'}"
    for name, value in {
        "DATABASE": database, "KEYS": str(tmp_path / "keys"), "POLICY": str(tmp_path / "policy"),
        "CLOCK": print_instant(NOW), "ORGAN": "command.henan.example/codes",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"MINGMA_{name}", value)
    (tmp_path / "key").write_text(base64.b64encode(LAB.key).decode())
    with in_office(tmp_path, database, watched=True, threads=False) as made:
        yield made


def register(run: Run, folder: Path, *more: object, kinds: str = "test") -> Done:
    """The command for a laboratory."""
    return run(
        "source", "register", "--id", "lab-9", "--organ", "a laboratory", "--title", "Lab nine",
        "--organ-kind", "laboratory", "--key", folder / "key", "--kinds", kinds, *more,
    )  # fmt: skip


def signed(here: Sending, run: Run, folder: Path, officers: Sequence[str], **other: Any) -> Done:
    """The same with these officers' signatures; over another statement if it says so."""
    digest = bytes.fromhex(register(run, folder, "--digest", **other).out)
    file = folder / "signatures.json"
    file.write_text(json.dumps({one: here.key(one).sign(challenge(digest)) for one in officers}))
    return register(run, folder, "--signatures", file, "--json")


def test_two_registrars_of_two_organs_register_a_source_that_witnesses_see_first(
    here: Sending, run: Run, tmp_path: Path
) -> None:
    assert isinstance(here.stage, Watched)
    assert signed(here, run, tmp_path, BOTH).status == 0
    with here.stage.instance.store.read() as unit:  # and each is told what his key signed
        assert {uses_of(unit, one)[0].act for one in BOTH} == {"second/register_source"}
    KEYS["lab-9"] = LAB_KEY
    try:
        with pytest.raises(SourceNotInEffect):  # its leaf waits
            here.stage.send(sample("t9"), source="lab-9")
        here.stage.witnesses.sleep()
        here.stage.instance.seal()
        with pytest.raises(SourceNotInEffect):  # … is sealed, and nobody saw it
            here.stage.send(sample("t9"), source="lab-9")
        here.stage.witnesses.wake()
        settle(here.stage.instance)
        assert here.stage.send(sample("t9"), source="lab-9").admitted == 1
    finally:
        KEYS.pop("lab-9")
    assert here.stage.instance.reconcile() == []
    here.key(BOTH[0]).count -= 1  # a copy that did not see this signature
    with pytest.raises(PasskeyCloned):
        here.begin(BOTH[0])


@pytest.mark.parametrize(
    ("officers", "slug"),
    [
        ((), "grant.two_organs"),
        (BOTH[:1], "grant.two_organs"),
        ((BOTH[0], "ha-hc-rule_author"), "passkey.refused"),
        ((BOTH[0], "nobody"), "passkey.refused"),
    ],
)
def test_fewer_than_two_organs_registrars_register_nothing(
    here: Sending, run: Run, tmp_path: Path, officers: Sequence[str], slug: str
) -> None:
    assert slug in signed(here, run, tmp_path, officers).err
    assert slug in signed(here, run, tmp_path, officers).err  # and nothing was kept
    assert "lab-9" not in run("source", "list").out


def test_a_signature_over_another_source_or_by_another_key_counts_for_nothing(
    here: Sending, run: Run, tmp_path: Path
) -> None:
    assert "passkey.refused" in signed(here, run, tmp_path, BOTH, kinds="infection").err
    here.keys[BOTH[1]] = Authenticator("another")
    assert "passkey.refused" in signed(here, run, tmp_path, BOTH).err


def test_a_registrar_whose_grant_was_ended_registers_nothing(
    here: Sending, run: Run, tmp_path: Path
) -> None:
    with here.stage.instance.store.read() as unit:
        [held] = unit.records_under("grant", f"{BOTH[1]}/")
    here.act(BOTH[0], Act.END_GRANT, {"grant": held.id})
    assert "passkey.refused" in signed(here, run, tmp_path, BOTH).err


def test_without_a_signature_nothing_is_registered(here: Sending, run: Run, tmp_path: Path) -> None:
    assert "grant.two_organs" in register(run, tmp_path).err

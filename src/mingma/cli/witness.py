"""`mingma witness`: cosign the checkpoints of other organs' logs, and do nothing else."""

from __future__ import annotations

import json as json_text
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from cyclopts import App

from mingma.cli.log_place import must_read
from mingma.cli.serve import with_words
from mingma.clock import Clock, clock_of
from mingma.flows.witness import Witness
from mingma.kernel.errors import Place, Refused
from mingma.ledger import independence
from mingma.ledger.policy import PolicyUnreadable, parse_policy
from mingma.opening import log_s_own
from mingma.ports import Store
from mingma.serving import create_witness_app
from mingma.settings import read_settings
from mingma.storage import open_store
from mingma.witness_keys import WATCHED, load_witness, own_keys

app = App(name="witness", help="Watch other organs' logs and cosign what extends them.")

DATABASE: Final = "witness.db"  # in the folder of keys: one witness, one memory


class NothingToWatch(Refused):
    """A witness without the key of any log."""

    slug = "witness.nothing_to_watch"
    zh = "没有要见证的日志"
    en = "there is no log to watch"
    remedy_zh = "请把日志的公钥(log.vkey)放入密钥文件夹的 witnessed 子文件夹,以 .vkey 结尾"
    remedy_en = "put the log's keys (its log.vkey) into `witnessed` in the folder of keys, as .vkey"


@dataclass(frozen=True, slots=True)
class Alone:
    """A witness that is nothing else: keys, memory and clock."""

    witness: Witness
    store: Store
    clock: Clock


@app.command
def keys() -> int:
    """Make this organ's log and witness keys where there are none; print what to give to others.

    In the folder MINGMA_KEYS, under the names that MINGMA_ORIGIN and MINGMA_ORGAN give. The first
    two lines are the log's, for those who watch it; the others the witness's, for trust policies.
    """
    settings = read_settings(os.environ)
    folder = Path(settings.keys)
    for key in (*log_s_own(settings), *(one.key for one in own_keys(folder, settings.organ))):
        print(key)
    return 0


@app.command
def policy(file: Path, /, *, json: bool = False) -> int:
    """Say whether a trust policy's quorum needs independent witnesses; status 1 if it does not.

    Five witnesses of three hierarchies, four of whom are asked for. A hierarchy is a group in the
    quorum's group; keys under one domain are one house's. MINGMA_HIERARCHIES=independent refuses to
    start an instance under any other policy.

    Args:
        file: The trust policy.
        json: Print JSON; errors as JSON too.
    """
    try:
        found = independence.lacks(parse_policy(must_read(file)))
    except PolicyUnreadable as refusal:
        raise refusal.at(file=str(file)) from None
    if json:
        lacking = [lack.name.lower() for lack in found]
        print(json_text.dumps({"independent": not found, "lacks": lacking}))
    else:
        print("\n".join(found) or "the quorum needs independent witnesses")
    return 1 if found else 0


@app.command
def run(*, host: str | None = None, port: int | None = None, keys: str | None = None) -> int:
    """Serve the witness interface until interrupted; nothing of people is there.

    Args:
        host: Where to listen; MINGMA_HOST, else this machine only.
        port: MINGMA_PORT, else 8000.
        keys: Folder of its keys, its memory and the keys it watches; MINGMA_KEYS, else keys here.
    """
    settings = with_words(read_settings(os.environ), host=host, port=port, keys=keys)
    clock = clock_of(settings.clock)
    alone = open_witness(Path(settings.keys), settings.organ, clock)
    try:
        uvicorn.run(
            create_witness_app(alone),
            host=settings.host,
            port=settings.port,
            access_log=False,
            server_header=False,
        )
    finally:
        alone.store.close()
    return 0


def open_witness(keys: Path, organ: str, clock: Clock) -> Alone:
    """The witness in a folder, its memory beside its keys; raises Problem."""
    witness = load_witness(keys, organ)
    if witness is None:
        raise NothingToWatch(Place(str(keys / WATCHED)))
    return Alone(witness, open_store(f"sqlite:///{(keys / DATABASE).absolute()}"), clock)

"""`mingma witness`: cosign the checkpoints of other organs' logs, and do nothing else."""

from __future__ import annotations

import json as json_text
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import uvicorn
from cyclopts import App

from mingma.cli.log_place import must_read, reader
from mingma.cli.serve import with_words
from mingma.clock import Clock, clock_of
from mingma.flows.known_builds import KnownBuilds
from mingma.flows.witness import Witness
from mingma.kernel.errors import Malformed, Place, Refused
from mingma.ledger import independence
from mingma.ledger.policy import PolicyUnreadable, parse_policy
from mingma.opening import log_s_own
from mingma.ports import Store
from mingma.serving import create_witness_app
from mingma.settings import read_settings
from mingma.storage import open_store
from mingma.witness_keys import WATCHED, load_witness, own_keys

app = App(name="witness", help="Watch other organs' logs and cosign what extends them.")

_BUILD: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
DATABASE: Final = "witness.db"  # in the folder of keys: one witness, one memory


class NothingToWatch(Refused):
    """A witness without the key of any log."""

    slug = "witness.nothing_to_watch"
    zh = "没有要见证的日志"
    en = "there is no log to watch"
    remedy_zh = "请把日志的公钥(log.vkey)放入密钥文件夹的 witnessed 子文件夹,以 .vkey 结尾"
    remedy_en = "put the log's keys (its log.vkey) into `witnessed` in the folder of keys, as .vkey"


class BuildsUnreadable(Malformed):
    """A file of known builds that is none. `why` is one of line, log: one that has no line."""

    slug = "witness.builds_unreadable"
    zh = "不是合格的构建名单(`{why}`:`{value}`)"
    en = "not a file of known builds (`{why}`: `{value}`)"
    remedy_zh = "每行写 `build 64 位十六进制` 或 `log 日志来源 公开文件地址`;所见证的日志各须一行"
    remedy_en = (
        "write `build HEX` or `log ORIGIN PLACE` on each line, and a `log` line for each one"
    )
    remedy_en += " that is watched"


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
def run(
    *,
    host: str | None = None,
    port: int | None = None,
    keys: str | None = None,
    builds: Path | None = None,
) -> int:
    """Serve the witness interface until interrupted; nothing of people is there.

    Args:
        host: Where to listen; MINGMA_HOST, else this machine only.
        port: MINGMA_PORT, else 8000.
        keys: Folder of its keys, its memory and the keys it watches; MINGMA_KEYS, else keys here.
        builds: File of the builds that are known, and of where each watched log's public files are;
            a log that is run by another build is not cosigned.
    """
    settings = with_words(read_settings(os.environ), host=host, port=port, keys=keys)
    clock = clock_of(settings.clock)
    alone = open_witness(Path(settings.keys), settings.organ, clock, builds)
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


def open_witness(keys: Path, organ: str, clock: Clock, builds: Path | None = None) -> Alone:
    """The witness in a folder, its memory beside its keys; raises Problem."""
    witness = load_witness(keys, organ)
    if witness is None:
        raise NothingToWatch(Place(str(keys / WATCHED)))
    if builds is not None:
        witness = replace(witness, builds=known_builds(builds, witness.logs))
    return Alone(witness, open_store(f"sqlite:///{(keys / DATABASE).absolute()}"), clock)


def known_builds(file: Path, watched: Collection[str]) -> KnownBuilds:
    """The builds and places that a file lists; raises BuildsUnreadable, FileUnreadable."""
    builds: set[bytes] = set()
    places: dict[str, str] = {}
    for number, line in enumerate(must_read(file).decode("utf-8", "replace").splitlines(), 1):
        match line.split():
            case []:
                pass
            case ["build", text] if _BUILD.fullmatch(text):
                builds.add(bytes.fromhex(text))
            case ["log", origin, place]:
                places[origin] = place
            case _:
                raise BuildsUnreadable(Place(str(file), number), why="line", value=line[:80])
    for origin in sorted(set(watched) - places.keys()):
        raise BuildsUnreadable(Place(str(file)), why="log", value=origin)
    return KnownBuilds(
        frozenset(builds), {origin: reader(place) for origin, place in places.items()}
    )

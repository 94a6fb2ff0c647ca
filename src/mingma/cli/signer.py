"""`mingma ledger signer`: hold the log's keys in a process of its own, and end that again."""

from __future__ import annotations

import os
import pwd
from contextlib import closing
from pathlib import Path

from mingma.cli.database import opened_instance
from mingma.clock import wall_clock
from mingma.flows.held_heads import leave_seal
from mingma.held_keys import HeldKeys, alone, attend, listen
from mingma.kernel.errors import Malformed, Place
from mingma.settings import read_settings


class NoSuchUser(Malformed):
    """A name that is no user's of this machine."""

    slug = "signer.no_such_user"
    zh = "本机没有用户 `{name}`"
    en = "this machine has no user `{name}`"
    remedy_zh = "请写服务所用的用户名或编号"
    remedy_en = "write the name or the number of the user that the service runs as"


def signer(*, keys: Path, socket: Path, user: str) -> int:
    """Hold the log's keys in this process alone, and sign what extends the log, until interrupted.

    Run it under a user of its own. The origin is MINGMA_ORIGIN. It prints the public keys: they go
    into log.vkey in the service's folder of keys, and MINGMA_SIGNER there names the socket.

    Args:
        keys: Folder of log.key and log.mldsa.key, made if there are none, which nobody else reads.
        socket: Where to listen: a path that the service's user reaches.
        user: The user, by name or number, that the service runs as; nobody else is answered.
    """
    origin, uid = read_settings(os.environ).origin, _user(user)
    held = HeldKeys(keys, origin, wall_clock)
    with alone(keys), closing(listen(socket)) as server:
        for key in held.keys:
            print(key, flush=True)
        while True:
            attend(server, held, uid)


def leave_signer(*, database: str | None = None) -> int:
    """Put the log's own lines under the database's head, so that its keys may leave the signer.

    Run it as the stopped service would start, beside the signer, which makes the lines.

    Args:
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
    """
    with opened_instance(database) as instance:
        size = leave_seal(instance.store, instance.heads, instance.second_head)
        print(f"{instance.log.origin}: the head of {size} leaves has the log's own lines")
    return 0


def _user(name: str) -> int:
    """The number of a user of this machine."""
    if name.isdecimal():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise NoSuchUser(Place(field="user"), name=name) from None

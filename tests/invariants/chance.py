"""Chance that comes again: all that an instance draws in a history follows from the history's seed.

Only tests do this. Luck remain the issuer's key with its signatures on tokens and the log's ML-DSA
key with its own: no act, lot, leaf or colour rests on them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mingma.clock import Clock
from mingma.key_files import write_secret
from mingma.keys import LOG_KEYS, pem

T = TypeVar("T")


class Chance:
    """What stands for `secrets.token_bytes`."""

    def __init__(self, seed: int) -> None:
        self._drawn = random.Random(seed)

    def __call__(self, size: int | None = None) -> bytes:
        return self._drawn.randbytes(32 if size is None else size)


class AtOnce(Executor):
    """What stands for the witnesses' threads: they answer one after another, each at once."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@contextmanager
def without_luck(chance: Chance, clock: Clock) -> Iterator[None]:
    """What is opened here draws from this chance, starts by this clock, asks witnesses in turn."""
    with (
        patch("secrets.token_bytes", chance),
        patch("mingma.opening.clock_of", lambda _: clock),
        patch("mingma.flows.ask_witnesses.ThreadPoolExecutor", AtOnce),
    ):
        yield


def lay_log_key(keys: Path) -> None:
    """The log's key, the same each time: the public policy names it, and lots rest on roots."""
    key = Ed25519PrivateKey.from_private_bytes(b"machine".ljust(32))
    write_secret(keys / LOG_KEYS[0], pem(key))

"""`mingma serve`: pages and API of one instance, from its database."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import uvicorn

from mingma.app import Instance
from mingma.flows.full_head import SignerSilent
from mingma.ledger import independence
from mingma.opening import open_instance
from mingma.serving import create_app
from mingma.settings import Settings, read_settings, settings_of


def serve(*, host: str | None = None, port: int | None = None, database: str | None = None) -> int:
    """Serve until interrupted.

    Args:
        host: Where to listen; MINGMA_HOST, else this machine only.
        port: MINGMA_PORT, else 8000.
        database: sqlite:///path or postgresql://…; MINGMA_DATABASE, else mingma.db here.
    """
    settings = with_words(read_settings(os.environ), host=host, port=port, database=database)
    instance = open_instance(settings)
    try:
        try:
            if made := instance.catch_up():
                print(
                    f"new packs, areas or emergency, or a loss: {made} decided anew",
                    file=sys.stderr,
                )
        except SignerSilent as problem:  # codes are shown; a duty of each minute catches up
            print(problem, file=sys.stderr)
        if instance.context.specimen:
            print("specimen: this instance proves nothing", file=sys.stderr)
        policy = instance.context.policy
        for lack in independence.lacks(policy) if policy else ():
            print(f"trust policy: {lack}", file=sys.stderr)
        if settings.sign_in == "development":
            print("development sign-in is on: anybody can be anybody here", file=sys.stderr)
        run(instance)
    finally:
        instance.close()
    return 0


def run(instance: Instance) -> None:
    """Serve an instance at its settings' host and port; returns when asked to stop."""
    # Addresses and paths of visitors are not written down: no access log.
    uvicorn.run(
        create_app(instance),
        host=instance.settings.host,
        port=instance.settings.port,
        access_log=False,
        server_header=False,
    )


def with_words(settings: Settings, **words: str | int | None) -> Settings:
    """The settings with what the command line says instead; raises BadSetting."""
    said = {name: value for name, value in words.items() if value is not None}
    return settings_of({**asdict(settings), **said})

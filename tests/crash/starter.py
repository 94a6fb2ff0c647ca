"""A process that has imported everything and forks one child for each order.

    python -m tests.crash.starter        (with the shim preloaded)

An order a line comes in, what came of it goes out, both as JSON. A child knows nothing that is not
in its folder: it is a new process, without the second of imports.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from mingma.opening import open_instance
from mingma.settings import Settings
from tests.crash import shim, workload

Order = dict[str, Any]
Say = Callable[[Any], None]


def main() -> None:
    warnings.simplefilter("ignore")
    _warm_up()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_forked(json.loads(line))) + "\n")
        sys.stdout.flush()


def _warm_up() -> None:
    """Load what every instance loads: packs, divisions, tables."""
    with tempfile.TemporaryDirectory() as folder:
        made = Settings(database="memory:", keys=folder, packs="cn-henan-2021-08")
        with closing(open_instance(made)) as instance:
            instance.seal()


def _forked(order: Order) -> Order:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _child(order, lambda said: _write(write, said))
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        said = [json.loads(line) for line in pipe]
    _, status = os.waitpid(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "said": said}


def _child(order: Order, say: Say) -> None:
    try:
        _do(order, say)
        code = 0
    except BaseException:  # noqa: BLE001 # whoever gave the order raises it
        say({"broken": traceback.format_exc()})
        code = 1
    os._exit(code)


def _do(order: Order, say: Say) -> None:
    folder = Path(order["folder"])
    if order["do"] == "base":
        workload.base(folder, order["database"])
    elif order["do"] == "run":
        journal = Path(order["journal"]) if order.get("journal") else None
        messages = bool(order["database"])
        shim.arm(folder, shim.Failure(order["failure"]), order["at"], journal, messages=messages)
        counted = lambda said: say({**said, "calls": shim.count()})  # noqa: E731
        workload.run(
            folder, counted, fresh=order["fresh"], name=order["name"],
            closes=order["closes"], database=order["database"],
        )  # fmt: skip
        say({"calls": shim.count()})
    else:
        say(workload.check(folder, order["promises"], order["seen"], order["database"]))


def _write(pipe: int, said: Any) -> None:
    os.write(pipe, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()

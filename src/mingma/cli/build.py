"""`mingma build`: which build this is, for comparing with what an instance says it runs."""

from __future__ import annotations

import json as json_text

from mingma.build import must_be_as_installed, recorded, this_build


def build(*, json: bool = False) -> int:
    """Print the id of this build; refuse if the installed files are not those of its RECORD.

    The same source gives the same id, from a checkout or a wheel. An instance says its id at
    /readyz and, whenever it changes, in its log: a `key.rotate` leaf of `build`.

    Args:
        json: Print JSON; errors as JSON too.
    """
    must_be_as_installed()
    id = this_build().hex()
    print(json_text.dumps({"build": id, "installed": bool(recorded())}) if json else id)
    return 0

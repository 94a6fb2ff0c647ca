"""What several commands read alike: packs by id, facts, an area list."""

from __future__ import annotations

from pathlib import Path

from mingma.engines.fact_files import FileUnreadable
from mingma.evidence.areas.matching import AreaHistory
from mingma.kernel.errors import Place
from mingma.shipped import divisions, read_area_list


def area_history(path: Path) -> AreaHistory:
    """The area list in a file; raises Malformed or FileUnreadable."""
    try:
        return AreaHistory.of(read_area_list(path), divisions())
    except OSError as error:
        raise FileUnreadable(Place(str(path)), why=error.strerror or str(error)) from None

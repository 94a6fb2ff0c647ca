"""`mingma areas`: the digest of an area list, and its owner's signature over a newer one."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cyclopts import App

from mingma.clock import clock_of
from mingma.evidence.areas.listings import listing_digest
from mingma.flows.area_list import Signed, signature_file, statement
from mingma.kernel.errors import Place
from mingma.key_files import KeyUnreadable, secret
from mingma.keys import SourceKey, parse_key
from mingma.shipped import read_area_list

app = App(name="areas", help="Tell an area list by its digest; sign a newer one, as its owner.")


@app.command
def digest(file: Path) -> int:
    """Print the digest that a list's leaf names.

    Args:
        file: An area list, CSV or gzip of it.
    """
    print(listing_digest(read_area_list(file)))
    return 0


@app.command
def sign(file: Path, *, id: str, key: Path, at: str = "") -> int:
    """Write FILE.sig: an instance that finds it beside its list publishes that list at its start.

    Args:
        file: An area list, CSV or gzip of it.
        id: The source that signs, registered for `area_stay`.
        key: Its private Ed25519 key, PEM.
        at: The instant that is signed; now, if left out. Lists go on from earlier to later.
    """
    private = parse_key(secret(key, None), key)
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnreadable(Place(str(key), field="key"))
    now = clock_of(at)()
    said = statement(id, now, listing_digest(read_area_list(file)))
    made = file.with_name(f"{file.name}.sig")
    made.write_bytes(signature_file(Signed(id, now, SourceKey(private).sign(said))))
    print(made)
    return 0

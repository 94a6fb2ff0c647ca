"""What makes an instance a witness, in files beside its other keys; read once, at the start.

`witnessed/*.vkey`: the keys of the logs it watches, one a line, each named as its log's origin.
`witness.key` and `witness.mldsa.key`: its own Ed25519 and ML-DSA-44 keys, made if there is a log to
watch and no key; what to give to logs and verifiers stands beside them, one a line, in
`witness.vkey`. Used for nothing else, since an Ed25519 cosignature does not cover its name.
*Trusted*: whoever reads a key can cosign in the witness's name, which makes no fork believed until
a quorum of witnesses is lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mingma.flows.witness import Cosigner, Witness
from mingma.kernel.errors import Place
from mingma.key_files import MAX_KEY_FILE, publish
from mingma.key_files import KeyUnreadable as FileUnreadable
from mingma.keys import quantum_key, source_key
from mingma.ledger.note import KeyType, KeyUnreadable, VerifierKey, parse_key
from mingma.ledger.witnessing import LOG_KEYS

WATCHED: Final = "witnessed"  # the folder of keys of the logs that are watched
NAME: Final = "witness.{domain}/w1"


def load_witness(folder: Path, organ: str) -> Witness | None:
    """The witness that an instance of this organ is; None where it has no log to watch."""
    logs = witnessed_logs(folder / WATCHED)
    if not logs:
        return None
    return Witness(own_keys(folder, organ), logs)


def own_keys(folder: Path, organ: str) -> tuple[Cosigner, Cosigner]:
    """The witness's two keys in a folder, made if there are none, with `witness.vkey` beside them.

    Raises KeyNotWritten where they cannot be kept: nothing was signed with them then.
    """
    classical = source_key(folder / "witness.key")
    quantum = quantum_key(folder / "witness.mldsa.key")
    name = NAME.format(domain=organ.partition("/")[0])
    keys = (
        VerifierKey(name, KeyType.ED25519_COSIGNATURE, classical.public),
        VerifierKey(name, KeyType.MLDSA44_COSIGNATURE, quantum.public),
    )
    publish(folder / "witness.vkey", "".join(f"{key}\n" for key in keys).encode())
    return Cosigner(keys[0], classical.sign), Cosigner(keys[1], quantum.sign)


def witnessed_logs(folder: Path) -> dict[str, tuple[VerifierKey, ...]]:
    """The keys in a folder's `.vkey` files by origin; KeyUnreadable names file and line."""
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for path in sorted(folder.glob("*.vkey")):
        for number, line in enumerate(_text(path).splitlines(), start=1):
            key = _log_key(line, path, number)
            logs[key.name] = (*logs.get(key.name, ()), key)
    return logs


def _log_key(line: str, path: Path, number: int) -> VerifierKey:
    place = Place(str(path), number)
    try:
        key = parse_key(line)
    except KeyUnreadable as refusal:
        raise KeyUnreadable(place, **refusal.details) from None
    if key.type not in LOG_KEYS:
        raise KeyUnreadable(place, why="type")
    return key


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE).decode()
    except (OSError, UnicodeDecodeError):
        raise FileUnreadable(Place(str(path))) from None

"""A key of the issuer or a witness is replaced, and a leaf says so once."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from mingma.flows.replace_key import KeyKind, NotAPublishedKey, act_of, replace_key
from mingma.ledger.leaf import Kind, parse
from mingma.witness_keys import own_keys
from tests.instances import NOW, Stage
from tests.unit.ledger.published import ed25519


@pytest.fixture
def published(scene: Stage, tmp_path: Path) -> dict[KeyKind, bytes]:
    """What everybody gets of both keys."""
    own_keys(tmp_path, "henan.example/codes")
    (certificate,) = (Path(scene.instance.settings.keys) / "trust").glob("*.pem")
    witness = (tmp_path / "witness.vkey").read_bytes()
    return {KeyKind.ISSUER: certificate.read_bytes(), KeyKind.WITNESS: witness}


def say(scene: Stage, what: KeyKind, data: bytes) -> bool:
    with scene.instance.acting() as unit:
        i = scene.instance
        return replace_key(unit, i.desk, i.context.organ, what, data, NOW)


@pytest.mark.parametrize("what", KeyKind)
def test_a_key_is_replaced_with_a_leaf_that_ends_nothing(
    scene: Stage, published: dict[KeyKind, bytes], what: KeyKind
) -> None:
    assert say(scene, what, published[what])
    with scene.instance.store.read() as unit:
        size, _ = unit.head()
        entries = unit.leaves(0, size)
        assert unit.index_of(act_of(what, published[what]), 0) == size - 1
    leaf, _ = parse(entries[-1])
    assert (leaf.kind, leaf.what, leaf.origin) == (Kind.KEY_ROTATE, what.value, None)
    assert leaf.digest == sha256(published[what]).digest()
    scene.instance.log.must_not_have_ended()
    assert scene.instance.reconcile() == []
    assert not say(scene, what, published[what])
    assert scene.instance.log.newest.size == size


def test_what_is_no_published_key_is_refused_and_nothing_is_written(
    scene: Stage, published: dict[KeyKind, bytes]
) -> None:
    before = scene.instance.log.newest.size
    keys = Path(scene.instance.settings.keys)
    issuer, witness = published[KeyKind.ISSUER], published[KeyKind.WITNESS]
    log = (keys / "log.vkey").read_bytes()
    other = f"{ed25519(b'x' * 32, 'witness.other.example/w1', 4)[0]}\n".encode()
    for what, data in (
        (KeyKind.ISSUER, (keys / "issuer.pem").read_bytes()),  # the secret is in it
        (KeyKind.ISSUER, issuer + issuer),
        (KeyKind.ISSUER, issuer[:-1]),
        (KeyKind.ISSUER, b"# ours\n" + issuer),
        (KeyKind.ISSUER, issuer.replace(b"\n", b"\r\n")),
        (KeyKind.ISSUER, b""),
        (KeyKind.ISSUER, witness),
        (KeyKind.WITNESS, issuer),
        (KeyKind.WITNESS, log),  # a log's key is replaced by ending the log
        (KeyKind.WITNESS, witness[:-1]),
        (KeyKind.WITNESS, witness + other),
        (KeyKind.WITNESS, b"\xff\n"),
        (KeyKind.WITNESS, b""),
    ):
        with pytest.raises(NotAPublishedKey, match=what.value):
            say(scene, what, data)
    assert scene.instance.log.newest.size == before

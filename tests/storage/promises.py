"""The sentences of ports.py and records.py and the names of the tests that keep them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.paths import SOURCE

FILES = ("ports", "records")
# Ports whose adapters live elsewhere; their sentences are tested there:
# keys.py, witness_client.py, engines/passkeys.py.
ELSEWHERE = {
    "Signer", "WitnessClient", "WitnessSilent", "Passkeys", "Passkey", "PasskeyRefused", "Proved",
}  # fmt: skip


def sentences() -> Iterator[tuple[str, str]]:
    """(where, sentence) for every sentence of every docstring in the two files."""
    for name in FILES:
        tree = ast.parse((SOURCE / f"{name}.py").read_text(encoding="utf-8"))
        yield from _split(name, tree)
        yield from _of_classes(tree)


def _of_classes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name not in ELSEWHERE:
            yield from _split(node.name, node)
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    yield from _split(f"{node.name}.{member.name}", member)


def _split(
    where: str, node: ast.Module | ast.ClassDef | ast.FunctionDef
) -> Iterator[tuple[str, str]]:
    text = " ".join((ast.get_docstring(node) or "").split())
    for sentence in re.split(r"(?<=[.]) (?=[A-Z`])", text):
        if sentence:
            yield where, sentence


def name_of(sentence: str) -> str:
    """The name of the test that a sentence is."""
    return "test_" + re.sub(r"[^0-9a-z]+", "_", sentence.lower()).strip("_")

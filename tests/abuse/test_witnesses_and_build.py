"""Whose word it is: witnesses under one command, and a build that is not the source.

Z31, Z62, Z78.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from mingma import build
from mingma.build import BuildDiffers
from mingma.flows.cosigned import GRACE
from mingma.flows.known_builds import KnownBuilds
from mingma.flows.publish_build import BUILD
from mingma.kernel.canonical import b64url
from mingma.ledger.leaf import Kind
from mingma.settings import Settings
from mingma.trust_policy import PolicyUnfit
from tests.abuse.case import Cases, answers, held_and_broken
from tests.abuse.scene import Scene, leaves
from tests.instances import Hands
from tests.under_policy import Watched, infected, make_witnesses, settings_under
from tests.unit.ledger.hierarchies import ONE_EACH, policy

CASES = Cases()
CACHES = shutil.ignore_patterns(build.CACHES)
INDEPENDENT = answers("mingma.ledger.independence.lacks", ())

# -- Z62: witnesses of one ministry


@CASES.case("Z62", breaks=INDEPENDENT)
def five_witnesses_under_one_organ_are_told_to_be_no_quorum(scene: Scene) -> None:
    file = scene.folder / "policy"
    for one_ministry in (
        {f"office-{n}": (f"w{n}.command.example",) for n in range(5)},
        {"ministry": tuple(f"w{n}.example" for n in range(5))},
    ):
        file.write_bytes(policy(one_ministry, "all", needs="any"))
        status, said = scene.run("witness", "policy", file)
        assert status == 1, said
    file.write_bytes(policy(ONE_EACH, "4"))
    assert scene.run("witness", "policy", file)[0] == 0


@CASES.case("Z62", breaks=INDEPENDENT)
def where_independence_is_asked_for_they_start_no_instance(scene: Scene) -> None:
    make_witnesses(scene.folder, Hands(), count=5, needs=4)  # five names, and one hierarchy
    with pytest.raises(PolicyUnfit) as refused:
        scene.start(settings_under(scene.folder, hierarchies="independent"))
    assert refused.value.details == {"why": "independence"}


# -- Z78: the program is not the published one


@contextmanager
def installed(scene: Scene) -> Iterator[Path]:
    """The package as a wheel lays it out, with its RECORD, taken for what runs."""
    site = scene.folder / "site"
    package = Path(shutil.copytree(build.PACKAGE, site / "mingma", ignore=CACHES))
    shutil.copytree(build.shelf(), package / "packs", dirs_exist_ok=True)
    info = site / "mingma-0.1.0.dist-info"
    info.mkdir()
    lines = [
        f"{name},sha256={b64url(digest)},\n"
        for name, digest in build.digests(package, package / "packs").items()
    ]
    (info / "RECORD").write_text("".join(lines))
    (info / "METADATA").write_text("Name: mingma\nVersion: 0.1.0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "PACKAGE", package)
        patch.setattr(build, "shelf", lambda: package / "packs")
        patch.setattr(build, "distribution", lambda _: Distribution.at(info))
        yield package


@CASES.case("Z78", breaks=answers("mingma.opening.must_be_as_installed", None))
def one_line_changed_in_the_installed_package_starts_nothing(scene: Scene) -> None:
    settings = Settings(database="memory:", keys=str(scene.folder / "keys"))
    with installed(scene) as package:
        scene.start(settings)
        rules = package / "rules" / "explain.py"
        rules.write_text(rules.read_text("utf-8").replace("def ", "def  ", 1), "utf-8")
        with pytest.raises(BuildDiffers) as refused:
            scene.start(settings)
    assert refused.value.details == {"file": "mingma/rules/explain.py"}


@CASES.case("Z78", breaks=answers("mingma.duties.keep_build", value=False))
def another_build_is_a_leaf_of_the_log_and_its_id_is_public(scene: Scene) -> None:
    here = scene.watched()
    shown = scene.client(here).get("/readyz").json()["build"]
    assert scene.run("build") == (0, f"{shown}\n")
    with pytest.MonkeyPatch.context() as patch:
        here.instance.keep_duties()
        here.instance.keep_duties()  # once a build
        patch.setattr("mingma.duties.this_build", lambda: b"b" * 32)
        here.instance.keep_duties()
    said = [one.digest for one in leaves(here, Kind.KEY_ROTATE) if one.what == BUILD]
    assert said == [bytes.fromhex(shown), b"b" * 32]


# -- Z31: a patched program that signs normally


def ask_for_known_builds(scene: Scene, here: Watched, *known: bytes) -> None:
    """Every witness reads the public files, and has these builds on its list."""
    http = scene.client(here).http

    def read(path: str) -> bytes | None:
        answer = http.get(f"/ledger/{path}")
        return answer.content if answer.status_code == 200 else None

    origin = here.instance.log.keys[0].name
    for one in here.witnesses.witnesses:
        one.know(KnownBuilds(frozenset(known), {origin: read}))


@CASES.case("Z31", breaks=answers("mingma.flows.known_builds.KnownBuilds.must_be_known", None))
def what_an_unknown_build_decides_is_cosigned_by_no_witness_that_asks_for_it(scene: Scene) -> None:
    here = scene.watched()
    honest, patched = build.this_build(), b"b" * 32
    ask_for_known_builds(scene, here, honest)
    here.instance.keep_duties()
    here.send(infected(), source="lab-1")
    assert here.colour("p-ann") == "red"  # the published build's is cosigned as ever
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mingma.duties.this_build", lambda: patched)
        here.instance.keep_duties()
    here.send(infected("i2", "p-bob"), source="lab-1")
    here.clock.forward(GRACE)
    assert not here.instance.ask_witnesses()
    assert here.colour("p-bob") == "green"
    ask_for_known_builds(scene, here, honest, patched)  # their operators looked, and know it now
    assert here.instance.ask_witnesses()


test_holds, test_would_fail_without_its_control = held_and_broken(CASES)

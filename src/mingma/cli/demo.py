"""`mingma demo`: load the frozen city, replay the area list, decide, serve; or tell a story."""

from __future__ import annotations

import json as json_module
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mingma.app import Instance
from mingma.city import shipped_city
from mingma.cli.serve import run
from mingma.demo.load import Replay
from mingma.demo.people import demo_people
from mingma.demo.story import must_be_told, play
from mingma.demo.telling import Lang, Telling
from mingma.flows.dispute_check_in import OWN_PHONE_S, own_check_ins
from mingma.kernel.errors import Malformed, Place
from mingma.kernel.times import Instant, parse_instant, print_instant
from mingma.opening import open_instance
from mingma.settings import Settings
from mingma.shipped import demo_area_listings

DAY = "2022-10-22"  # a lively one: many listings in Henan, a mass ending two days later
PACKS = "cn-henan-2021-08"
FOLDER = Path("demo-data")
MARKER = ".mingma-demo"  # a folder without it is not ours to clear


class NotOurFolder(Malformed):
    """A folder that holds something else than an earlier demo."""

    slug = "demo.folder_in_use"
    zh = "文件夹 `{value}` 里有别的东西"
    en = "the folder `{value}` holds something else than an earlier demo"
    remedy_zh = "请换一个空文件夹(--folder)"
    remedy_en = "name an empty folder with --folder"


def demo(
    *,
    folder: Path | None = None,
    day: str = DAY,
    host: str = "127.0.0.1",
    port: int = 8000,
    serve: bool = True,
    fresh: bool = True,
    story: str = "",
    lang: Lang = "both",
    json: bool = False,
) -> int:
    """Try everything on one machine: a specimen that proves nothing.

    With --story nothing is served: what was done in Zhengzhou in 2022 is tried on an instance made
    for it, and told step by step. The exit status is 0 if every fact told was measured to hold.

    Args:
        folder: Where database and demo keys go; an earlier demo there is replaced. `demo-data`,
            or for a story a folder that is removed afterwards.
        day: The day to replay up to (its noon), 2022-09-20 to 2022-10-31.
        host: Where to listen.
        port: Where to listen.
        serve: Serve when loaded; --no-serve stops there.
        fresh: Load anew; --no-fresh serves what an earlier demo loaded.
        story: A story to tell: `zhengzhou`.
        lang: In which language the story is told; both, Chinese first.
        json: Print what to open, or what was told, as a JSON object.
    """
    if story:
        return _tell(story, folder, Telling(lang, aloud=not json))
    folder = folder or FOLDER
    now = parse_instant(f"{day}T12:00:00+08:00", "day")
    loaded = (folder / MARKER).exists() and (folder / "demo.db").exists()
    if fresh or not loaded:
        _clear(folder)
    instance = open_instance(_settings(folder, now, host, port), listings=demo_area_listings())
    try:
        if fresh or not loaded:
            _load(instance, now)
            (folder / MARKER).write_text(f"{day}\n", "utf-8")
        instance.know_areas(now)
        _say(instance, folder, as_json=json)
        if serve:
            run(instance)
    finally:
        instance.close()
    return 0


def _tell(story: str, folder: Path | None, told: Telling) -> int:
    """Play a story; 0 if all it told held."""
    must_be_told(story)
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            play(story, Path(made), told)
    else:
        _clear(folder)
        (folder / MARKER).write_text(f"{story}\n", "utf-8")
        play(story, folder, told)
    if not told.aloud:
        print(told.as_json(story), flush=True)
    return 0 if told.holds else 1


def _settings(folder: Path, now: Instant, host: str, port: int) -> Settings:
    return Settings(
        database=f"sqlite:///{folder / 'demo.db'}",
        keys=str(folder / "keys"),
        organ="henan.example/command",
        origin="ledger.henan.example/codes/2022",
        region="410000",
        packs=PACKS,
        host=host,
        port=port,
        sign_in="development",
        clock=print_instant(now),
    )


def _clear(folder: Path) -> None:
    """Make room for a new demo; refuses a folder that holds anything else."""
    made = ("demo.db", "story.db", "honest.db", "edited.db")
    ours = {"keys", MARKER, *made, *(f"{db}-{end}" for db in made for end in ("wal", "shm"))}
    try:
        if folder.exists():
            if {path.name for path in folder.iterdir()} - ours:
                raise NotOurFolder(Place(str(folder)), value=folder)
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise NotOurFolder(Place(str(folder)), value=f"{folder}: {error.strerror}") from None


def _load(instance: Instance, now: Instant) -> None:
    """Replay the frozen city with a progress bar, and note whom one can be."""
    begun = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[day]}")
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("replaying the city", total=None, day="")

        def progress(what: str, done: int, of: int) -> None:
            bar.update(task, total=of, completed=done, day=f"{what} {done}/{of}")

        residents = Replay(instance, shipped_city(), now, progress).run()
    with instance.store.write() as unit:
        decisions = unit.decisions_in_force(list(residents))

        def checked_in(ref: str) -> bool:
            found = own_check_ins(unit, ref, now)
            return {one.grade == OWN_PHONE_S for one in found} == {True, False}

        for record in demo_people(decisions, residents, now, checked_in):
            unit.add_record(record)
    print(f"loaded in {time.monotonic() - begun:.0f} s", file=sys.stderr)


def _say(instance: Instance, folder: Path, *, as_json: bool) -> None:
    address = f"http://{instance.settings.host}:{instance.settings.port}"
    with instance.store.read() as unit:
        people = [json_module.loads(r.body) for r in unit.records("demo_person")]
        counts = dict(unit.statistics())
    if as_json:
        said = {"address": address, "people": people, "counts": counts, "folder": str(folder)}
        print(json_module.dumps(said, ensure_ascii=False, indent=2), flush=True)
        return
    print("\n明码 demo, a specimen: it proves nothing.")
    print(f"  its clock began at {instance.settings.clock}; --no-fresh keeps what was done in it")
    print("  " + ", ".join(f"{number} {what}" for what, number in counts.items()))
    print(f"\n  {address}/            start page: be one of")
    for person in people:
        print(f"      {person['name']}  {person['note']}")
    print(f"  {address}/code        the person's own code")
    print(f"  {address}/gate        check a code: text or picture")
    print(f"  {address}/import      a messy line list, previewed")
    print(f"  {address}/packs       the rules in readable form")
    print(f"  {address}/places      where a code may be asked for")
    print(f"  {address}/log         the public log;  {address}/public  statistics and alarms")
    print(f"  {address}/schema/openapi.json  the interface for programs\n", flush=True)

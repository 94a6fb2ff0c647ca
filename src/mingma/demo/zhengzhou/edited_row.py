"""Afterwards somebody with all rights on the machine edits one row; the audit names it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from mingma.demo.zhengzhou.cast import DEPOSITORS, FRAMED
from mingma.demo.zhengzhou.scene import Scene
from mingma.flows.reconcile import Found, reconcile
from mingma.flows.vouched_rows import VouchedStore
from mingma.storage import open_store


def edited_row(scene: Scene, folder: Path) -> None:
    """Put another's red decision in the place of a green one, in a copy of the stopped file."""
    told = scene.told
    told.step("停机后直接改数据库一行", "Somebody edits one row of the stopped database")
    honest, edited = folder / "honest.db", folder / "edited.db"
    for copy in (honest, edited):
        shutil.copy(folder / "story.db", copy)
    victim = DEPOSITORS[-1]
    link = sqlite3.connect(edited)
    link.execute(
        "UPDATE decision SET body = (SELECT replace(body, ?, ?) FROM decision WHERE sid = ?"
        " AND body LIKE '%red%' LIMIT 1) WHERE sid = ?",
        (FRAMED[0], victim, FRAMED[0], victim),
    )
    link.commit()
    link.close()
    before, after = _audit(scene, honest), _audit(scene, edited)
    told.fact(
        before == [], "改之前,审计没有任何发现。", "Before it, the audit finds nothing amiss."
    )
    named = [one for one in after if one.subject == victim]
    leaf = next((one.index for one in named if one.index is not None), None)
    told.fact(
        bool(named) and leaf is not None and {one.subject for one in after} <= {victim},
        f"改之后,审计点名被改的那一行,对应日志叶 {leaf},且只有这一行。",
        f"After it, the audit names that very row, of leaf {leaf}, and no other.",
    )


def _audit(scene: Scene, database: Path) -> list[Found]:
    context = scene.here.instance.context
    store = VouchedStore(open_store(f"sqlite:///{database}"), context.evidence_key)
    try:
        with store.read() as unit:
            return list(reconcile(unit, context, scene.here.clock()))
    finally:
        store.close()

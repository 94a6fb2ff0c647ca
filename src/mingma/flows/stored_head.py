"""The head that a database stores: a signed checkpoint over its leaves, read or refused.

Beside it stand the last heads of the logs that this one goes on from, as they were published.
Nothing here looks at a signature: `seal` does, and `reconcile_heads` for all of them.
"""

from __future__ import annotations

from typing import Final

from mingma.kernel.errors import Broken, Malformed
from mingma.ledger.checkpoint import Checkpoint, parse_checkpoint
from mingma.ledger.note import Note, parse_note
from mingma.ports import Unit

HANDED_OVER: Final = "handed_over"  # the kind of records that are last heads, by their size


class HeadBroken(Broken):
    """The stored leaves or the log's keys do not fit the stored head: nothing is sealed on top.

    `why` is one of unsigned, signature, origin, size, root.
    """

    slug = "ledger.head_broken"
    zh = "日志条目与树头不符(大小 {size}:`{why}`)"
    en = "the stored log does not fit its stored head (size {size}: `{why}`)"
    remedy_zh = "停止封存并核查数据库与日志密钥"
    remedy_en = "stop sealing and examine the database and the log's key"


class HeadBehind(Broken):
    """The database does not reach, or contradicts, a head that was signed before.

    It is an older copy, an empty one, or somebody edited it. `why` is one of behind, history.
    """

    slug = "ledger.head_behind"
    zh = "数据库只有 {size} 片叶,而已签出的树头为 {signed} 片(`{why}`):数据库是旧备份或被改动"
    en = (
        "the database has {size} leaves, but a head of {signed} was signed before (`{why}`):"
        " it is an older copy, or was changed"
    )
    remedy_zh = (
        "请恢复较新的数据库;确已丢失者,由机关办理认损手续(ledger accept-loss);"
        "新样本请另用密钥文件夹"
    )
    remedy_en = (
        "bring the newer database back; where it is lost, follow the procedure of an acknowledged"
        " loss (ledger accept-loss); a new specimen takes another folder of keys"
    )


class HeadOfEarlierSpecimen(Broken):
    """A head from before heads were signed. Only specimens have one; they are loaded anew."""

    slug = "ledger.head_of_earlier_specimen"
    zh = "数据库为早期样本,其树头未经签名(大小 {size})"
    en = "the database is an earlier specimen's: its head is not signed (size {size})"
    remedy_zh = "请重新载入样本数据(mingma demo 会自动重建)"
    remedy_en = "load the specimen anew; `mingma demo` does so by itself"


def earlier_logs(unit: Unit) -> list[Checkpoint]:
    """The last checkpoints of the logs that this database's log goes on from, the oldest first."""
    return [stored_head(note, size)[1] for size, note in last_heads(unit)]


def last_heads(unit: Unit) -> list[tuple[int, bytes]]:
    """Their sizes, and their last heads as they were published."""
    kept = unit.records_under(HANDED_OVER, "")
    return [(int(one.id), one.body) for one in kept if one.id.isdecimal()]


def stored_head(head: bytes, size: int) -> tuple[Note, Checkpoint]:
    """The note and checkpoint in a stored head, of that size; its signature is not looked at."""
    if head.startswith(b"{"):
        raise HeadOfEarlierSpecimen(size=size)
    try:
        note = parse_note(head)
        checkpoint = parse_checkpoint(note.text)
    except Malformed:
        raise HeadBroken(size=size, why="unsigned") from None
    if checkpoint.size != size:
        raise HeadBroken(size=size, why="size")
    return note, checkpoint

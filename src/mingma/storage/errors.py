"""What can be wrong with a store as such: not with a record in it (that is in records).

No message holds a password: addresses are shown without one.
"""

from __future__ import annotations

from mingma.kernel.errors import Broken, Malformed, Unavailable


class UnknownAddress(Malformed):
    """An address of no store we have."""

    slug = "store.unknown_address"
    zh = "`{value}` 不是可用的存储地址"
    en = "`{value}` is no address of a store"
    remedy_zh = "可用:memory:、sqlite:///文件路径、postgresql://主机/数据库"
    remedy_en = "write memory:, sqlite:///path or postgresql://host/database"


class CannotOpen(Unavailable):
    """The file cannot be opened, written, or is no database."""

    slug = "store.cannot_open"
    zh = "无法打开数据库文件 `{file}`:{why}"
    en = "the database file `{file}` cannot be opened: {why}"
    remedy_zh = "请核对路径、文件夹是否存在及读写权限"
    remedy_en = "check the path, that its folder exists, and the rights to write there"


class ServerAway(Unavailable):
    """The database server does not answer, or went away in the middle."""

    slug = "store.server_away"
    zh = "数据库服务器 `{server}` 没有应答:{why}"
    en = "the database server `{server}` does not answer: {why}"
    remedy_zh = "请核对地址并稍后再试;已出的码在其到期前照常有效"
    remedy_en = "check the address and try later; codes already given stay good until their end"


class DriverMissing(Unavailable):
    """PostgreSQL is asked for and psycopg is not installed."""

    slug = "store.driver_missing"
    zh = "未安装 PostgreSQL 驱动 psycopg"
    en = "the PostgreSQL driver psycopg is not installed"
    remedy_zh = "请安装 mingma[postgres]"
    remedy_en = "install mingma[postgres]"


class NewerDatabase(Unavailable):
    """The database was migrated by a newer release than this one."""

    slug = "store.newer"
    zh = "数据库的结构版本 `{revision}` 比本程序新"
    en = "the database has revision `{revision}`, which this release does not know"
    remedy_zh = "请升级程序;旧程序不得写新库"
    remedy_en = "upgrade the program; an older one must not write a newer database"


class Busy(Unavailable):
    """Another writer had its turn for too long."""

    slug = "store.busy"
    zh = "等候写入逾 {seconds} 秒"
    en = "waited more than {seconds} s for a turn to write"
    remedy_zh = "请稍后再试;本次未写入任何内容"
    remedy_en = "try again later; nothing of this was written"


class StoreFailed(Unavailable):
    """The disk is full, a file is damaged, a right is missing: what the database itself reports."""

    slug = "store.failed"
    zh = "数据库出错:{why}"
    en = "the database failed: {why}"
    remedy_zh = "请查看数据库;本次未写入任何内容,已有的码不受影响"
    remedy_en = "look at the database; nothing of this was written and no code changes by it"


class UnreadableDecision(Broken):
    """A kept decision does not read back: somebody edited it."""

    slug = "store.unreadable_decision"
    zh = "已存的决定无法读回"
    en = "a kept decision does not read back"
    remedy_zh = "请核对存储与日志;在此之前不得出示或加重该码"
    remedy_en = "check the store against the log; until then no code is shown or made worse on it"

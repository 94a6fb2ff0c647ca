"""Settings, read once: `MINGMA_*` from the environment, over a TOML file named by MINGMA_FILE.

An unknown key refuses to start: a misspelt safeguard must not pass for a set one. Secrets are
files, never settings. No setting relaxes a rule.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from mingma.kernel.errors import Malformed, Place
from mingma.ledger.checkpoint import MAX_ORIGIN
from mingma.ledger.text import is_name

PREFIX: Final = "MINGMA_"
ELSEWHERE: Final = frozenset({"FILE", "TEST_DATA"})  # not settings of an instance


class BadSetting(Malformed):
    """A setting that does not exist, or a value it does not take."""

    slug = "settings.bad"
    zh = "设置 `{key}` 有误:{why}"
    en = "the setting `{key}` is wrong: {why}"
    remedy_zh = "可用的设置:{known}"
    remedy_en = "the settings are: {known}"


@dataclass(frozen=True, slots=True)
class Settings:
    """One instance's settings; the defaults are a specimen on this machine."""

    database: str = "sqlite:///mingma.db"  # or postgresql://…
    keys: str = "keys"  # folder of key files, made on first start with mode 0700
    organ: str = "specimen.example/command"  # the deciding organ's name in leaves
    origin: str = "ledger.specimen.example/codes"  # the log's name; the next log has another
    region: str = "410000"  # the issuing jurisdiction, GB/T 2260
    packs: str = "cn-henan-2021-08"  # ids in order, separated by commas
    signer: str = ""  # the socket of who holds the log's keys; empty: they are in `keys`
    policy: str = ""  # a trust policy file (c2sp tlog-policy); empty: a specimen, proves nothing
    hierarchies: str = "any"  # `independent`: refuse a policy whose witnesses are not
    areas: str = ""  # an area list, CSV; empty: what organs state only
    host: str = "127.0.0.1"
    port: int = 8000
    sign_in: str = "off"  # `development` shows a list of people to be: for specimens only
    rp_id: str = "specimen.example"  # the domain that officers' passkeys are registered for
    staff_origin: str = "https://specimen.example"  # the address their browsers show
    publish: str = ""  # a folder kept up to date with the log's public files; empty: none
    clock: str = ""  # a fixed start instant for the demo's replay; empty: the real clock


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment and the file it names; raises BadSetting."""
    found: dict[str, Any] = {}
    if file := environment.get(PREFIX + "FILE"):
        found.update(_file(Path(file)))
    for name, value in environment.items():
        if name.startswith(PREFIX) and (key := name.removeprefix(PREFIX)) not in ELSEWHERE:
            found[key.lower()] = value
    return settings_of(found)


def settings_of(found: Mapping[str, Any]) -> Settings:
    """Settings from named values; raises BadSetting."""
    known = {field.name for field in fields(Settings)}
    for key in found:
        if key not in known:
            raise _bad(key, "there is no such setting")
    values = dict(found)
    if "port" in values:
        values["port"] = _port(values["port"])
    if values.get("sign_in", "off") not in ("off", "development"):
        raise _bad("sign_in", "it is `off` or `development`")
    if values.get("hierarchies", "any") not in ("any", "independent"):
        raise _bad("hierarchies", "it is `any` or `independent`")
    for key, value in values.items():
        if key != "port" and not isinstance(value, str):
            raise _bad(key, "it takes a text")
    settings = Settings(**values)
    if settings.policy and settings.sign_in == "development":
        raise _bad("sign_in", "it is `off` where there is a trust policy")
    if not is_name(settings.origin) or len(settings.origin.encode()) > MAX_ORIGIN:
        raise _bad("origin", f"it takes a name without spaces or +, at most {MAX_ORIGIN} bytes")
    return settings


def _port(value: object) -> int:
    text = str(value)
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise _bad("port", "it takes a number from 0 to 65535")
    return int(text)


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(
            Place(str(path)), key="file", why=str(error), known="a TOML file"
        ) from None


def _bad(key: str, why: str) -> BadSetting:
    known = ", ".join(field.name for field in fields(Settings))
    return BadSetting(Place(field=key), key=key, why=why, known=known)

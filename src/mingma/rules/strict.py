"""Reading a pack file strictly: every key is asked for once, leftovers are refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mingma.kernel.errors import Malformed, Place

MAX_NUMBER: Final = 100_000  # days or hours: no rule lasts longer, and no instant overflows


class BadPack(Malformed):
    """A pack file that says something the format has no word for."""

    slug = "pack.bad"
    zh = "规则包有误:{why}"
    en = "the pack is wrong: {why}"
    remedy_zh = "见 docs/formats/pack.md"
    remedy_en = "see docs/formats/pack.md"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """The words in `zh` or `en`."""
        return self.zh if lang == "zh" else self.en


class Keys:
    """A mapping of a file being read: every key asked for once, leftovers refused by name."""

    def __init__(self, value: Any, file: str, path: str) -> None:
        self.file, self.path = file, path
        if not isinstance(value, dict):
            raise BadPack(Place(file, field=path or None), why="a mapping is wanted here")
        self._value: dict[str, Any] = value
        self._left = dict.fromkeys(value)

    def __iter__(self) -> Iterator[str]:
        """The keys; whoever walks them has asked for all of them."""
        self._left.clear()
        return iter(list(self._value))

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def wrong(self, why: str, key: str = "") -> BadPack:
        """The refusal, naming file and key."""
        return BadPack(Place(self.file, field=self._name(key) or None), why=why)

    def _name(self, key: str) -> str:
        return ".".join(part for part in (self.path, key) if part)

    def raw(self, key: str, default: Any = ...) -> Any:
        """The value of a key, required unless a default is given."""
        self._left.pop(key, None)
        if key in self._value:
            return self._value[key]
        if default is ...:
            raise self.wrong(f"the key `{key}` is missing", key)
        return default

    def text(self, key: str, default: Any = ...) -> str:
        """A text that is not empty."""
        value = self.raw(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.wrong("a text is wanted here", key)
        return value

    def word(self, key: str, words: tuple[str, ...], default: Any = ...) -> str:
        """One of a closed list."""
        value = self.text(key, default)
        if value not in words:
            raise self.wrong(f"`{value}` is none of: {', '.join(words)}", key)
        return value

    def number(self, key: str, default: Any = ...) -> int:
        """A whole number from 0, written plainly; the default is not looked at."""
        value = self.raw(key, default)
        if isinstance(value, int):
            return value
        number = whole(value)
        if number is None:
            raise self.wrong(f"`{value}` is not a whole number from 0 to {MAX_NUMBER}", key)
        return number

    def yes(self, key: str) -> bool:
        """`yes` or `no`; absent means no."""
        return self.word(key, ("yes", "no"), "no") == "yes"

    def texts(self, key: str, default: Any = ..., *, some: bool = True) -> tuple[str, ...]:
        """One text or a list of texts; `some`: a list that is written is not empty."""
        value = self.raw(key, default)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(
            isinstance(item, str) and item for item in items
        ):
            raise self.wrong("a text or a list of texts is wanted here", key)
        if some and not items and items is not default:
            raise self.wrong("the list is empty", key)
        return tuple(items)

    def below(self, key: str, default: Any = ...) -> Keys:
        """A mapping below."""
        return Keys(self.raw(key, default), self.file, self._name(key))

    def rows(self, key: str, default: Any = ...) -> list[Keys]:
        """A list of mappings below; one mapping counts as a list of one."""
        value = self.raw(key, default)
        items = [value] if isinstance(value, dict) else value
        if not isinstance(items, (list, tuple)):
            raise self.wrong("a list is wanted here", key)
        if not items and items is not default:
            raise self.wrong("the list is empty", key)
        return [Keys(v, self.file, f"{self._name(key)}[{i}]") for i, v in enumerate(items)]

    def both(self, key: str, default: Any = ...) -> Text:
        """Words in both languages."""
        keys = self.below(key, default) if key else self
        text = Text(keys.text("zh"), keys.text("en"))
        keys.done()
        return text

    def done(self) -> None:
        """Refuse keys nobody asked for."""
        for key in self._left:
            known = ", ".join(sorted(set(self._value) - set(self._left))) or "none"
            raise self.wrong(f"the key `{key}` is not known here; known: {known}", key)


def whole(text: object) -> int | None:
    """The whole number up to MAX_NUMBER that a text writes as it would be printed, or None."""
    if not isinstance(text, str) or not 0 < len(text) <= len(str(MAX_NUMBER)):
        return None
    if not (text.isascii() and text.isdecimal()) or str(int(text)) != text:
        return None
    return int(text) if int(text) <= MAX_NUMBER else None

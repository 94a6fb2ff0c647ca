"""Reads a served page as a browser would, as far as the tests ask."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

HAN = re.compile("[\u3400-\u9fff]")
VOID = frozenset("area base br col embed hr img input link meta source track wbr path rect".split())


@dataclass
class Page(HTMLParser):
    """What a page loads, where its forms go, and its text by language."""

    loads: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    tokens: int = 0
    inline: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    labelled: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    words: list[tuple[str, str]] = field(default_factory=list)
    stack: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        lang = given.get("lang") or (self.stack[-1][1] if self.stack else "")
        if tag not in VOID:
            self.stack.append((tag, lang))
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("for", "aria-labelledby", "aria-describedby"):
            self.labelled += given.get(name, "").split()
        for name in ("src", "srcset", "poster", "data"):
            if name in given:
                self.loads.append((tag, given[name]))
        if tag == "link":
            self.loads.append((tag, given["href"]))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append(given)
        if tag == "input" and given.get("name") == "form_token":
            self.tokens += 1
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID, f"</{tag}>"
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack[-1][0] == tag, f"</{tag}> closes <{self.stack[-1][0]}>"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self.stack:
            self.words.append((self.stack[-1][1], data.strip()))

    def untranslated(self) -> list[str]:
        """Chinese words in an English page that are not marked as Chinese."""
        return [text for lang, text in self.words if lang == "en" and HAN.search(text)]


def read(html: str) -> Page:
    """The page; every tag closes the one it should."""
    page = Page()
    page.feed(html)
    page.close()
    assert page.stack == []
    return page


def plain(html: str) -> str:
    """The words of a page, one space between them."""
    return " ".join(text for _, text in read(html).words)

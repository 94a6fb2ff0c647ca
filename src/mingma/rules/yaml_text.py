"""YAML with every scalar a text: `no` stays `no`, 2021-08 stays 2021-08.

Refuses duplicate keys, anchors, tags, characters that no store keeps, and more than one document.
Types are given where a word's meaning is known, in `rules/pack.py`.
"""

from __future__ import annotations

from typing import Any, cast

import yaml

from mingma.kernel.errors import Malformed, Place


class NotYaml(Malformed):
    """A file that is not the plain YAML packs are written in."""

    slug = "pack.not_yaml"
    zh = "不是规则包所用的 YAML:{why}"
    en = "not the plain YAML packs are written in: {why}"
    remedy_zh = "见 docs/formats/pack.md"
    remedy_en = "see docs/formats/pack.md"


class _Text(yaml.BaseLoader):
    """BaseLoader leaves scalars as text; this one also refuses what could mean two things."""

    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
            raise yaml.constructor.ConstructorError(
                None, None, "the text is not valid UTF-8", node.start_mark
            )
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{name}` stands twice", key.start_mark
                )
            seen.add(name)
        return cast(dict[Any, Any], super().construct_mapping(node, deep=True))

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.composer.ComposerError(
                None, None, "anchors and aliases are not used here", event.start_mark
            )
        if getattr(event, "tag", None):
            raise yaml.composer.ComposerError(
                None, None, "tags are not used here", event.start_mark
            )
        return super().compose_node(parent, index)


def read_yaml(text: str, file: str) -> Any:
    """The value of one document; texts, lists and mappings only. Raises NotYaml."""
    try:
        return yaml.load(text, Loader=_Text)  # noqa: S506 - texts, lists and mappings only
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise NotYaml(Place(file, line), why=str(error.problem)) from None
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise NotYaml(Place(file), why=str(error)[:120]) from None

"""How a story is told: steps, sentences in Chinese and English, and facts that must hold.

A sentence that claims something carries what was measured: told without holding, it is marked, and
the story ends with exit status 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Lang = Literal["both", "zh", "en"]
HOLDS: Final = "✔"
FAILS: Final = "✘"


@dataclass(slots=True)
class Telling:
    """One story being told; `aloud` prints while it happens, else it is kept for JSON."""

    lang: Lang = "both"
    aloud: bool = True
    steps: list[dict[str, Any]] = field(default_factory=list)
    table: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every fact that was told held; a story without facts proves nothing."""
        said = [line["holds"] for step in self.steps for line in step["lines"]]
        facts = [one for one in said if one is not None]
        return bool(facts) and all(facts)

    def step(self, zh: str, en: str) -> None:
        """The next step begins."""
        self.steps.append({"zh": zh, "en": en, "lines": []})
        self._print(f"\n{len(self.steps)}. ", zh, en)

    def say(self, zh: str, en: str) -> None:
        """What happens, without a claim."""
        self._line(zh, en, None)

    def fact(self, held: bool, zh: str, en: str) -> None:
        """What holds, measured just now."""
        self._line(zh, en, held)

    def end(self, rows: Mapping[str, tuple[str, str, object]]) -> None:
        """The table at the end: by name, what it is in Chinese and in English, and the figure."""
        self.table = {name: value for name, (_, _, value) in rows.items()}
        if not self.aloud:
            return
        print()
        for zh, en, value in rows.values():
            words = {"zh": zh, "en": en, "both": f"{zh} / {en}"}[self.lang]
            print(f"  {value!s:>6}  {words}")

    def as_json(self, story: str) -> str:
        """Everything told, as JSON."""
        said = {"story": story, "holds": self.holds, "steps": self.steps, "table": self.table}
        return json.dumps(said, ensure_ascii=False, indent=2)

    def _line(self, zh: str, en: str, held: bool | None) -> None:
        self.steps[-1]["lines"].append({"zh": zh, "en": en, "holds": held})
        mark = " " if held is None else HOLDS if held else FAILS
        self._print(f"   {mark} ", zh, en)

    def _print(self, before: str, zh: str, en: str) -> None:
        if not self.aloud:
            return
        if self.lang != "en":
            print(f"{before}{zh}")
        if self.lang != "zh":
            print(f"{before if self.lang == 'en' else ' ' * len(before.lstrip(chr(10)))}{en}")

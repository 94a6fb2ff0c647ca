"""A clause's conditions, phases and ends read out as sentences, from the values that decide.

Nothing is added to the rule and nothing left out: a word the catalogue lacks stands as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from mingma.evidence.areas.divisions import Divisions
from mingma.evidence.channels import KINDS
from mingma.kernel.words import Colour
from mingma.rules.conditions import field_type
from mingma.rules.explain import COLOURS, NOTICES
from mingma.rules.ground import Area, Condition, Ground, Is, Match, Other, Phase, Stay, Value
from mingma.rules.grounds import REASONS
from mingma.web.texts import known, say


@dataclass(frozen=True, slots=True)
class PhaseWords:
    """One phase: its colour (None: a notice), what it gives, when, and its measure."""

    colour: Colour | None
    gives: str
    when: str
    measure: str


@dataclass(frozen=True, slots=True)
class GroundWords:
    """One class of a clause in words."""

    id: str
    title: str
    applies: tuple[str, ...]
    phases: tuple[PhaseWords, ...]
    ends: tuple[str, ...]
    final_test: bool
    gives_way_to: str


class Reader:
    """Reads grounds out in one language."""

    def __init__(self, lang: str, divisions: Divisions) -> None:
        self.lang, self._divisions = lang, divisions
        self._say = partial(say, lang)

    def ground(self, ground: Ground) -> GroundWords:
        """The ground in words."""
        return GroundWords(
            id=ground.id,
            title=ground.title_zh if self.lang == "zh" else ground.title_en,
            applies=tuple(self._applies(ground)),
            phases=tuple(self._phase(phase) for phase in ground.phases),
            ends=tuple(self._word("release", word) for word in ground.release.split("|")),
            final_test=ground.final_test,
            gives_way_to=self.list(ground.gives_way_to),
        )

    def kind(self, kind: str) -> str:
        """What a kind of evidence is called."""
        if kind not in KINDS:
            return self._say("kind.unknown")
        return KINDS[kind].zh if self.lang == "zh" else KINDS[kind].en

    def measure(self, measure: str) -> str:
        """A measure, in English where the catalogue has it."""
        return self._word("measure", measure) if measure else ""

    def notice(self, kind: str) -> str:
        """What a kind of notice says."""
        zh, en = NOTICES[kind]
        return zh if self.lang == "zh" else en

    def colour(self, colour: Colour) -> str:
        """A colour's word inside a sentence."""
        zh, en = COLOURS[colour]
        return zh if self.lang == "zh" else en

    def published(self, word: str) -> str:
        """What a source gives: a colour's name, or the source's own word."""
        return self._word("word", word)

    def reason(self, slug: str) -> str:
        """Why a rule is refused, narrowed or empty."""
        zh, en = REASONS[slug]
        return zh if self.lang == "zh" else en

    def narrowed(self, ground: Ground) -> tuple[str, str]:
        """What a narrowed ground's source gives, and why it is less here."""
        return self.published(ground.narrowed["from"]), self.reason(ground.narrowed["reason"])

    def list(self, items: Iterable[str]) -> str:
        """Several words, one after the other."""
        return self._say("say.list").join(items)

    # -- when it applies

    def _applies(self, ground: Ground) -> Iterable[str]:
        if ground.when:
            yield self._match(ground.when)
        if ground.area:
            yield from self._area(ground.area)
        if ground.absence:
            kind = self.kind(ground.absence.kind)
            yield self._say("say.absence", days=ground.absence.days, kind=kind)
        if ground.admits:
            yield self._say("say.admits", matches=self._matches(ground.admits))
        for word, others in (("needs", ground.needs), ("unless", ground.unless)):
            yield from (self._other(word, other) for other in others)

    def _matches(self, matches: Iterable[Match]) -> str:
        return self._say("say.or").join(map(self._match, matches))

    def _match(self, match: Match) -> str:
        kind = self.kind(match.kind)
        parts = [self._condition(match.kind, one) for one in match.all_of]
        if match.any_of:
            choices = self._say("say.or").join(
                self._say("say.list").join(self._condition(match.kind, one) for one in choice)
                for choice in match.any_of
            )
            parts.append(self._say("say.any_of", choices=choices))
        if not parts:
            return kind
        return self._say("say.match", kind=kind, conditions=self._say("say.and").join(parts))

    def _condition(self, kind: str, condition: Condition) -> str:
        field = self._word("field", condition.field)
        shape = field_type(kind, condition.field)[0]
        if shape == "yes" and condition.test in (Is.ONE_OF, Is.NOT):
            yes = condition.values == (True,)
            straight = yes == (condition.test is Is.ONE_OF)
            return self._say("say.yes" if straight else "say.not_yes", field=field)
        if condition.test is Is.ANY and not condition.values:
            return self._say("say.any.some", field=field)
        values = self._say("say.or").join(self._value(shape, value) for value in condition.values)
        return self._say(f"say.{condition.test.value}", field=field, values=values)

    def _value(self, shape: str, value: Value) -> str:
        if shape == "region":
            return self._region(str(value))
        if isinstance(value, float):
            return f"{value:g}"
        return self._word("word", str(value))

    def _region(self, code: str) -> str:
        """A division by name and code; the names are Chinese in either language."""
        names = self._divisions.names(code.ljust(6, "0"))
        if names is None:
            return code
        whole = (names.province, names.city, names.county)
        return f"{''.join(dict.fromkeys(whole))}({code})"

    def _area(self, area: Area) -> Iterable[str]:
        levels = self._say("say.or").join(self._word("word", level) for level in area.levels)
        inside = "open" if area.stay is Stay.OPEN else "ended"
        yield self._say(f"say.area.{inside}", levels=levels)
        if area.look_back is not None:
            yield self._say("say.look_back", days=area.look_back)

    def _other(self, word: str, other: Other) -> str:
        matches = self._matches(other.matches)
        if other.hours is None:
            return self._say(f"say.{word}", matches=matches)
        return self._say(f"say.{word}.within", matches=matches, hours=other.hours)

    # -- what it gives

    def _phase(self, phase: Phase) -> PhaseWords:
        if phase.colour is not None:
            gives = self.colour(phase.colour)
        else:
            gives = self._say("say.notice", notice=self.notice(phase.notice or "measure"))
        return PhaseWords(
            phase.colour,
            gives,
            self._say("say.and").join(self._times(phase)),
            self.measure(phase.measure),
        )

    def _times(self, phase: Phase) -> Iterable[str]:
        if phase.inside:
            yield self._say("say.phase.inside")
        elif phase.hours is not None:
            yield self._say("say.phase.hours", hours=phase.hours)
        elif phase.last is None:
            always = phase.first == 0
            yield self._say("say.phase.always" if always else "say.phase.from", first=phase.first)
        elif phase.first == phase.last:
            yield self._say("say.phase.day", first=phase.first)
        else:
            yield self._say("say.phase.days", first=phase.first, last=phase.last)
        if phase.after != ("at",):
            yield self._say("say.phase.after", instants=self._instants(phase.after))
        if phase.stops:
            yield self._say("say.phase.stops", instants=self._instants(phase.stops))
        if phase.clean_reports:
            yield self._say("say.phase.clean", count=phase.clean_reports)

    def _instants(self, names: Iterable[str]) -> str:
        return self._say("say.or").join(self._word("field", name) for name in names)

    def _word(self, family: str, word: str) -> str:
        key = f"{family}.{word}"
        return self._say(key) if known(key) else word

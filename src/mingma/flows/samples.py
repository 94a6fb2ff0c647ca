"""A positive result is bound to one sample of one laboratory, and the sample to one person.

Nobody is anybody's case on a result without a sample (Z16): a live positive names the number that
the sample was examined under. The number is used up by its result: the same one again, for another
result or about another person, is refused. Kept by a digest, which no page shows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from mingma.evidence.model import Fact
from mingma.kernel.canonical import canonical
from mingma.kernel.errors import Place, Refused
from mingma.kernel.times import Instant
from mingma.ports import Unit
from mingma.records import Record

SAMPLE: Final = "sample"  # records `<digest of laboratory and number>/<kind>/<fact>`


class NoSample(Refused):
    """A positive result or an infection that names no sample."""

    slug = "sample.missing"
    zh = "阳性结果和感染记录须写明样本编号 `data.sample`"
    en = "a positive result or an infection names its sample in `data.sample`"
    remedy_zh = "填写样本编号;由其他实验室检测的,另填 `data.laboratory`"
    remedy_en = "give the sample's number, and `data.laboratory` where another one examined it"


class SampleUsed(Refused):
    """A sample that has its result already, or is another person's."""

    slug = "sample.used"
    status = 409
    zh = "此样本编号已用于另一结果或另一人"
    en = "this sample's number was used for another result or another person"
    remedy_zh = "核对样本编号;复检另采样本"
    remedy_en = "check the number; a retest takes a new sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample's number and whose laboratory gave it."""

    laboratory: str
    number: str

    @property
    def digest(self) -> str:
        """The name it is kept by."""
        return hashlib.sha256(canonical([self.laboratory, self.number])).hexdigest()


def sample_of(fact: Fact) -> Sample | None:
    """The sample a fact names; its laboratory is the source where none is named."""
    data: Any = fact.data
    number = getattr(data, "sample", None)
    if number is None:
        return None
    return Sample(data.laboratory or fact.id.partition("/")[0], number)


def needs_sample(fact: Fact) -> bool:
    """Whether a fact says that somebody is infected."""
    data: Any = fact.data
    return fact.kind == "infection" or (fact.kind == "test" and data.result == "positive")


def check_sample(fact: Fact) -> None:
    """Refuse a positive without a sample; raises NoSample."""
    if needs_sample(fact) and sample_of(fact) is None:
        raise NoSample(Place(field="data.sample"))


@dataclass(slots=True)
class Samples:
    """The samples of one batch, each bound once; `write` keeps them."""

    unit: Unit
    _bound: dict[str, Record] = field(default_factory=dict)

    def bind(self, fact: Fact, now: Instant) -> None:
        """Bind the sample of a positive to its person; raises SampleUsed."""
        sample = sample_of(fact)
        if sample is None or not needs_sample(fact):
            return
        id = f"{sample.digest}/{fact.kind}/{fact.id}"
        # The last one is asked for first: nobody else binds this sample until our unit ends.
        last = self.unit.last_record(SAMPLE, f"{sample.digest}/")
        kept = self.unit.records_under(SAMPLE, f"{sample.digest}/") if last else ()
        mine = [one for one in self._bound.values() if one.id.startswith(f"{sample.digest}/")]
        for record in (*kept, *mine):
            other = record.id != id
            tested = other and record.id.split("/")[1] == fact.kind == "test"
            if tested or json.loads(record.body)["of"] != _whose(sample, fact):
                raise SampleUsed(Place(field="data.sample"))
        if any(record.id == id for record in kept):
            return  # the very record, come again after its person was erased
        self._bound[id] = Record(SAMPLE, id, now, canonical({"of": _whose(sample, fact)}))

    def write(self) -> None:
        """Keep what was bound."""
        for record in self._bound.values():
            self.unit.add_record(record)


def _whose(sample: Sample, fact: Fact) -> str:
    """The person as she is kept beside a sample: what stays when she is erased names nobody."""
    return hashlib.sha256(canonical([sample.digest, fact.subject])).hexdigest()

"""What was wrong with a form, said beside it: the form comes back with everything typed in it."""

from __future__ import annotations

from dataclasses import dataclass

from mingma.kernel.errors import Broken, Problem


@dataclass(frozen=True, slots=True)
class Complaint:
    """A refusal in the visitor's language, and the field it is about, if about one."""

    sentence: str
    remedy: str
    slug: str
    field: str
    status: int


def complaint_of(problem: Problem, lang: str) -> Complaint:
    """The complaint a form shows; what is broken here is no form's fault and is raised on."""
    if isinstance(problem, Broken):
        raise problem
    field = problem.place.field or ""
    said, remedy = problem.sentence(lang), problem.remedy(lang)
    return Complaint(said, remedy, problem.slug, field, problem.status)

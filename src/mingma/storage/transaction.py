"""A transaction in SQL: how a statement is run, what a refusal of the driver becomes.

A driver's error becomes one of the port's in one place, and spoils the transaction: after a refused
write nothing of it can be kept. Knows no table.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any

from mingma.kernel.errors import Problem
from mingma.records import Misused
from mingma.storage.rows import Row


class Transaction(ABC):
    """One transaction on one connection; turns, commits and the driver are each adapter's own."""

    def __init__(self, *, writes: bool) -> None:
        self._writes = writes
        self._open = True
        self._spoiled = False

    # -- what an adapter adds

    @abstractmethod
    def _run(self, text: str, row: Sequence[Any]) -> Any:
        """A cursor after one statement."""

    @abstractmethod
    def _run_many(self, text: str, rows: Sequence[Row]) -> int:
        """How many rows a statement changed, run for each of the parameters."""

    @abstractmethod
    def _among(self, values: Collection[str]) -> Any:
        """Several values as one parameter."""

    @abstractmethod
    def refusal(self, error: Exception, what: str) -> Problem | None:
        """The port's error for a driver's, or None if it is not the driver's."""

    @abstractmethod
    def _settle(self) -> None:
        """Find out what must be known before anything else is asked or done."""

    # -- the two ways to the database

    def _read(self, text: str, *row: Any) -> list[Row]:
        self._settle()
        return self._look(text, *row)

    def _read_of(self, text: str, values: Collection[str], *before: Any) -> list[Row]:
        """Read what a statement says of several values, its last parameter."""
        return self._read(text, *before, self._among(values))

    def _look(self, text: str, *row: Any) -> list[Row]:
        """Read, whatever is left to settle."""
        if not self._open:
            raise Misused(how="a unit was used after its end")
        try:
            return self._run(text, row).fetchall()  # type: ignore[no-any-return] # the driver's own
        except Exception as error:
            raise self._spoil(error, "record") from error

    def _write(self, what: str, text: str, written: Sequence[Row]) -> int:
        """How many rows were written; `what` names the records in a refusal."""
        self._settle()
        return self._put(what, text, written)

    def _put(self, what: str, text: str, written: Sequence[Row]) -> int:
        self._check_writing()
        try:
            if len(written) == 1:
                return self._run(text, written[0]).rowcount  # type: ignore[no-any-return]
            return self._run_many(text, written) if written else 0
        except Exception as error:
            raise self._spoil(error, what) from error

    def _check_writing(self) -> None:
        if not self._open:
            raise Misused(how="a unit was used after its end")
        if not self._writes:
            raise Misused(how="a write through a unit that only reads")

    def _spoil(self, error: Exception, what: str) -> Exception:
        self._spoiled = True
        return self.refusal(error, what) or error

    def _refuse(self, problem: type[Problem], what: str) -> Problem:
        self._spoiled = True
        return problem(what=what)

    def _insist(
        self, written: int, wanted: int, otherwise: Callable[..., Problem], what: str
    ) -> None:
        if written != wanted:
            self._spoiled = True
            raise otherwise(what=what)

    def _check_unspoiled(self) -> None:
        if self._spoiled:
            raise Misused(how="a unit went on after one of its writes was refused")

    def end(self) -> None:
        """Refuse any later use."""
        self._open = False

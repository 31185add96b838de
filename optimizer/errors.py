"""Everything that can go wrong, told apart.

OptimizerError
├── UsageError            the command line was used wrongly (exit 2)
├── InputError            the case is not valid; carries every Finding (exit 3)
├── UnsolvableError       infeasible or unbounded (exit 4)
├── NoPlanError           a limit came before any plan was found (exit 5)
├── StaleError            a saved plan no longer matches its case (exit 7)
├── LockedError           another run holds the store (exit 6)
├── OutputError           a file or the store cannot be written (exit 8)
├── AuditError            the plan failed its audit; nothing is published (exit 9)
└── SolverError           the solver failed or contradicted itself (exit 1)
"""

from dataclasses import dataclass
from enum import Enum, IntEnum


class Exit(IntEnum):
    """Exit codes of the command line; schedules depend on them."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    INPUT = 3
    UNSOLVABLE = 4
    LIMIT = 5
    LOCKED = 6
    STALE = 7
    OUTPUT = 8
    AUDIT = 9
    CHANGED = 10
    INTERRUPTED = 130


class Level(Enum):
    """How bad a finding is: an error stops the run, a warning is shown and the run goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing wrong: where it is, what was found, what was expected, and how to mend it.

    `when` is the quarter it is about, such as 2027Q1, where the reader of findings must know; else it is empty.
    """

    place: str
    found: str
    expected: str
    cure: str
    level: Level = Level.ERROR
    when: str = ""

    def __str__(self) -> str:
        cure = self.cure if self.cure.endswith("?") else f"{self.cure}."
        return f"{self.level.value.upper()} {self.place}: {self.found}. Expected {self.expected}. Fix: {cure}"


class OptimizerError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = Exit.FAULT


class UsageError(OptimizerError):
    exit_code = Exit.USAGE


class InputError(OptimizerError):
    """The case is not valid; `findings` holds all that is wrong with it."""

    exit_code = Exit.INPUT

    def __init__(self, findings: "list[Finding] | tuple[Finding, ...]") -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class UnsolvableError(OptimizerError):
    exit_code = Exit.UNSOLVABLE


class NoPlanError(OptimizerError):
    exit_code = Exit.LIMIT


class StaleError(OptimizerError):
    exit_code = Exit.STALE


class LockedError(OptimizerError):
    exit_code = Exit.LOCKED


class OutputError(OptimizerError):
    exit_code = Exit.OUTPUT


class AuditError(OptimizerError):
    """The plan failed its audit; `findings` holds every broken limit and every dollar that does not tie."""

    exit_code = Exit.AUDIT

    def __init__(self, findings: "list[Finding] | tuple[Finding, ...]") -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class SolverError(OptimizerError):
    exit_code = Exit.FAULT

"""What commands share: a case read with its warnings shown, and what is asked of the solver."""

import argparse
import sys

from optimizer.case.case import Case
from optimizer.errors import InputError, UsageError
from optimizer.load import read_case
from optimizer.request import Engine, Request
from optimizer.tables.source import DatabaseUrl, Source


def read(path: Source) -> Case:
    """The case; its warnings go to standard error. Raises InputError with every finding of one that is not valid."""
    case, findings = read_case(path)
    if case is None:
        raise InputError(findings)
    for finding in findings:
        print(finding, file=sys.stderr)
    return case


def place(given: Source) -> str:
    """Where a case is, as another day finds it: an absolute path, or an address without its password."""
    return str(given) if isinstance(given, DatabaseUrl) else str(given.resolve())


def requested(arguments: argparse.Namespace) -> Request:
    """What the options of a command that may split a tree ask of the solver.

    Raises UsageError where a cluster is named for what is never split.
    """
    if arguments.cluster is not None and Engine(arguments.decompose) is Engine.WHOLE:
        raise UsageError("one program is solved here, on no cluster. Fix: leave --cluster or --decompose never out")
    return Request(
        arguments.gap,
        arguments.time_limit,
        arguments.threads,
        arguments.seed,
        engine=Engine(arguments.decompose),
        cluster=arguments.cluster,
    )

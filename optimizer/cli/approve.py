"""`optimizer approve`: make a draft the approved plan, or reject it."""

import argparse

from optimizer.case.case import Case
from optimizer.cli.case import read
from optimizer.errors import Exit, InputError, StaleError, UsageError
from optimizer.replan.approve import approve
from optimizer.replan.process import user
from optimizer.store import Run, Store
from optimizer.tables.source import source


def run(arguments: argparse.Namespace) -> Exit:
    """Approve or reject; says what became of the run."""
    by = arguments.by or user()
    why = arguments.why.strip()
    if not why:
        raise UsageError("--why is empty. Fix: say why, for whoever reads the record later")
    with Store.open(arguments.store) as store:
        kept = store.run(arguments.run)
        if arguments.reject:
            with store.lock(arguments.wait, by):
                store.reject(kept.number, by, why)
            print(f"run {kept.number} is rejected")
            return Exit.DONE
        case = None if arguments.inputs_not_compared else _inputs(arguments, kept)
        if case is None:
            why += " (inputs not compared)"
        before = store.approved()
        approve(store, kept.number, case, by, why, arguments.wait)
    print(f"run {kept.number} is approved: from now on it is the state of the world")
    if before is not None:
        print(f"run {before.number} is superseded")
    return Exit.DONE


def _inputs(arguments: argparse.Namespace, kept: Run) -> Case:
    """The case as it is now, where the run was made from, or where the user says."""
    place = arguments.case or source(kept.source)
    try:
        return read(place)
    except InputError as error:
        if arguments.case is not None:
            raise
        raise StaleError(
            f"the inputs of run {kept.number} cannot be read at {place} ({error.findings[0].found}). "
            "Fix: name the case with --case, or approve without comparing by --inputs-not-compared"
        ) from error

"""`optimizer fit`: what past series say of their uncertainty, shown, or stated in a new case."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, fields

from optimizer.amend import require_new, write_amended
from optimizer.case.uncertainty import Correlation, PastValue, Process, Uncertainty
from optimizer.cli.case import read
from optimizer.cli.text import table
from optimizer.errors import Exit, UsageError
from optimizer.uncertainty.estimate import Estimated, Fit, Pair, fit, pairs
from optimizer.uncertainty.fitting import Move, fitted
from optimizer.uncertainty.history import Every, read_history

AUTO = "auto"
YEARLY = ("volatility", "growth", "speed")


def run(arguments: argparse.Namespace) -> Exit:
    """Print the estimates; with a case, write another in which they are stated."""
    writes = (arguments.case is not None, arguments.out is not None, bool(arguments.move))
    if any(writes) and not all(writes):
        raise UsageError("a case is written from --case, --move and --out together. Fix: give all three, or none")
    process = None if arguments.process == AUTO else Process(arguments.process)
    history = read_history(arguments.history, Every(arguments.every))
    if arguments.case is None:
        fits = tuple(fit(history, name, None if process is Process.PAST else process) for name in history.names)
        print(_document(fits, pairs(fits), ()) if arguments.json else text(fits, pairs(fits), ()))
        return Exit.DONE
    require_new(arguments.out)
    case = read(arguments.case)
    found = fitted(case, history, [Move.parse(text) for text in arguments.move], process, arguments.with_trend)
    write_amended(found.case, (Uncertainty, Correlation, PastValue), case.source, arguments.out, found.notes)
    shown = _document if arguments.json else text
    print(shown(found.fits, found.pairs, found.moved))
    if not arguments.json:
        print(arguments.out)
    return Exit.DONE


def _document(fits: Sequence[Fit], found: Sequence[Pair], moved: Sequence[str]) -> str:
    """The estimates as JSON."""
    names = [field.name for field in fields(Fit) if field.name != "steps"]
    series = [{name: _plain(getattr(one, name)) for name in names} for one in fits]
    record = {
        "schema": "optimizer/fit@1",
        "series": series,
        "correlations": [asdict(pair) for pair in found],
        "correlations_moved": list(moved),
    }
    return json.dumps(record, indent=2)


def _plain(value: object) -> object:
    if isinstance(value, Estimated):
        return asdict(value)
    return value.value if isinstance(value, Process) else value


def text(fits: Sequence[Fit], found: Sequence[Pair], moved: Sequence[str]) -> str:
    """The estimates, each with its standard error, for a terminal."""
    heads = ("series", "taken for", "changes", "up", "down", "from", "to", *(f"{name} a year" for name in YEARLY))
    lines = [table((*heads, "level"), [_row(one) for one in fits]), *(_returns(one) for one in fits)]
    if found:
        rows = [(f"{pair.first}, {pair.second}", _shown(pair.correlation, 2), str(pair.count)) for pair in found]
        lines += ["", table(("unexplained changes together", "correlation", "changes"), rows)]
    if moved:
        lines += ["", "moved to the nearest correlations that can be true together:", *moved]
    return "\n".join(lines)


def _returns(one: Fit) -> str:
    """(FIT-4) in words."""
    if one.returns < one.point:
        return f"{one.series}: returns to a level (Dickey-Fuller {one.returns:.2f}, below {one.point:.2f})"
    return f"{one.series}: no return to a level is seen (Dickey-Fuller {one.returns:.2f}, not below {one.point:.2f})"


def _row(one: Fit) -> tuple[str, ...]:
    estimates = (one.volatility, one.growth, one.speed, one.level)
    counts = (str(one.count), str(one.rises), str(one.falls), one.first, one.last)
    return one.series, one.process.value, *counts, *(_shown(estimate, 3) for estimate in estimates)


def _shown(estimate: Estimated | None, digits: int) -> str:
    return "" if estimate is None else f"{estimate.value:.{digits}f} ± {estimate.error:.{digits}f}"

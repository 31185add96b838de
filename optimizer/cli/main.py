"""Arguments of every command. Imports only what the command that runs needs, so that `--help` answers at once."""

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from optimizer.errors import Exit, InputError, OptimizerError
from optimizer.tables.source import source

CASE = "an .xlsx workbook, a folder of CSV files, or a database such as sqlite:///case.db"
Command = Callable[[argparse.Namespace], Exit]
Number = TypeVar("Number", int, float)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Result on standard output, progress and errors on standard error."""
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    if arguments is None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(_command(parsed.command)(parsed))
    except InputError as error:
        count = len(error.findings)
        _say("1 finding:" if count == 1 else f"{count} findings:")
        for finding in error.findings:
            _say(f"  {finding}")
        return error.exit_code
    except OptimizerError as error:
        _say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted; nothing was written")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.OUTPUT
    except Exception:
        _say(traceback.format_exc())
        _say("this is a fault of ours: please report the lines above and, if you can, the case")
        return Exit.FAULT


def _command(name: str) -> Command:
    return import_module(f"optimizer.cli.{name}").run


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """Every command and its arguments."""
    parser = argparse.ArgumentParser(
        prog="optimizer",
        description="Which GPU blocks to sign, which options to exercise and what to buy on spot, "
        "within power, budget and demand.",
        epilog="Exit codes: 0 done, 2 usage, 3 invalid input, 4 infeasible or unbounded, 5 time limit, "
        "6 another run holds the store, 7 stale plan, 8 output not writable, 9 audit failed, 10 changed: look (replan, "
        "diff --exit-code), 130 interrupted, 1 a fault of ours.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _solve(commands)
    _case_commands(commands)
    _plan_commands(commands)
    _replan(commands)
    _approve(commands)
    _runs(commands)
    _backtest(commands)
    _value(commands)
    _frontier(commands)
    _scenarios(commands)
    _fit(commands)
    _stability(commands)
    _stress(commands)
    _schedule(commands)
    return parser


def _solve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    solve = commands.add_parser("solve", help="read a case, solve it, audit the plan and write the plan folder")
    solve.add_argument("case", type=source, help=CASE)
    solve.add_argument("--out", type=Path, help="plan folder (default: the case's name with -plan, here)")
    _searched(solve, "in the solver")
    _engine(solve)
    solve.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="split the tree, keep what is known in FILE, go on from it"
    )
    solve.add_argument("--solver", metavar="NAME", help="any solver Pyomo knows, instead of HiGHS through arrays")
    solve.add_argument("--start", type=Path, metavar="PLAN", help="a plan folder to start the search from")
    solve.add_argument("--scenario", metavar="NAME", help="solve one scenario of the case as if it were certain")
    solve.add_argument("--mps", type=Path, metavar="FILE", help="write the program as MPS and stop before solving")
    _json(solve)


def _case_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser("check", help="every finding of a case, without solving")
    check.add_argument("case", type=source, help=CASE)
    _json(check)
    init = commands.add_parser("init", help="write a blank or example input workbook")
    init.add_argument("file", type=Path, help="the .xlsx workbook to write")
    init.add_argument("--example", metavar="NAME", help="fill it with a shipped example, e.g. tutorial")
    init.add_argument("--first-quarter", default="2027Q1", metavar="Q", help="first quarter of a blank workbook")
    init.add_argument("--quarters", type=_count, default=12, help="quarters of a blank workbook (default: 12)")
    convert = commands.add_parser("convert", help="workbook, CSV folder and database into each other, without loss")
    convert.add_argument("source", type=source, help=CASE)
    convert.add_argument("target", type=source, help="the other container: a .xlsx name, a folder, or a database")
    schema = commands.add_parser("schema", help="print the reference of every table, or the JSON schema of a case")
    schema.add_argument("--json", action="store_true", help="the JSON schema")
    schema.add_argument("--formulation", action="store_true", help="the mathematics of every contract type and rule")


def _plan_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    audit = commands.add_parser("audit", help="recompute every limit and dollar of a saved plan, without solving")
    audit.add_argument("plan", type=Path, help="a plan folder")
    _json(audit)
    report = commands.add_parser("report", help="write workbook and page of a saved plan again, without solving")
    report.add_argument("plan", type=Path, help="a plan folder")
    export = commands.add_parser("export", help="a plan's tables into a database, its commitments into a FOCUS file")
    export.add_argument("plan", type=Path, help="a plan folder")
    export.add_argument("--to", type=source, metavar="URL", help="a database such as sqlite:///plans.db")
    export.add_argument("--focus", type=Path, metavar="FILE", help="a CSV file of FOCUS contract commitments")
    diff = commands.add_parser("diff", help="what changed between two plans, and which input moved it")
    diff.add_argument("before", type=Path, metavar="PLAN_A", help="a plan folder")
    diff.add_argument("after", type=Path, metavar="PLAN_B", help="a plan folder")
    diff.add_argument("--exit-code", action="store_true", help="exit with 10 when a decision changed")
    _json(diff)


def _replan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replan = commands.add_parser("replan", help="replan from the approved plan of the store, and keep a draft")
    replan.add_argument("case", type=source, help=CASE)
    replan.add_argument("--as-of", metavar="Q", help="quarter that is planned from (default: today's)")
    replan.add_argument("--came-true", metavar="NAME", help="the scenario that is what happened (default: the case's)")
    _searched(replan, "in each search")
    _engine(replan)
    replan.add_argument("--out", type=Path, help="write the plan folder, with workbook and page, too")
    _announced(replan)
    _store(replan)
    _wait_by(replan, 3600.0)
    _json(replan)


def _approve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    approve = commands.add_parser("approve", help="make a draft the approved plan, or reject it")
    approve.add_argument("run", type=_count, help="the number of the run")
    approve.add_argument("--why", required=True, help="the reason, kept in the record")
    approve.add_argument("--reject", action="store_true", help="say that the draft will not be approved")
    inputs = approve.add_mutually_exclusive_group()
    inputs.add_argument("--case", type=source, help="the case as it is now (default: where the run read it)")
    inputs.add_argument("--inputs-not-compared", action="store_true", help="approve without the case; it is recorded")
    _store(approve)
    _wait_by(approve, 60.0)


def _runs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    runs = commands.add_parser("runs", help="list, show, compare, export, prune and verify the runs of the store")
    actions = runs.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="runs, the newest first")
    listed.add_argument("--limit", type=_count, help="at most so many")
    listed.add_argument("--state", choices=("draft", "approved", "superseded", "rejected"))
    show = actions.add_parser("show", help="everything that is kept of a run")
    show.add_argument("run", type=_count)
    show.add_argument("--log", action="store_true", help="its log, too")
    compare = actions.add_parser("compare", help="what changed from one run to another")
    compare.add_argument("before", type=_count, metavar="RUN_A")
    compare.add_argument("after", type=_count, metavar="RUN_B")
    export = actions.add_parser("export", help="write a run's plan folder, with workbook and page")
    export.add_argument("run", type=_count)
    export.add_argument("--out", type=Path, required=True, help="plan folder")
    prune = actions.add_parser("prune", help="delete old drafts and rejected runs; what was ever approved stays")
    prune.add_argument("--before", required=True, metavar="DAY", help="such as 2027-01-31")
    prune.add_argument("--dry-run", action="store_true", help="only say which")
    verify = actions.add_parser("verify", help="recompute every kept plan, without solving")
    verify.add_argument("run", type=_count, nargs="?", help="only this one")
    _wait_by(prune, 60.0)
    for action in (listed, show, compare, export, prune, verify):
        _store(action)
    for action in (listed, show, compare):
        _json(action)


def _value(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    value = commands.add_parser("value", help="what foresight, options, more than the mean and a deal are worth")
    value.add_argument("case", type=source, help=f"a case with scenarios ({CASE}), or the folder of its plan")
    deal = "value the firm and the expandable part of this supplier's deal instead, as an option and as a backstop"
    value.add_argument("--deal", metavar="SUPPLIER", help=deal)
    value.add_argument("--out", type=Path, help="plan folder that shows the values (default: that of the plan, if any)")
    _searched(value, "in each search")
    _engine(value)
    _json(value)


def _scenarios(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    scenarios = commands.add_parser("scenarios", help="draw futures from stated uncertainty and keep a tree of them")
    scenarios.add_argument("case", type=source, help=f"a case with uncertainties: {CASE}")
    scenarios.add_argument("--out", type=source, required=True, help="the case with its scenarios: a new container")
    scenarios.add_argument("--replace", action="store_true", help="put them in the place of those the case has")
    _wished(scenarios)
    _json(scenarios)


def _fit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fit = commands.add_parser("fit", help="what past series say of their uncertainty, shown or stated in a case")
    fit.add_argument("history", type=Path, help="a CSV file: dates or quarters, then a column for each series")
    fit.add_argument("--case", type=source, help=f"state it in a copy of this case: {CASE}")
    moves = "what a series moves, such as h100=spot_price/prairie-spot or h100=blocks.price_usd_per_gpu_hour/*"
    fit.add_argument("--move", nargs="+", default=[], metavar="SERIES=TABLE/ROW", help=moves)
    fit.add_argument("--out", type=source, help="the case in which it is stated: a new container")
    fit.add_argument("--every", choices=("quarter", "month"), default="quarter", help="the step (default: quarter)")
    kinds = ("auto", "walk", "reversion", "past")
    taken = "what each series is taken for; past draws its changes again, without any distribution (default: auto)"
    fit.add_argument("--process", choices=kinds, default="auto", help=taken)
    trend = "state growth and level as in the past, too (default: what the case says is expected)"
    fit.add_argument("--with-trend", action="store_true", help=trend)
    _json(fit)


def _stability(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    stability = commands.add_parser("stability", help="how far the optimum hangs on which futures were drawn")
    stability.add_argument("case", type=source, help=f"a case with uncertainties: {CASE}")
    stability.add_argument("--trees", type=_count, default=8, help="trees to solve, each of its seed (default: 8)")
    fresh = "fresh draws in which what they decide is played, in pairs; 0 is none (default: 400)"
    stability.add_argument("--fresh", type=_natural, default=400, help=fresh)
    batches = "batches of independent draws that bound the gap to the best decision; 0 is none (default: 8)"
    stability.add_argument("--batches", type=_natural, default=8, help=batches)
    stability.add_argument("--batch", type=_count, default=20, help="draws in a batch (default: 20)")
    stability.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers play the draws")
    _wished(stability)
    _limited(stability, "in each search")
    _json(stability)


def _wished(parser: argparse.ArgumentParser) -> None:
    """What tree is asked for."""
    parser.add_argument("--page", type=Path, metavar="FILE", help="write a page to look at, such as futures.html")
    parser.add_argument("--draws", type=_count, default=2048, help="futures to draw (default: 2048)")
    many = "futures to keep; with several partings one number, or one for each (default: 50)"
    parser.add_argument("--keep", type=_count, nargs="+", default=[50], metavar="N", help=many)
    when = "quarters in which they part (default: the first in which anything shows)"
    parser.add_argument("--partings", nargs="+", default=[], metavar="Q", help=when)
    parser.add_argument("--seed", type=_natural, default=0, help="seed of the draws (default: 0)")
    how = "add the most useful future, or drop the least useful (default: forward)"
    parser.add_argument("--method", choices=("forward", "backward"), default="forward", help=how)
    weigh = "compare futures by what they do to the cost, or all uncertainties alike (default: cost)"
    parser.add_argument("--weigh", choices=("cost", "alike"), default="cost", help=weigh)
    drawn = "keep futures as they are drawn, not moved so that mean and spread are right"
    parser.add_argument("--as-drawn", action="store_true", help=drawn)
    schemes = ("plain", "antithetic", "sobol")
    scheme = "independent, in mirrored pairs, or evenly spread (default: sobol)"
    parser.add_argument("--scheme", choices=schemes, default="sobol", help=scheme)


def _stress(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    stress = commands.add_parser("stress", help="what becomes of a plan in thousands of drawn futures")
    stress.add_argument("plan", type=Path, help="a plan folder whose case states uncertainties")
    stress.add_argument("--draws", type=_count, default=1000, metavar="N", help="futures to draw (default: 1000)")
    stress.add_argument("--seed", type=_natural, default=0, help="seed of the futures (default: 0)")
    kept = "keep commitments up to this quarter too, or `end`: then only operations react"
    stress.add_argument("--until", metavar="Q", help=kept)
    stress.add_argument("--relax", action="store_true", help="react in shares of blocks: quicker, a bound from below")
    stress.add_argument("--gap", type=_share, help="proven gap of each future's reaction (default: the case's)")
    limit = "most seconds of a future's search (default: the case's)"
    stress.add_argument("--time-limit", type=_seconds, metavar="S", help=limit)
    stress.add_argument("--workers", type=_count, metavar="N", help="worker processes (default: one a core)")
    stress.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers play the futures")
    stress.add_argument("--out", type=Path, help="folder (default: the plan's name with -stress, here)")
    _json(stress)


def _frontier(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    frontier = commands.add_parser("frontier", help="plans from the least expected cost to the least CVaR")
    frontier.add_argument("case", type=source, help=f"a case with scenarios: {CASE}")
    frontier.add_argument("--points", type=_count, default=8, metavar="N", help="most points (default: 8)")
    frontier.add_argument("--out", type=Path, help="folder (default: the case's name with -frontier, here)")
    _searched(frontier, "in each search")
    _json(frontier)


def _backtest(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backtest = commands.add_parser("backtest", help="what replanning would have cost in the past")
    backtest.add_argument("case", type=source, help=f"how it turned out: {CASE}")
    known = "the case as it was known when a past quarter began"
    backtest.add_argument("--history", nargs="+", required=True, metavar="Q=CASE", help=known)
    _searched(backtest, "in each search")
    _json(backtest)


def _searched(parser: argparse.ArgumentParser, time_limit: str) -> None:
    _limited(parser, time_limit)
    parser.add_argument("--seed", type=int, default=0, help="seed of the solver (default: 0)")


def _limited(parser: argparse.ArgumentParser, time_limit: str) -> None:
    parser.add_argument("--gap", type=_share, help="proven relative gap to stop at (default: the case's)")
    limit = f"seconds {time_limit} (default: the case's)"
    parser.add_argument("--time-limit", type=_seconds, metavar="S", help=limit)
    parser.add_argument("--threads", type=_count, help="most threads (default: all)")


def _engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--decompose", choices=("auto", "always", "never"), default="auto", help="split a tree among workers (by size)"
    )
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers solve a tree that is split"
    )


def _schedule(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    schedule = commands.add_parser("schedule", help="write the files that make a scheduler replan")
    kinds = schedule.add_subparsers(dest="scheduler", required=True, metavar="SCHEDULER")
    systemd = kinds.add_parser("systemd", help="a service and its timer")
    cron = kinds.add_parser("cron", help="a line of crontab")
    airflow = kinds.add_parser("airflow", help="a DAG of one task")
    kubernetes = kinds.add_parser("kubernetes", help="a CronJob")
    for kind in (systemd, cron, airflow):
        kind.add_argument("--environment", type=Path, metavar="FILE", help="lines NAME=value, such as OPTIMIZER_STORE")
    kubernetes.add_argument("--image", required=True, help="the image that has the optimizer")
    kubernetes.add_argument("--secret", metavar="NAME", help="a secret whose keys are environment variables")
    kubernetes.add_argument("--claim", metavar="NAME", help="the claim of a volume, mounted at --folder")
    kubernetes.add_argument("--folder", default="/work", help="where the job runs (default: /work)")
    for kind in (systemd, cron, airflow, kubernetes):
        kind.add_argument("case", type=source, help=CASE)
        kind.add_argument("--name", default="cluster-replan", help="name of the job (default: cluster-replan)")
        kind.add_argument("--every", choices=("quarter", "day"), default="quarter", help="how often (default: quarter)")
        kind.add_argument("--at", default="06:00", metavar="HH:MM", help="time of day (default: 06:00)")
        kind.add_argument("--timezone", default="UTC", metavar="ZONE", help="zone of the time (default: UTC)")
        kind.add_argument("--out", type=Path, help="write the plan folder each time, too")
        kind.add_argument("--into", type=Path, metavar="DIR", help="write the files there (default: print them)")
        _store(kind)
        _announced(kind)


def _announced(parser: argparse.ArgumentParser) -> None:
    known = "mailto:NAME@HOST, https://..., or env:NAME"
    parser.add_argument("--announce", action="append", default=[], metavar="URL", help=f"tell of a change: {known}")


def _store(parser: argparse.ArgumentParser) -> None:
    known = "sqlite:///FILE.db, postgresql://..., or a .db file"
    parser.add_argument("--store", metavar="URL", help=f"{known} (default: OPTIMIZER_STORE, else optimizer-runs.db)")


def _wait_by(parser: argparse.ArgumentParser, wait: float) -> None:
    parser.add_argument("--wait", type=_wait, default=wait, metavar="S", help="seconds to wait for another run")
    parser.add_argument("--by", help="who does this (default: the user of this machine)")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")


def _share(text: str) -> float:
    return _number(float, text, lambda value: 0 <= value < 1, "a share of at least 0 and below 1, such as 0.001")


def _seconds(text: str) -> float:
    return _number(float, text, lambda value: value > 0, "a number of seconds above 0")


def _wait(text: str) -> float:
    return _number(float, text, lambda value: value >= 0, "a number of seconds of at least 0")


def _count(text: str) -> int:
    return _number(int, text, lambda value: value > 0, "a whole number above 0")


def _natural(text: str) -> int:
    return _number(int, text, lambda value: value >= 0, "a whole number of at least 0")


def _number(kind: Callable[[str], Number], text: str, fits: Callable[[Number], bool], expected: str) -> Number:
    """The number that was typed. Raises ArgumentTypeError in words, for what is no number, too."""
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not fits(value):
        raise argparse.ArgumentTypeError(f"{text} is not {expected}")
    return value

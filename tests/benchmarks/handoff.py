"""Hand-off of a Pyomo model to HiGHS, measured side by side: ours, Pyomo's two interfaces, and an LP file.

    python tests/benchmarks/handoff.py [--columns N] [--repeat R] [--ways WAY ...]

With --columns 0 (the default) the model is that of the generated large case; else one of about N columns.

Every way runs in a fresh process: it builds the same model, then the hand-off alone is timed (until HiGHS holds the
program, nothing is solved). Shown are the least seconds of the repeats, the ratio to ours, and the peak resident memory
of the process with the model in it. To measure another model, change `build_model`.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import highspy
import pyomo.environ as pyo
from pyomo.contrib.solver.common.factory import SolverFactory

from optimizer.examples.generator import LARGE, generate
from optimizer.model.arrays import compile_program, paused_gc
from optimizer.model.build import formulate
from optimizer.model.highs import load_program

QUARTERS = 20
WORKLOADS = 15
SITES = 12
ACCELERATORS = 4


def build_model(columns: int) -> pyo.ConcreteModel:
    """The model of the large case, or one of about `columns` columns: blocks signed, allocation, shortfall, power."""
    if not columns:
        return formulate(generate(LARGE, 0)).model
    rng = random.Random(0)
    offers = max(1, columns // (QUARTERS * WORKLOADS + QUARTERS))
    model = pyo.ConcreteModel()
    model.K, model.T, model.W = (pyo.RangeSet(0, last - 1) for last in (offers, QUARTERS, WORKLOADS))
    site = [rng.randrange(SITES) for _ in range(offers)]
    at_site = [[k for k in range(offers) if site[k] == s] for s in range(SITES)]
    block = [float(rng.choice((72, 512, 1024))) for _ in range(offers)]
    term = [rng.choice((8, 12, 20)) for _ in range(offers)]
    price = [rng.uniform(2.0, 6.0) for _ in range(offers)]
    units = [[rng.uniform(0.5, 3.0) for _ in range(WORKLOADS)] for _ in range(offers)]
    model.signed = pyo.Var(model.K, model.T, domain=pyo.NonNegativeIntegers, bounds=(0, 40))
    model.served = pyo.Var(model.K, model.W, model.T, domain=pyo.NonNegativeReals)
    model.shortfall = pyo.Var(model.W, model.T, domain=pyo.NonNegativeReals)

    def supply(k: int, t: int) -> pyo.Expression:
        return sum(block[k] * model.signed[k, q] for q in range(max(0, t - term[k] + 1), t + 1))

    def capacity(model: pyo.ConcreteModel, k: int, t: int) -> pyo.Expression:
        return sum(model.served[k, w, t] for w in model.W) - supply(k, t) <= 0

    def demand(model: pyo.ConcreteModel, w: int, t: int) -> pyo.Expression:
        served = sum(units[k][w] * model.served[k, w, t] for k in model.K)
        return served + model.shortfall[w, t] >= 1000.0 * offers / WORKLOADS * (1 + 0.05 * t)

    def power(model: pyo.ConcreteModel, s: int, t: int) -> pyo.Expression:
        if not at_site[s]:
            return pyo.Constraint.Skip
        return sum(0.002 * model.served[k, w, t] for k in at_site[s] for w in model.W) <= 3.0 * offers / SITES

    model.capacity = pyo.Constraint(model.K, model.T, rule=capacity)
    model.demand = pyo.Constraint(model.W, model.T, rule=demand)
    model.power = pyo.Constraint(range(SITES), model.T, rule=power)
    model.cost = pyo.Objective(
        expr=sum(price[k] * block[k] * term[k] * model.signed[k, q] for k in model.K for q in model.T)
        + sum(0.01 * model.served[k, w, t] for k in model.K for w in model.W for t in model.T)
        + sum(20.0 * model.shortfall[w, t] for w in model.W for t in model.T)
    )
    return model


def ours(model: pyo.ConcreteModel) -> highspy.Highs:
    return load_program(compile_program(model))


def appsi_highs(model: pyo.ConcreteModel) -> highspy.Highs:
    solver = pyo.SolverFactory("appsi_highs")
    solver.set_instance(model)
    return solver._solver_model


def contrib_highs(model: pyo.ConcreteModel) -> highspy.Highs:
    solver = SolverFactory("highs")
    solver.set_instance(model)
    return solver._solver_model


def lp_file(model: pyo.ConcreteModel) -> highspy.Highs:
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.lp"
        model.write(str(path))
        highs.readModel(str(path))
    return highs


WAYS: dict[str, Callable[[pyo.ConcreteModel], highspy.Highs]] = {
    "ours": ours,
    "appsi_highs": appsi_highs,
    "contrib.solver highs": contrib_highs,
    "LP file": lp_file,
}


@dataclass(frozen=True)
class Measurement:
    """One hand-off: what HiGHS holds afterwards, and what it took."""

    columns: int
    rows: int
    nonzeros: int
    build_seconds: float
    seconds: float
    peak_mb: float


def measure(way: str, columns: int) -> Measurement:
    """Build the model and hand it off in this process."""
    started = time.perf_counter()
    with paused_gc():
        model = build_model(columns)
    built = time.perf_counter()
    highs = WAYS[way](model)
    done = time.perf_counter()
    return Measurement(
        columns=highs.getNumCol(),
        rows=highs.getNumRow(),
        nonzeros=highs.getNumNz(),
        build_seconds=built - started,
        seconds=done - built,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def measure_apart(way: str, columns: int) -> Measurement:
    """The same in a fresh process, so that memory and caches are its own."""
    command = [sys.executable, __file__, "--columns", str(columns), "--alone", way]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    return Measurement(**json.loads(finished.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--alone", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        print(json.dumps(asdict(measure(arguments.alone, arguments.columns))))
        return
    best: dict[str, Measurement] = {}
    for _ in range(arguments.repeat):
        for way in arguments.ways:
            run = measure_apart(way, arguments.columns)
            if way not in best or run.seconds < best[way].seconds:
                best[way] = run
    base = best[arguments.ways[0]]
    print(f"{base.columns:,} columns, {base.rows:,} rows, {base.nonzeros:,} nonzeros")
    print(f"the model was built in {base.build_seconds:.1f} s")
    print(f"{'hand-off':<22}{'seconds':>9}{'ratio':>8}{'peak MB':>9}")
    for way, run in best.items():
        if (run.columns, run.nonzeros) != (base.columns, base.nonzeros):
            raise SystemExit(f"{way} handed off another program: {run}")
        print(f"{way:<22}{run.seconds:>9.2f}{run.seconds / base.seconds:>8.2f}{run.peak_mb:>9.0f}")


if __name__ == "__main__":
    main()

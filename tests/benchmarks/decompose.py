"""Trees in bundles against one program, side by side: seconds to a gap of 2 % and of 1 %, memory of the largest one.

    python tests/benchmarks/decompose.py [--scenarios 10 50] [--limit SECONDS] [--ways bundles whole]

Every way runs in a fresh process on the medium generated case (seed 1) with equally likely futures that part in its
fourth quarter. Seconds count from the case on: workers, programs and hand-over are in them; writing a plan is not.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from optimizer.case.case import Case
from optimizer.decompose.bundle import cut
from optimizer.decompose.fleet import fleet
from optimizer.decompose.lshaped import LShaped
from optimizer.decompose.worker import Workshop
from optimizer.examples.branched import branched
from optimizer.examples.generator import MEDIUM, generate
from optimizer.model import highs
from optimizer.model.arrays import compile_program
from optimizer.model.build import formulate
from optimizer.model.outcome import Progress, SolveOptions, available_threads

GAPS = (0.02, 0.01)
PARTING = 3
SEED = 1


class Clock:
    """When each gap was first proven, and the last figures."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.reached: dict[str, float] = {}
        self.gap: float | None = None

    def __call__(self, event: str | Progress) -> None:
        if isinstance(event, Progress) and event.gap is not None:
            self.gap = event.gap
            for gap in GAPS:
                if event.gap <= gap:
                    self.reached.setdefault(f"{gap:.0%}", round(time.perf_counter() - self.began, 1))


def bundles(case: Case, limit: float, clock: Clock) -> int:
    parts = cut(case)
    options = SolveOptions(gap=GAPS[-1], time_limit_seconds=limit)
    with fleet(Workshop(case, parts.quarter), available_threads()) as workers:
        return LShaped(parts, workers, options, clock).run().columns


def whole(case: Case, limit: float, clock: Clock) -> int:
    program = compile_program(formulate(case).model)
    left = max(0.0, limit - (time.perf_counter() - clock.began))
    highs.solve(program, SolveOptions(gap=GAPS[-1], time_limit_seconds=left), on_progress=clock)
    return program.num_columns


WAYS: dict[str, Callable[[Case, float, Clock], int]] = {"bundles": bundles, "whole": whole}


def measure(way: str, scenarios: int, limit: float) -> dict[str, object]:
    """One way in this process."""
    case, clock = branched(generate(MEDIUM, SEED), scenarios, PARTING, SEED), Clock()
    columns = WAYS[way](case, limit, clock)
    own, child = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "way": way, "scenarios": scenarios, "columns": columns, "reached": clock.reached, "gap": clock.gap,
        "seconds": round(time.perf_counter() - clock.began, 1), "own_mb": own, "largest_worker_mb": child,
    }  # fmt: skip


def main() -> None:
    """Measure every way for every number of scenarios, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--limit", type=float, default=120.0)
    parser.add_argument("--ways", nargs="+", choices=sorted(WAYS), default=sorted(WAYS))
    parser.add_argument("--alone", choices=sorted(WAYS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(measure(asked.alone, asked.scenarios[0], asked.limit)))
        return
    for scenarios in asked.scenarios:
        for way in asked.ways:
            command = [sys.executable, __file__, "--alone", way, "--scenarios", str(scenarios)]
            command += ["--limit", str(asked.limit)]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()

"""Stress tests by size of the case and number of workers: futures a second, and memory of the largest worker.

    python tests/benchmarks/stress.py [--cases small medium] [--draws 100] [--workers 1 2] [--relax]

Every run is a fresh process. Cases are generated (seed 1), with stated uncertainty about all demand, spot prices and
power; their plan is solved to 2 %, and so is each future. Seconds count from the plan on: starting the workers is in
them, solving the plan and writing are not.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from optimizer.examples.generator import MEDIUM, SMALL, generate
from optimizer.examples.stated import stated
from optimizer.model import highs
from optimizer.plan.save import load_plan
from optimizer.publish import write
from optimizer.run import Request, solve
from optimizer.stress.stress import Asked, stress
from optimizer.stress.summary import Summary

SIZES = {"small": SMALL, "medium": MEDIUM}
GAP = 0.02


def measure(folder: Path, draws: int, workers: int, relaxed: bool) -> dict[str, object]:
    """One run in this process."""
    plan, began = load_plan(folder), time.perf_counter()
    asked = Asked(draws=draws, gap=GAP, relaxed=relaxed, workers=workers)
    found = stress(plan, asked, lambda _: None)
    seconds = time.perf_counter() - began
    own, child = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "draws": draws, "workers": workers, "relaxed": relaxed, "seconds": round(seconds, 1),
        "draws_a_second": round(draws / seconds, 2), "own_mb": own, "largest_worker_mb": child,
        "beyond_the_gap": Summary(found).wide, "solved": len(found.solved),
    }  # fmt: skip


def main() -> None:
    """Measure every number of workers for every case, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=tuple(SIZES), default=list(SIZES))
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--relax", action="store_true", help="react in shares of blocks")
    parser.add_argument("--folder", type=Path, default=Path("stress-benchmark"), help="where plans are kept")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.folder, asked.draws, asked.workers[0], asked.relax)))
        return
    print(f"HiGHS {highs.version()}, gap {GAP:.0%}", flush=True)
    for name in asked.cases:
        folder = asked.folder / name
        if not folder.exists():
            write(solve(stated(generate(SIZES[name], 1)), Request(gap=GAP)), folder)
        for workers in asked.workers:
            words = ["--one", "--folder", str(folder), "--draws", str(asked.draws), "--workers", str(workers)]
            command = [sys.executable, __file__, *words, *(["--relax"] if asked.relax else [])]
            print(name, subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()

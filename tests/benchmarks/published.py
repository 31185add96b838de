"""Published problems that one program does not close in seconds: it against bundles, side by side.

    python tests/benchmarks/published.py [--problems dcap342_200] [--limit SECONDS]

dcap342_200, of Ahmed & Garcia, Annals of Operations Research 124 (2003), has capacity bought by the part and tasks
placed whole; its published bracket is 1618.07983 to 1620.18500. Shares are relative to the exact optimum.
"""

import argparse
import json
import time
from pathlib import Path

from optimizer.examples.uncertain import load_published
from optimizer.run import Engine, Request, solve_tree

FOLDER = Path(__file__).resolve().parents[1] / "published"
OPTIMA = {"dcap342_200": 1619.54860668}
WAYS = (Engine.WHOLE, Engine.SPLIT)


def measure(problem: str, way: Engine, limit: float) -> dict[str, object]:
    """One problem, one way: what was found and proven, and how far both are from the optimum."""
    began, optimum = time.perf_counter(), OPTIMA[problem]
    case = load_published(FOLDER / f"{problem}.json")
    result = solve_tree(case, Request(engine=way, time_limit_seconds=limit)).result
    plan, bound = result.objective, result.bound
    return {
        "problem": problem, "way": "bundles" if way is Engine.SPLIT else "whole", "status": result.status.value,
        "objective": plan, "bound": bound, "dearer": None if plan is None else (plan - optimum) / abs(optimum),
        "lower": None if bound is None else (optimum - bound) / abs(optimum),
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip


def main() -> None:
    """Measure every problem both ways."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", nargs="+", choices=sorted(OPTIMA), default=sorted(OPTIMA))
    parser.add_argument("--limit", type=float, default=300.0)
    asked = parser.parse_args()
    for problem in asked.problems:
        for way in WAYS:
            print(json.dumps(measure(problem, way, asked.limit)), flush=True)


if __name__ == "__main__":
    main()

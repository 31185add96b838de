"""Solve a program that ends only by Ctrl-C, and print how it ended as one line of JSON. Run by test_highs.py."""

import json
import signal
import sys

from programs import long_model

from optimizer.model.arrays import compile_program
from optimizer.model.highs import solve
from optimizer.model.outcome import Progress, SolveOptions


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits a SIGINT that is ignored
    told = False

    def on_progress(progress: Progress) -> None:
        nonlocal told
        if progress.incumbent is not None and not told:
            told = True
            print("incumbent", file=sys.stderr, flush=True)

    program = compile_program(long_model())
    outcome = solve(program, SolveOptions(gap=0.0, threads=1, time_limit_seconds=60.0), on_progress)
    exact = outcome.values is not None and program.cost_of(outcome.values) == outcome.objective
    print(json.dumps({"status": outcome.status.name, "stop": outcome.stop.name, "exact": exact}))


if __name__ == "__main__":
    main()

"""Many processes on one store at once. Run as `python -m tests.store.crowd URL FACTOR...`: one child a factor.

Each child replans the tutorial with its demand multiplied by its factor; all begin together.
"""

import os
import sys
import traceback

from optimizer.replan.process import replan
from optimizer.store import Store
from tests.store.drafts import FIRST, ONE_THREAD, tutorial


def main(url: str, *factors: str) -> int:
    """Fork the children, let them go, wait for all; the number of children that failed."""
    waits, go = os.pipe()
    children = [_child(url, float(factor), waits, go) for factor in factors]
    os.close(go)
    return sum(os.waitpid(pid, 0)[1] != 0 for pid in children)


def _child(url: str, factor: float, waits: int, go: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(go)
        os.read(waits, 1)
        with Store.open(url) as store:
            replan(tutorial(factor), FIRST, store, ONE_THREAD, by="child")
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

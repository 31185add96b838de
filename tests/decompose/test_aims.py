"""CVaR alone, the worst case and the largest regret of a tree that is split: the optimum of one program."""

from pathlib import Path
from random import Random
from threading import Event

import numpy as np
import pytest

from optimizer import load_case
from optimizer.case.case import Case
from optimizer.case.settings import Objective, Settings
from optimizer.case.world import Workload
from optimizer.contracts.block import Block
from optimizer.decompose.aim import Aim
from optimizer.futures.shock import Change
from optimizer.model.outcome import Progress
from optimizer.plan.tree import TreePlan, cvar
from optimizer.run import Request, Step, solve_tree
from tests.builders import FIRST, add, block, edit, edit_settings, one_site
from tests.decompose.test_decompose import DATA, SPLIT, WHOLE, three_stages
from tests.futures.branching import newsvendor, scenario, shock

pytestmark = pytest.mark.usefixtures("workers_here")
OTHERS = [Objective.TAIL, Objective.WORST, Objective.REGRET]
NEUTRAL = Aim(Settings(first_quarter=FIRST, quarters=2), (0.25, 0.75))


def dear(objective: Objective) -> Case:
    """Blocks at 3,000 for a demand of 4 or 10: x blocks cost 3,000 x, and 5,000 (10 - x) more in the high half."""
    return edit_settings(newsvendor(price_usd_per_gpu_hour=3.0), objective=objective)


def both(case: Case, objective: Objective, tail: float = 0.3) -> tuple[TreePlan, TreePlan]:
    """The plan of one program, and of bundles, of a case with what each scenario costs alone."""
    whole = solve_tree(edit_settings(case, objective=objective, risk_tail=tail), WHOLE)
    return whole, solve_tree(whole.case, SPLIT)


def agree(whole: TreePlan, split: TreePlan) -> None:
    """The same optimum, proven, at the same expected cost, the second search proven as well."""
    assert split.result.status == whole.result.status, split.result.detail
    if whole.result.objective is None:
        return
    assert split.result.objective is not None and split.result.bound is not None
    size = abs(whole.expected)
    assert split.result.objective == pytest.approx(whole.result.objective, rel=1e-6, abs=1e-6 * size)
    assert split.result.bound <= whole.result.objective + 1e-6 * size
    assert split.expected == pytest.approx(whole.expected, rel=1e-5)


@pytest.mark.parametrize(
    ("objective", "least", "mean"),
    [
        (Objective.TAIL, 30_000.0, 30_000.0),
        (Objective.WORST, 30_000.0, 30_000.0),
        (Objective.REGRET, 7_200.0, 28_200.0),
    ],
)
def test_by_hand(objective: Objective, least: float, mean: float) -> None:
    """Proves: the high half, 50,000 - 2,000 x, is the tail and the worst: 30,000 at ten blocks. The regrets,
    3,000 (x - 4) in the low half and 2,000 (10 - x) in the high one, cross at 6.4 blocks: 7,200, and the mean there is
    25,000 + 500 x = 28,200.

    The mean alone would sign 4: 27,000, 42,000 at worst and a regret of 12,000.
    """
    found = solve_tree(dear(objective), SPLIT)
    assert found.result.solver == "HiGHS, decomposed"
    assert (found.result.objective, found.result.bound) == pytest.approx((least, least))
    assert found.expected == pytest.approx(mean)
    assert "the cheapest on average costs" in found.result.detail and "proven within" in found.result.detail


@pytest.mark.parametrize("objective", OTHERS)
@pytest.mark.parametrize("name", ["uncertain", "three stages"])
def test_trees_with_whole_numbers(name: str, objective: Objective) -> None:
    """Proves: optimum, bound and the expected cost of the second search, in trees that part once and twice."""
    agree(*both(three_stages() if name == "three stages" else load_case(DATA / "tutorial-uncertain"), objective))


@pytest.mark.parametrize("seed", range(1, 6))
def test_random_trees(seed: int) -> None:
    """Proves: the same for small trees of any shape, and that what has no plan has none.

    A cut that held for another objective, or a limit of the second search that was not kept, would show here.
    """
    rng = Random(seed)
    case = tiny(rng)
    for objective in OTHERS:
        whole, split = both(case, objective, rng.choice([0.1, 0.3, 0.5]))
        agree(whole, split)
        if split.branches and objective is Objective.TAIL:
            shares = [one.probability for one in split.branches]
            tail = cvar([one.plan.cost for one in split.branches], shares, split.case.settings.risk_tail)
            assert split.result.objective == pytest.approx(tail)


def tiny(rng: Random) -> Case:
    """Two to four quarters, two to six scenarios that part anywhere, and two offers, whole or not."""
    quarters, count = rng.randint(2, 4), rng.randint(2, 6)
    case = one_site(*(float(rng.randint(0, 9)) for _ in range(quarters)))
    case = edit(
        case, Block, "b", sign_until=FIRST + rng.randint(0, 1), lead_quarters=rng.randint(0, 1),
        gpus_per_block=rng.choice([1.0, 3.0]), max_blocks=float(rng.randint(2, 20)), divisible=rng.random() < 0.4,
    )  # fmt: skip
    price, term = rng.choice([1.5, 2.5, 3.5]), rng.randint(1, 2)
    case = add(case, block("c", price_usd_per_gpu_hour=price, gpus_per_block=4.0, divisible=False, term_quarters=term))
    weights, parting = [rng.randint(1, 5) for _ in range(count)], 0
    for number, weight in enumerate(weights):
        later = number > 0 and parting < quarters - 1 and rng.random() < 0.3
        parting = parting + 1 if later else rng.randint(1, quarters - 1)
        name, parent = f"s{number}", f"s{number - 1}" if later else ""
        case = add(
            case,
            scenario(name, weight / sum(weights), parting, parent),
            shock(name, "demand", "train", Change.SET, float(rng.randint(0, 14))),
        )
    return edit(case, Workload, "train", must_serve=True) if rng.random() < 0.2 else case


def test_the_second_search_spares_what_the_worst_case_does_not_need() -> None:
    """Proves: what the second search finds costs less on average than what the first may find, and no more at worst.

    In the tutorial the worst case alone is met by plans of any cost in the other scenarios.
    """
    case = edit_settings(load_case(DATA / "tutorial-uncertain"), objective=Objective.WORST)
    steps: list[str] = []
    found = solve_tree(case, SPLIT, lambda event: steps.append(event.name) if isinstance(event, Step) else None)
    assert "finding the cheapest on average of the plans that are no worse" in steps
    assert found.result.objective == pytest.approx(18_069_060.0)
    assert found.expected == pytest.approx(17_040_546.0)


def test_a_limit_on_cvar_is_kept_beside_the_worst_case() -> None:
    """Proves: the tail is limited whatever is minimised, as in one program."""
    case = edit_settings(load_case(DATA / "tutorial-uncertain"), cvar_limit_usd=18_030_000.0)
    whole, split = both(case, Objective.WORST)
    agree(whole, split)
    assert split.cvar <= 18_030_000.0 * (1.0 + 1e-6)


@pytest.mark.parametrize("objective", [Objective.WORST, Objective.REGRET])
def test_a_search_goes_on_from_its_file(tmp_path: Path, objective: Objective) -> None:
    """Proves: what was proven is there again, and the plan of the second search: nothing is priced or chosen in the
    first. What a scenario costs alone may be known by then: the file is still that of the case.
    """
    request = Request(gap=0.0, threads=1, checkpoint=tmp_path / "search.npz")
    case = edit_settings(load_case(DATA / "tutorial-uncertain"), objective=objective)
    first = solve_tree(case, request)
    steps: list[str] = []
    again = solve_tree(first.case, request, lambda event: steps.append(event.name) if isinstance(event, Step) else None)
    assert again.result.objective == pytest.approx(first.result.objective, abs=1.0)
    assert again.expected == pytest.approx(first.expected)
    once = steps[: steps.index("finding the cheapest on average of the plans that are no worse")]
    assert f"going on from {request.checkpoint}" in once
    assert not any(step.startswith(("pricing", "splitting", "choosing")) for step in once)


def test_a_second_search_that_is_stopped_leaves_the_plan_of_the_first() -> None:
    """Proves: its status, bound and gap stand, and that nothing was looked for is said."""
    case, stop = edit_settings(load_case(DATA / "tutorial-uncertain"), objective=Objective.WORST), Event()

    def listen(event: Step | Progress) -> None:
        if isinstance(event, Step) and event.name.startswith("finding the cheapest"):
            stop.set()

    found = solve_tree(case, SPLIT, listen, stop)
    assert found.result.status == "optimal" and found.result.objective == pytest.approx(18_069_060.0)
    assert found.result.detail == "no time was left to look for the cheapest on average of the plans that are no worse"


def test_what_a_bundle_adds() -> None:
    """Proves: of a mean by probability; of CVaR what is above the threshold, 4 here, by the share of the tail."""
    low, high = np.array([4.0, 1.0]), np.array([6.0, 5.0])
    assert NEUTRAL.opened(low, high).tolist() == [0.5, 3.0]
    tail = Aim(Settings(first_quarter=FIRST, quarters=2, objective=Objective.TAIL, risk_tail=0.25), (0.25, 0.75))
    assert tail.opened(low, high).tolist() == [2.0, 3.0]
    assert tail.order(low).tolist() == [0, 1] and tail.value(low) == 4.0


def test_limits_and_offsets() -> None:
    """Proves: regrets are 1 and 4 against 5 and 2: the larger is told with the mean of 5 and 2, 2.75, on top; a second
    search minimises the mean and keeps the regret.
    """
    settings = Settings(first_quarter=FIRST, quarters=2, objective=Objective.REGRET)
    aim, costs = Aim(settings, (0.25, 0.75), (5.0, 2.0)), np.array([6.0, 6.0])
    assert aim.offset == pytest.approx(2.75) and aim.value(costs) == pytest.approx(6.75)
    assert aim.keeps(costs) and not aim.is_limited
    second = aim.spared(4.0)
    assert second.keeps(costs) and second.value(costs) == pytest.approx(6.0) and second.offset == 0.0
    assert second.passing(np.array([9.5, 6.1])).tolist() == [True, True]
    assert second.passing(np.array([9.0, 6.1])).tolist() == [False, True]

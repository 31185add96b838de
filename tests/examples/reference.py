"""Published problems solved straight from their JSON words, and random ones to try: a reference without our model."""

import random
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Document = dict[str, Any]
UNLIMITED = 1e4


class _Program:
    """Columns with costs and bounds, and rows, collected for scipy."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.uppers: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []

    def column(self, cost: float, upper: float = UNLIMITED, whole: bool = False) -> int:
        self.costs.append(cost)
        self.uppers.append(upper)
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def row(self, terms: dict[int, float], low: float, high: float) -> None:
        self.rows.append((terms, low, high))

    def least(self) -> float | None:
        """The least cost; None where there is no plan."""
        matrix = np.zeros((len(self.rows), len(self.costs)))
        for number, (terms, _, _) in enumerate(self.rows):
            for column, value in terms.items():
                matrix[number, column] += value
        limits = LinearConstraint(matrix, [row[1] for row in self.rows], [row[2] for row in self.rows])
        found = milp(
            self.costs,
            constraints=limits,
            bounds=Bounds(0.0, np.array(self.uppers)),
            integrality=self.whole,
            options={"mip_rel_gap": 0.0},
        )
        return float(found.fun) if found.status == 0 else None


def optimum(document: Document) -> float | None:
    """The optimum of a deterministic published problem; None where it has no plan."""
    program = _Program()
    pools = _supply(program, document)
    routes = [(pair["offer"], pair) for pair in document["pairs"]]
    routes += [(pair["pool"], pair) for pair in document["pool_pairs"]]
    for workload in document["workloads"]:
        demand, single = workload["demand"], workload.get("indivisible", False)
        met: dict[int, float] = {}
        for pool, pair in routes:
            if pair["workload"] != workload["id"]:
                continue
            scale = demand if single else 1.0
            column = program.column(pair["cost"] * scale, 1.0 if single else UNLIMITED, whole=single)
            met[column] = scale
            pools[pool, workload["period"]][column] = pair["use"] * scale
        if single and met:
            program.row(dict.fromkeys(met, 1.0), 0.0, 1.0)
        if not workload.get("must_serve"):
            met[program.column(workload["unmet_cost"])] = 1.0
        program.row(met, demand, demand)
    for terms in pools.values():
        program.row(terms, -np.inf, 0.0)
    least = program.least()
    return None if least is None else least + document["constant"]


def _supply(program: _Program, document: Document) -> dict[tuple[str, str], dict[int, float]]:
    """Offers, limits and spot; returns the terms `use - capacity <= 0` of each pool and period."""
    periods = document["periods"]
    names = {offer.get("pool", offer["id"]) for offer in document["offers"]}
    pools: dict[tuple[str, str], dict[int, float]] = {(pool, period): {} for pool in names for period in periods}
    bought = {}
    for offer in document["offers"]:
        most = offer.get("max", UNLIMITED)
        units = program.column(offer["unit_cost"], most, whole=offer.get("integer", False))
        any_ = program.column(offer.get("fixed_cost", 0.0), 1.0, whole=True)
        program.row({units: 1.0, any_: -most}, -np.inf, 0.0)
        program.row({units: 1.0, any_: -offer.get("min", 0.0)}, 0.0, np.inf)
        bought[offer["id"]] = units
        for period in offer["active"]:
            pools[offer.get("pool", offer["id"]), period][units] = -offer.get("capacity_per_unit", 1.0)
    for limit in document["limits"]:
        terms = {bought[id_]: weight for id_, weight in limit["coef"].items()}
        program.row(terms, limit.get("min", -np.inf), limit.get("max", np.inf))
    for spot in document["spot"]:
        for period in periods:
            pools[spot["pool"], period][program.column(spot["cost"], spot.get("max", UNLIMITED))] = -1.0
    return pools


def random_problem(seed: int) -> Document:
    """A small problem that uses every word of the schema but scenarios; the same for the same seed."""
    rng = random.Random(seed)
    periods = [f"P{number}" for number in range(1, rng.randint(1, 3) + 1)]
    offers = [_offer(rng, f"own{number}", periods) for number in range(rng.randint(1, 3))]
    offers += [{**_offer(rng, f"shared{number}", periods), "pool": "hall"} for number in range(rng.randint(1, 3))]
    workloads = [_workload(rng, f"w{number}", periods) for number in range(rng.randint(2, 5))]
    alone = [offer["id"] for offer in offers if "pool" not in offer]
    pairs = [{"offer": id_, **_pair(rng, w)} for id_ in alone for w in workloads if rng.random() < 0.7]
    pool_pairs = [{"pool": "hall", **_pair(rng, w)} for w in workloads]
    return {
        "name": f"random{seed}",
        "periods": periods,
        "constant": rng.choice([0.0, 12.5, -30.0]),
        "scenarios": rng.choice([[], [{"id": "s1", "p": 1.0}]]),
        "offers": offers,
        "workloads": workloads,
        "pairs": pairs,
        "pool_pairs": pool_pairs,
        "limits": _limits(rng, [offer["id"] for offer in offers]),
        "spot": [
            {"pool": "hall", "cost": rng.randint(4, 12), "max": rng.choice([3, 40])},
            {"pool": alone[0], "cost": 3.5, "max": 2.0},
        ],
    }


def _offer(rng: random.Random, id_: str, periods: list[str]) -> Document:
    first = rng.randrange(len(periods))
    offer: Document = {"id": id_, "unit_cost": rng.randint(0, 9) / 2, "active": periods[first:]}
    if rng.random() < 0.6:
        offer["fixed_cost"] = rng.randint(1, 20)
    if rng.random() < 0.6:
        offer["max"] = rng.randint(2, 12)
    if rng.random() < 0.4:
        offer["min"] = rng.randint(1, 2)
    if rng.random() < 0.5:
        offer["integer"] = True
    if rng.random() < 0.5:
        offer["capacity_per_unit"] = rng.choice([0.5, 2.0, 3.5])
    return offer


def _workload(rng: random.Random, id_: str, periods: list[str]) -> Document:
    workload: Document = {"id": id_, "period": rng.choice(periods), "demand": rng.randint(0, 9)}
    if rng.random() < 0.3:
        workload["must_serve"] = True
    else:
        workload["unmet_cost"] = rng.randint(0, 15)
    if rng.random() < 0.4:
        workload["indivisible"] = True
    return workload


def _pair(rng: random.Random, workload: Document) -> Document:
    use = rng.choice([0.0, 0.5, 1.0, 1.0, 1.0, 1.75])
    return {"workload": workload["id"], "cost": rng.randint(-8, 12) / 2, "use": use}


def _limits(rng: random.Random, ids: list[str]) -> list[Document]:
    limits: list[Document] = []
    if rng.random() < 0.5:
        limits.append({"name": "most", "coef": {id_: rng.randint(1, 3) for id_ in ids}, "max": rng.randint(8, 30)})
    if rng.random() < 0.5:
        limits.append({"name": "least", "coef": {id_: rng.randint(1, 2) for id_ in ids[:2]}, "min": rng.randint(1, 3)})
    return limits


def tree_optimum(document: Document) -> float | None:
    """The optimum of a published problem with scenarios, each with its own service; None where it has no plan."""
    program, periods = _Program(), document["periods"]
    bought: dict[tuple[str, object], int] = {}
    for scenario in document["scenarios"]:
        name, share = scenario["id"], scenario["p"]
        units: dict[str, int] = {}
        pools: dict[tuple[str, str], dict[int, float]] = {}
        for offer in document["offers"]:
            place = offer["id"], offer.get("node_of", {}).get(name)
            if place not in bought:
                bought[place] = program.column(0.0, offer.get("max", UNLIMITED), whole=offer.get("integer", False))
            units[offer["id"]] = bought[place]
            program.costs[bought[place]] += share * offer["unit_cost"]
            given = _at(offer.get("availability", 1.0), name)
            for period in periods:
                pools[offer["id"], period] = {bought[place]: -given} if period in offer["active"] else {}
        for workload in document["workloads"]:
            program_row: dict[int, float] = {program.column(share * workload["unmet_cost"]): 1.0}
            for pair in document["pairs"]:
                if pair["workload"] == workload["id"]:
                    served = program.column(share * _at(pair["cost"], name))
                    program_row[served] = 1.0
                    pools[pair["offer"], workload["period"]][served] = pair["use"]
            demand = _at(workload["demand"], name)
            program.row(program_row, demand, demand)
        for terms in pools.values():
            program.row(terms, -np.inf, 0.0)
        for limit in document["path_limits"]:
            terms = {units[id_]: weight for id_, weight in limit["coef"].items()}
            program.row(terms, limit.get("min", -np.inf), limit.get("max", np.inf))
    return program.least()


def _at(value: Any, scenario: str) -> Any:
    return value[scenario] if isinstance(value, dict) else value


def random_expansion(seed: int) -> Document:
    """Capacity expansion in three stages: two years, 2 x 2 or 2 x 3 futures, bought now and when the first is known."""
    rng = random.Random(seed)
    width = rng.choice([2, 3])
    leaves = [(first, second) for first in "ab" for second in range(width)]
    shares = [rng.randint(1, 5) for _ in leaves]
    scenarios = [
        {"id": f"{first}{second}", "p": share / sum(shares)}
        for (first, second), share in zip(leaves, shares, strict=True)
    ]
    names = [row["id"] for row in scenarios]
    kinds = ("base", "peak", "green")
    offers: list[Document] = []
    for kind in kinds:
        priced = {"unit_cost": rng.randint(4, 12) / 2, "integer": rng.random() < 0.5, "max": 30}
        delivered = {name: rng.choice([0.0, 0.5, 0.9, 1.0, 1.3]) for name in names}
        if rng.random() < 0.5:
            priced["availability"] = delivered
        offers.append({"id": f"{kind} now", **priced, "active": ["Y1", "Y2"]})
        offers.append({"id": f"{kind} later", **priced, "active": ["Y2"], "node_of": {n: n[0] for n in names}})
    first_year = {branch: rng.randint(2, 9) for branch in "ab"}
    demands = [
        {"id": "d1", "period": "Y1", "demand": {name: first_year[name[0]] for name in names}},
        {"id": "d2", "period": "Y2", "demand": {name: rng.randint(2, 20) for name in names}},
    ]
    pairs = [
        {"offer": offer["id"], "workload": demand["id"], "cost": {n: rng.randint(0, 8) / 4 for n in names}, "use": 1.0}
        for demand in demands
        for offer in offers
        if demand["period"] in offer["active"]
    ]
    return {
        "name": f"expansion{seed}",
        "periods": ["Y1", "Y2"],
        "scenarios": scenarios,
        "offers": offers,
        "workloads": [{**demand, "unmet_cost": rng.choice([6.0, 20.0])} for demand in demands],
        "pairs": pairs,
        "path_limits": [
            {
                "name": "money",
                "coef": {offer["id"]: offer["unit_cost"] for offer in offers},
                "max": rng.randint(20, 90),
            },
            {"name": "least", "coef": {"base now": 1.0, "base later": 1.0}, "min": rng.randint(0, 4)},
        ],
    }

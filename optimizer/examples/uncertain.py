"""Published problems with scenarios, rewritten as cases with a tree: the same optimum must come out.

Quarters without demand are put before the periods, one for each state of knowledge in which something is bought: what
is bought here and now is signed in the first of them, and after the last all scenarios have parted. The case as it
stands is the first scenario; what is another number in a scenario than in the one it parts from becomes a shock.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import cast

from optimizer.case.case import Case
from optimizer.case.scenario import Scenario
from optimizer.case.settings import Settings
from optimizer.errors import Finding, InputError
from optimizer.examples.problem import Json, Problem, problem_from, read_document
from optimizer.examples.published import FIRST, Converter, Minimum, case_of
from optimizer.futures.shock import Change, Shock
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record, Series, columns_of


def load_published(source: str | Path, minimum: Minimum = Minimum.IF_BOUGHT) -> Case:
    """The case of a published problem in a JSON file, with a tree where it has several scenarios.

    Raises InputError, with every finding, for what a case cannot express.
    """
    return published(read_document(Path(source)), Path(source).stem, minimum)


def published(document: dict[str, Json], name: str, minimum: Minimum = Minimum.IF_BOUGHT) -> Case:
    """The case of a published problem. Raises InputError as `load_published` does."""
    scenarios = list(_scenarios(document))
    if len(scenarios) < 2:
        return case_of(problem_from(document, name), minimum)
    _require_probabilities(name, scenarios)
    ids, offers = frozenset(id_ for id_, _ in scenarios), _offers(document)
    alone = {id_: cast("dict[str, Json]", _only(document, id_, ids, offers)) for id_, _ in scenarios}
    problems = {id_: problem_from(one, name) for id_, one in alone.items()}
    return tree_case(problems, scenarios, minimum)


def tree_case(problems: dict[str, Problem], scenarios: list[tuple[str, float]], minimum: Minimum) -> Case:
    """The case of a problem that is another one in each scenario."""
    stages = _stages(problems)
    bought = {id_: FIRST + number for number, stage in enumerate(stages) for id_ in stage.offers}
    highs = _highs(problems.values(), minimum)
    cases = {
        id_: Case(tuple(Converter(one, minimum, len(stages), highs, bought).records())) for id_, one in problems.items()
    }
    trunk = next(iter(problems))
    rows: list[Record] = []
    shocks: list[Shock] = []
    for id_, share in scenarios:
        parted, origin = _parting(stages, id_)
        rows.append(Scenario(scenario=id_, probability=share, branches_from=origin, parts_in=parted))
        shocks += differences(cases[origin or trunk], cases[id_], id_)
    return Case((*cases[trunk].records, *rows, *shocks))


@dataclass(frozen=True)
class _Stage:
    """A state of knowledge: the first scenario that each scenario cannot be told from, and the offers bought in it."""

    leaders: dict[str, str]
    offers: tuple[str, ...]


def _stages(problems: dict[str, Problem]) -> list[_Stage]:
    """States of knowledge in which something is bought, the least known first; nothing is known in the first."""
    by_leaders: dict[tuple[str, ...], list[str]] = {(next(iter(problems)),) * len(problems): []}
    nodes = {id_: {offer.id: offer.node for offer in one.offers} for id_, one in problems.items()}
    for offer in next(iter(nodes.values())):
        first: dict[str, str] = {}
        leaders = tuple(first.setdefault(known.get(offer, ""), id_) for id_, known in nodes.items())
        by_leaders.setdefault(leaders, []).append(offer)
    ordered = sorted(by_leaders, key=lambda leaders: len(set(leaders)))
    for less, more in pairwise(ordered):
        if len(set(zip(less, more, strict=True))) > len(set(more)):
            found = f"node_of of {', '.join((*by_leaders[less], *by_leaders[more]))}"
            expected = "nodes of a tree: what is known of a scenario is never forgotten"
            raise InputError([Finding("offers", found, expected, "correct node_of")])
    return [_Stage(dict(zip(problems, leaders, strict=True)), tuple(by_leaders[leaders])) for leaders in ordered]


def _parting(stages: list[_Stage], scenario: str) -> tuple[Quarter | None, str]:
    """The quarter in which a scenario parts, and the scenario that it parts from."""
    for number, stage in enumerate(stages):
        if stage.leaders[scenario] == scenario:
            return (FIRST + number, stages[number - 1].leaders[scenario]) if number else (None, "")
    return FIRST + len(stages), stages[-1].leaders[scenario]


def differences(trunk: Case, case: Case, scenario: str) -> Iterator[Shock]:
    """Shocks that make one case of another with the same rows. Raises InputError where the rows are not the same."""
    theirs = {(type(row), row.name): row for row in case.records}
    if theirs.keys() != {(type(row), row.name) for row in trunk.records}:
        found = "rows that other scenarios do not have"
        raise InputError(
            [Finding(f"scenario {scenario}", found, "the same rows", "give every scenario the same pairs")]
        )
    for row in trunk.records:
        their = theirs[type(row), row.name]
        if row != their and not isinstance(row, Settings):
            yield from _row(row, their, scenario)


def _row(mine: Record, their: Record, scenario: str) -> Iterator[Shock]:
    for name, _ in columns_of(type(mine)):
        old, new = getattr(mine, name), getattr(their, name)
        shock = partial(Shock, scenario=scenario, table=mine.TABLE.name, row=mine.name, change=Change.SET)
        if isinstance(old, Series):
            for offset, (before, after) in enumerate(zip(old.values, new.values, strict=True)):
                if before != after:
                    quarter = old.first + offset
                    yield shock(since=quarter, until=quarter, value=after)
        elif old != new:
            yield shock(column=name, value=new)


def _scenarios(document: dict[str, Json]) -> Iterator[tuple[str, float]]:
    listed = document.get("scenarios")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("p"), int | float):
            yield str(entry.get("id")), float(cast("float", entry["p"]))


def _require_probabilities(name: str, scenarios: list[tuple[str, float]]) -> None:
    total, ids = sum(share for _, share in scenarios), {id_ for id_, _ in scenarios}
    if not isclose(total, 1.0, abs_tol=1e-6) or len(ids) < len(scenarios) or min(p for _, p in scenarios) <= 0.0:
        found = f"{len(ids)} ids with probabilities that sum to {total:g}"
        expected = "ids that stand once, each with a probability above 0, a sum of 1"
        raise InputError([Finding(f"{name} scenarios", found, expected, "correct the file")])


def _only(value: Json, scenario: str, ids: frozenset[str], offers: frozenset[str]) -> Json:
    """The document as it is in one scenario. Coefficients stand by offer, though scenarios may bear the same names."""
    if isinstance(value, list):
        return [_only(part, scenario, ids, offers) for part in value]
    if not isinstance(value, dict):
        return value
    if value and value.keys() <= ids:
        if scenario not in value:
            raise InputError([Finding(json.dumps(value)[:80], "no value", f"a value for {scenario}", "add it")])
        return value[scenario]
    kept = {word: _only(part, scenario, ids, offers) for word, part in value.items() if word != "scenarios"}
    weights = value.get("coef")
    if isinstance(weights, dict) and set(weights) <= offers:
        kept["coef"] = {offer: _only(weight, scenario, ids, offers) for offer, weight in weights.items()}
    return kept


def _offers(document: dict[str, Json]) -> frozenset[str]:
    listed = document.get("offers")
    entries = listed if isinstance(listed, list) else []
    return frozenset(str(entry.get("id")) for entry in entries if isinstance(entry, dict))


def _highs(problems: Iterable[Problem], minimum: Minimum) -> dict[str, float]:
    """Most units of each offer: the most that any scenario can need."""
    highs: dict[str, float] = {}
    for problem in problems:
        for offer in problem.offers:
            high = Converter(problem, minimum).high(offer)
            highs[offer.id] = max(highs.get(offer.id, 0.0), high)
    return highs

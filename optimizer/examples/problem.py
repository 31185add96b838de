"""A published problem as read from its JSON file: offers, workloads and the pairs that may meet. Nothing is converted.

Only problems without uncertainty are read: at most one scenario, and every number one number.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import inf, isfinite
from pathlib import Path

from optimizer.errors import Finding, InputError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
REMARKS = {"name", "note", "notes", "source", "reference", "description", "comment", "url", "optimum", "published"}


@dataclass(frozen=True)
class Offer:
    """Capacity bought: `low` to `high` units, each of `capacity`, in every period of `active`.

    `availability` is the share of it that is delivered, at most 1; what is more than delivered is in `capacity`.
    `node` names the state of knowledge in which it is bought; empty is here and now.
    """

    id: str
    pool: str
    unit_cost: float
    fixed_cost: float
    low: float
    high: float
    integer: bool
    capacity: float
    active: tuple[str, ...]
    availability: float = 1.0
    node: str = ""

    @property
    def delivered(self) -> float:
        """Capacity of a unit that serves."""
        return self.capacity * self.availability


@dataclass(frozen=True)
class Workload:
    """Demand in one period. `unmet_cost` is None where all of it must be served."""

    id: str
    period: str
    demand: float
    unmet_cost: float | None
    indivisible: bool


@dataclass(frozen=True)
class Pair:
    """A workload served from a pool: cost and capacity used, per unit served."""

    pool: str
    workload: str
    cost: float
    use: float


@dataclass(frozen=True)
class Spot:
    """Capacity bought into a pool in each of `periods`, at most `high` in one."""

    pool: str
    cost: float
    high: float
    periods: tuple[str, ...]


class Sense(Enum):
    """Which side a limit holds down."""

    MOST = "max"
    LEAST = "min"


@dataclass(frozen=True)
class Limit:
    """A linear limit on the units bought: sum of coefficient x units of each offer, at most or at least `bound`."""

    name: str
    coefficients: tuple[tuple[str, float], ...]
    sense: Sense
    bound: float


@dataclass(frozen=True)
class Problem:
    """A deterministic published problem; costs are those of the whole time, `constant` is added to them."""

    name: str
    periods: tuple[str, ...]
    constant: float
    offers: tuple[Offer, ...]
    workloads: tuple[Workload, ...]
    pairs: tuple[Pair, ...]
    spot: tuple[Spot, ...]
    limits: tuple[Limit, ...]


@dataclass
class _Reader:
    """Takes typed values out of JSON objects and collects what is wrong with them."""

    name: str
    scenarios: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, place: str, found: str, expected: str, cure: str) -> None:
        self.findings.append(Finding(f"{self.name} {place}", found, expected, cure))

    def only(self, entry: dict[str, Json], place: str, *known: str) -> None:
        """Refuse words that are not known: what they ask for would be lost."""
        for word in sorted(entry.keys() - set(known) - REMARKS):
            expected = "one of " + ", ".join(known)
            self.refuse(f"{place}.{word}", "a word this converter does not know", expected, "remove or correct it")

    def rows(self, document: dict[str, Json], part: str) -> Iterator[tuple[str, dict[str, Json]]]:
        """The objects of a list of the document, each with its place."""
        entries = document.get(part) or []
        if not isinstance(entries, list):
            self.refuse(part, "not a list", "a list of objects", "correct the file")
            return
        for number, entry in enumerate(entries):
            place = f"{part}[{number}]"
            if isinstance(entry, dict):
                yield place, entry
            else:
                self.refuse(place, f"{entry!r}", "an object", "correct the file")

    def text(self, entry: dict[str, Json], place: str, word: str, default: str | None = None) -> str:
        value = entry.get(word, default)
        if isinstance(value, str) and value:
            return value
        self.refuse(f"{place}.{word}", f"{value!r}", "a name", "correct the file")
        return ""

    def flag(self, entry: dict[str, Json], place: str, word: str) -> bool:
        value = entry.get(word, False)
        if not isinstance(value, bool):
            self.refuse(f"{place}.{word}", f"{value!r}", "true or false", "correct the file")
        return value is True

    def node(self, entry: dict[str, Json], place: str) -> str:
        """The node in which an offer is bought, in the one scenario that is read."""
        value = entry.get("node_of", "")
        if isinstance(value, dict) and value and tuple(value) == self.scenarios:
            value = next(iter(value.values()))
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.refuse(f"{place}.node_of", f"{value!r}", "a node for each scenario", "correct the file")
        return str(value)

    def number(
        self, entry: dict[str, Json], place: str, word: str, default: float | None = None, low: float = -inf
    ) -> float:
        """A number not below `low`; a value by scenario is taken where there is only one scenario."""
        value = entry.get(word)
        if isinstance(value, dict) and tuple(value) == self.scenarios:
            value = next(iter(value.values()))
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.refuse(f"{place}.{word}", f"{value!r}", "a finite number", "correct the file")
            return 0.0
        if value < low:
            self.refuse(f"{place}.{word}", f"{value!r}", f"at least {low:g}", "a case cannot express this")
        return float(value)

    def periods(self, entry: dict[str, Json], place: str, word: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Periods in the order of time; all of them where none is given."""
        value = entry.get(word)
        if value is None:
            return known
        listed = value if isinstance(value, list) else [value]
        for period in listed:
            if period not in known:
                self.refuse(f"{place}.{word}", f"{period!r}", f"one of {', '.join(known)}", "correct the file")
        return tuple(period for period in known if period in listed)


def read_document(source: Path) -> dict[str, Json]:
    """The JSON object in a file. Raises InputError where there is none."""
    try:
        document = json.loads(Path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError([Finding(str(source), f"{error}", "a JSON file", "name another file")]) from error
    if not isinstance(document, dict):
        raise InputError([Finding(str(source), "not a JSON object", "an object", "name another file")])
    return document


def problem_from(document: dict[str, Json], name: str = "problem") -> Problem:
    """The problem in a JSON document.

    Raises InputError with everything that makes it none: scenarios, words that are not known, values of a wrong kind.
    """
    if not isinstance(document, dict):
        raise InputError([Finding(name, "not a JSON object", "an object", "name another file")])
    reader = _Reader(str(document.get("name", name)))
    parts = (
        "periods",
        "constant",
        "scenarios",
        "offers",
        "workloads",
        "pairs",
        "pool_pairs",
        "limits",
        "path_limits",
        "spot",
    )
    reader.only(document, "problem", *parts)
    reader.scenarios = _scenarios(reader, document)
    listed = document.get("periods")
    periods = tuple(str(period) for period in listed) if isinstance(listed, list) else ()
    if not periods:
        reader.refuse("periods", f"{listed!r}", "a list of at least one period", "correct the file")
    offers = tuple(_offer(reader, place, entry, periods) for place, entry in reader.rows(document, "offers"))
    problem = Problem(
        name=reader.name,
        periods=periods,
        constant=reader.number(document, "problem", "constant", 0.0),
        offers=offers,
        workloads=tuple(
            _workload(reader, place, entry, periods) for place, entry in reader.rows(document, "workloads")
        ),
        pairs=(*_pairs(reader, document, offers), *_pool_pairs(reader, document)),
        spot=tuple(_spot(reader, place, entry, periods) for place, entry in reader.rows(document, "spot")),
        limits=tuple(_limits(reader, document)),
    )
    _check_names(reader, problem)
    if reader.findings:
        raise InputError(reader.findings)
    return problem


def _scenarios(reader: _Reader, document: dict[str, Json]) -> tuple[str, ...]:
    names = tuple(str(entry.get("id")) for _, entry in reader.rows(document, "scenarios"))
    if len(names) > 1:
        reader.refuse(
            "scenarios", f"{len(names)} scenarios", "at most one", "this converter takes certain problems only"
        )
    return names


def _offer(reader: _Reader, place: str, entry: dict[str, Json], periods: tuple[str, ...]) -> Offer:
    known = ("id", "unit_cost", "fixed_cost", "min", "max", "integer", "capacity_per_unit", "active", "availability")
    reader.only(entry, place, *known, "pool", "node_of")
    id_ = reader.text(entry, place, "id")
    availability = reader.number(entry, place, "availability", 1.0, low=0.0)
    return Offer(
        id=id_,
        pool=reader.text(entry, place, "pool", id_),
        unit_cost=reader.number(entry, place, "unit_cost", 0.0, low=0.0),
        fixed_cost=reader.number(entry, place, "fixed_cost", 0.0, low=0.0),
        low=reader.number(entry, place, "min", 0.0, low=0.0),
        high=reader.number(entry, place, "max", inf, low=0.0),
        integer=reader.flag(entry, place, "integer"),
        capacity=reader.number(entry, place, "capacity_per_unit", 1.0, low=0.0) * max(1.0, availability),
        availability=min(1.0, availability),
        active=reader.periods(entry, place, "active", periods),
        node=reader.node(entry, place),
    )


def _workload(reader: _Reader, place: str, entry: dict[str, Json], periods: tuple[str, ...]) -> Workload:
    reader.only(entry, place, "id", "period", "demand", "unmet_cost", "must_serve", "indivisible")
    must_serve = reader.flag(entry, place, "must_serve")
    return Workload(
        id=reader.text(entry, place, "id"),
        period=(*reader.periods(entry, place, "period", periods), "")[0],
        demand=reader.number(entry, place, "demand", low=0.0),
        unmet_cost=None if must_serve else reader.number(entry, place, "unmet_cost", 0.0, low=0.0),
        indivisible=reader.flag(entry, place, "indivisible"),
    )


def _pairs(reader: _Reader, document: dict[str, Json], offers: tuple[Offer, ...]) -> Iterator[Pair]:
    """Pairs of an offer; it must have its pool for itself, or its own capacity could not be told apart."""
    by_id = {offer.id: offer for offer in offers}
    for place, entry in reader.rows(document, "pairs"):
        reader.only(entry, place, "offer", "workload", "cost", "use")
        offer = by_id.get(reader.text(entry, place, "offer"))
        if offer is None:
            reader.refuse(f"{place}.offer", f"{entry.get('offer')!r}", "the id of an offer", "correct the file")
            continue
        if sum(other.pool == offer.pool for other in offers) > 1:
            found = f"a pair with {offer.id}, which shares the pool {offer.pool}"
            reader.refuse(place, found, "a pair with its pool", "list it under pool_pairs")
        yield _pair(reader, place, entry, offer.pool)


def _pool_pairs(reader: _Reader, document: dict[str, Json]) -> Iterator[Pair]:
    for place, entry in reader.rows(document, "pool_pairs"):
        reader.only(entry, place, "pool", "workload", "cost", "use")
        yield _pair(reader, place, entry, reader.text(entry, place, "pool"))


def _pair(reader: _Reader, place: str, entry: dict[str, Json], pool: str) -> Pair:
    return Pair(
        pool=pool,
        workload=reader.text(entry, place, "workload"),
        cost=reader.number(entry, place, "cost", 0.0),
        use=reader.number(entry, place, "use", 1.0, low=0.0),
    )


def _spot(reader: _Reader, place: str, entry: dict[str, Json], periods: tuple[str, ...]) -> Spot:
    reader.only(entry, place, "pool", "cost", "max", "period", "active")
    return Spot(
        pool=reader.text(entry, place, "pool"),
        cost=reader.number(entry, place, "cost", low=0.0),
        high=reader.number(entry, place, "max", inf, low=0.0),
        periods=reader.periods(entry, place, "active" if "active" in entry else "period", periods),
    )


def _limits(reader: _Reader, document: dict[str, Json]) -> Iterator[Limit]:
    """One limit a side: a row with both a min and a max becomes two. In one scenario there is one path only."""
    for place, entry in (*reader.rows(document, "limits"), *reader.rows(document, "path_limits")):
        reader.only(entry, place, "coef", "min", "max")
        weights = entry.get("coef")
        if not isinstance(weights, dict) or not weights:
            reader.refuse(f"{place}.coef", f"{weights!r}", "a coefficient for each offer", "correct the file")
            continue
        coefficients = tuple((id_, reader.number(weights, f"{place}.coef", id_)) for id_ in weights)
        sides = [side for side in Sense if entry.get(side.value) is not None]
        if not sides:
            reader.refuse(place, "neither min nor max", "a limit", "give it one of them")
        name = reader.text(entry, place, "name", place)
        for side in sides:
            yield Limit(name, coefficients, side, reader.number(entry, place, side.value))


def _check_names(reader: _Reader, problem: Problem) -> None:
    offers = {offer.id for offer in problem.offers}
    pools = {offer.pool for offer in problem.offers} | {spot.pool for spot in problem.spot}
    workloads = {workload.id for workload in problem.workloads}
    for kind, names in (("offers", problem.offers), ("workloads", problem.workloads)):
        if len({row.id for row in names}) < len(names):
            reader.refuse(kind, "an id that stands twice", "each id once", "rename one of the two")
    if len({(pair.pool, pair.workload) for pair in problem.pairs}) < len(problem.pairs):
        reader.refuse("pairs", "a pair that stands twice", "each pair once", "keep the cheaper of the two")
    unknown = [f"workload {pair.workload}" for pair in problem.pairs if pair.workload not in workloads]
    unknown += [f"pool {pair.pool}" for pair in problem.pairs if pair.pool not in pools]
    unknown += [f"offer {id_}" for limit in problem.limits for id_, _ in limit.coefficients if id_ not in offers]
    for name in dict.fromkeys(unknown):
        reader.refuse("pairs and limits", f"the unknown {name}", "a name that is declared", "correct the file")

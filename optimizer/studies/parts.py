"""The parts of a supplier's deal, and the case with less of it, or with another form of it, on the table."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from optimizer.case.case import Case
from optimizer.case.world import Supplier
from optimizer.contracts.backstop import Backstop, BackstopDraw
from optimizer.contracts.block import Block
from optimizer.contracts.option import Option
from optimizer.contracts.parts.in_service import InService
from optimizer.contracts.parts.terms import DeliveryTerms
from optimizer.errors import UsageError
from optimizer.futures.future import futures
from optimizer.futures.shock import EVERY, Shock
from optimizer.tables.quarter import Quarter
from optimizer.tables.record import Record

_NO_DEAL = "the case has no deal: state a block that must be signed, an option or a backstop"
SIGNING = ("must_sign", "sign_from", "sign_until")


@dataclass(frozen=True)
class Parts:
    """What one supplier sells that binds: blocks that must be signed or that something hangs on, and that."""

    supplier: str
    firm: tuple[Block, ...]
    options: tuple[Option, ...]
    backstops: tuple[Backstop, ...]

    @property
    def more(self) -> tuple[str, ...]:
        """Names of the expandable part."""
        return tuple(row.name for row in (*self.options, *self.backstops))

    @property
    def more_blocks(self) -> float:
        """Blocks of the expandable part, at most: of its options, or of its backstops where they are more."""
        rights = sum(row.max_blocks for row in self.options)
        return max(rights, sum(row.cap_blocks for row in self.backstops))


def parts(case: Case, supplier: str) -> Parts:
    """The deal of a supplier. Raises UsageError where it has none, with the suppliers that have."""
    found = _parts(case, supplier)
    if not found.firm and not found.more:
        sellers = sorted({row.supplier for row in case.of(DeliveryTerms)})
        known = ", ".join(name for name in sellers if _bound(_parts(case, name)))
        cure = f"name a supplier that has a deal: {known}" if known else _NO_DEAL
        raise UsageError(f"{_without_deal(case, supplier)}. Fix: {cure}")
    return found


def _without_deal(case: Case, supplier: str) -> str:
    """Why there is no deal of a supplier, in words."""
    if not supplier.strip():
        return "no supplier is named whose deal is asked of"
    if all(row.supplier != supplier for row in case.of(Supplier)):
        return f"the case has no supplier {supplier!r}"
    return f"{supplier} has no deal: no block of it must be signed, and it sells no option and no backstop"


def _bound(found: Parts) -> bool:
    return bool(found.firm or found.more)


def _parts(case: Case, supplier: str) -> Parts:
    options = tuple(row for row in case.of(Option) if row.supplier == supplier)
    backstops = tuple(row for row in case.of(Backstop) if row.supplier == supplier)
    bases = {row.expands for row in options} | {row.comes_with for row in backstops}
    firm = (row for row in case.of(Block) if row.supplier == supplier and (row.must_sign or row.block in bases))
    return Parts(supplier, tuple(firm), options, backstops)


def without_firm(case: Case, blocks: Sequence[Block]) -> Case:
    """The case in which none of these blocks can be signed any more; what is signed already stays."""
    names = {row.block for row in blocks}
    closed = case.calendar.as_of + -1
    others = [row.block for row in case.of(Block) if row.block not in names]
    rows: list[Record] = []
    for row in case.records:
        if isinstance(row, Block) and row.block in names:
            rows.append(replace(row, must_sign=False, sign_from=None, sign_until=closed))
        elif isinstance(row, Shock) and row.table == Block.TABLE.name and row.column in SIGNING:
            rows += _elsewhere(row, names, others)
        else:
            rows.append(row)
    return Case(tuple(rows))


def _elsewhere(row: Shock, names: Collection[str], others: Sequence[str]) -> list[Shock]:
    """What a shock does to other rows than these."""
    if row.row == EVERY:
        return [replace(row, row=other) for other in others]
    return [] if row.row in names else [row]


def without_option(case: Case, option: str) -> Case:
    """The case in which no rights of an option can be bought; those that are held can still be exercised."""
    row = case.get(Option, option)
    bare = replace(row, max_blocks=row.held_blocks)
    others = [one.option for one in case.of(Option) if one.option != option]
    rows: list[Record] = []
    for one in case.records:
        if isinstance(one, Shock) and (one.table, one.column) == (Option.TABLE.name, "max_blocks"):
            rows += _elsewhere(one, {option}, others)
        else:
            rows.append(bare if one is row else one)
    return Case(tuple(rows))


def without_backstop(case: Case, backstop: Backstop) -> Case:
    """The case in which the supplier puts nothing more; what was taken already stays."""
    name, since = backstop.backstop, case.calendar.as_of
    others = [row.backstop for row in case.of(BackstopDraw) if row.backstop != name]
    rows: list[Record] = []
    for row in case.records:
        if isinstance(row, BackstopDraw) and row.backstop == name:
            kept = row.blocks.values[: max(0, since - row.blocks.first)]
            rows.append(replace(row, blocks=replace(row.blocks, values=kept)))
        elif isinstance(row, Shock) and row.table == BackstopDraw.TABLE.name:
            rows += _elsewhere(row, {name}, others)
        else:
            rows.append(row)
    return Case(tuple(rows))


def as_option(case: Case, backstop: Backstop) -> Case:
    """The case in which the whole cap of a backstop is the buyer's right, bought for nothing once its base is signed.

    It is exercised from the first to the last quarter in which the supplier puts anything in any scenario, on the terms
    of the backstop; what scenarios change of these terms, they change of the option's, and what they change of every
    other option they do not. A backstop that is never drawn is an option that can never be exercised.
    """
    drawn, bare = tuple(_drawn(case, backstop)), without_backstop(case, backstop)
    if not drawn:
        return bare
    terms = {one.name: getattr(backstop, one.name) for one in fields(DeliveryTerms) if one.name != "amended"}
    option = Option(
        **terms,
        option=right_of(backstop),
        expands=backstop.comes_with,
        max_blocks=backstop.cap_blocks,
        exercise_from=min(drawn),
        exercise_until=max(drawn),
    )
    moved = (_moved(row, backstop) for row in case.of(Shock))
    down = (replace(row, contract=option.option) for row in case.by(InService, "contract", backstop.backstop))
    return Case((*_named(bare), option, *down, *(row for row in moved if row is not None)))


def _named(case: Case) -> Iterator[Record]:
    """The rows of a case; what a scenario does to every option it does to each that there is, by name."""
    options = [row.option for row in case.of(Option)]
    for row in case.records:
        if isinstance(row, Shock) and row.table == Option.TABLE.name:
            yield from _elsewhere(row, (), options)
        else:
            yield row


def right_of(backstop: Backstop) -> str:
    """The name of the option that is made of a backstop."""
    return f"{backstop.backstop} as an option"


def _drawn(case: Case, backstop: Backstop) -> Iterator[Quarter]:
    """Open quarters in which it is drawn in some scenario."""
    for future in futures(case):
        calendar, row = future.case.calendar, future.case.get(Backstop, backstop.backstop)
        yield from (q for q, _ in row.draws(future.case) if calendar.as_of <= q < calendar.end)


def _moved(row: Shock, backstop: Backstop) -> Shock | None:
    """A shock on a term or the service of a backstop as one on that of the option it becomes; None for any other."""
    if row.table == InService.TABLE.name and row.row == backstop.backstop:
        return replace(row, row=right_of(backstop))
    if row.table != Backstop.TABLE.name or row.row not in (EVERY, backstop.backstop):
        return None
    column = "max_blocks" if row.column == "cap_blocks" else row.column
    return replace(row, table=Option.TABLE.name, row=right_of(backstop), column=column)

"""The program as a free MPS file, which any solver reads: the costs are minimised, the numbers are exact.

Names keep their letters, digits, `_`, `.` and parentheses; brackets become parentheses and everything else `_`, and a
number is added where two names would be the same. A constant cost is the cost of a column fixed at 1: readers disagree
on the sign of a constant that stands on the right side of the cost row (GLPK reads it one way, HiGHS the other).
"""

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from optimizer.files import write_file
from optimizer.model.arrays import Program

COST_ROW = "cost"
CONSTANT_COLUMN = "constant_cost"
LONGEST_NAME = 200

_PARENTHESES = str.maketrans("[]", "()")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.()]")


def write_mps(program: Program, path: Path) -> None:
    """Write the program; the old file stays until the new one is whole. Raises OutputError if it cannot be written."""
    write_file(Path(path), lambda temporary: _write(program, temporary))


def safe_names(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Readable names an MPS reader takes, all different and none in `taken`."""
    used = set(taken)
    safe = []
    for name in names:
        plain = _UNSAFE.sub("_", name.translate(_PARENTHESES))[:LONGEST_NAME]
        if not plain[:1].isalpha():
            plain = f"x_{plain}"
        unique, number = plain, 2
        while unique in used:
            unique, number = f"{plain}_{number}", number + 1
        used.add(unique)
        safe.append(unique)
    return safe


def _write(program: Program, path: Path) -> None:
    rows = safe_names(program.row_names, taken=(COST_ROW,))
    columns = safe_names(program.column_names, taken=(CONSTANT_COLUMN,))
    with path.open("w", encoding="ascii", newline="\n") as stream:
        stream.write("NAME program FREE\nROWS\n")
        stream.write(f" N {COST_ROW}\n")
        stream.writelines(_row_lines(program, rows))
        stream.write("COLUMNS\n")
        stream.writelines(_column_lines(program, rows, columns))
        stream.write("RHS\n")
        stream.writelines(_side_lines(program, rows))
        stream.write("RANGES\n")
        stream.writelines(_range_lines(program, rows))
        stream.write("BOUNDS\n")
        stream.writelines(_bound_lines(program, columns))
        stream.write("ENDATA\n")


def _row_lines(program: Program, rows: Sequence[str]) -> Iterator[str]:
    for name, low, high in zip(rows, program.row_lower.tolist(), program.row_upper.tolist(), strict=True):
        yield f" {_sense(low, high)} {name}\n"


def _sense(low: float, high: float) -> str:
    """E and G rows have the lower bound as right side, L rows the upper; a row with two bounds is G with a range."""
    if low == high:
        return "E"
    if low != -math.inf:
        return "G"
    return "L" if high != math.inf else "N"


def _column_lines(program: Program, rows: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    by_column = program.matrix.tocsc()
    start, index, value = by_column.indptr.tolist(), by_column.indices.tolist(), by_column.data.tolist()
    costs, integrality = program.costs.tolist(), program.integrality.tolist()
    inside = False
    for j, name in enumerate(columns):
        if integrality[j] != inside:
            inside = integrality[j]
            yield f" MARKER_{j} 'MARKER' '{'INTORG' if inside else 'INTEND'}'\n"
        yield f" {name} {COST_ROW} {costs[j]!r}\n"
        for k in range(start[j], start[j + 1]):
            yield f" {name} {rows[index[k]]} {value[k]!r}\n"
    if inside:
        yield " MARKER_END 'MARKER' 'INTEND'\n"
    if program.cost_offset:
        yield f" {CONSTANT_COLUMN} {COST_ROW} {program.cost_offset!r}\n"


def _side_lines(program: Program, rows: Sequence[str]) -> Iterator[str]:
    for name, low, high in zip(rows, program.row_lower.tolist(), program.row_upper.tolist(), strict=True):
        side = low if low != -math.inf else high
        if side and math.isfinite(side):
            yield f" RHS {name} {side!r}\n"


def _range_lines(program: Program, rows: Sequence[str]) -> Iterator[str]:
    both = np.isfinite(program.row_lower) & np.isfinite(program.row_upper) & (program.row_lower != program.row_upper)
    for i in np.flatnonzero(both).tolist():
        yield f" RANGE {rows[i]} {float(program.row_upper[i] - program.row_lower[i])!r}\n"


def _bound_lines(program: Program, columns: Sequence[str]) -> Iterator[str]:
    """Both bounds of every column but those at least 0; of integers always, as readers differ in their default."""
    both = zip(program.col_lower.tolist(), program.col_upper.tolist(), program.integrality.tolist(), strict=True)
    for name, (low, high, integer) in zip(columns, both, strict=True):
        if low == high:
            yield f" FX BOUND {name} {low!r}\n"
        elif low == -math.inf and high == math.inf:
            yield f" FR BOUND {name}\n"
        elif integer or low or high != math.inf:
            yield f" MI BOUND {name}\n" if low == -math.inf else f" LO BOUND {name} {low!r}\n"
            yield f" PL BOUND {name}\n" if high == math.inf else f" UP BOUND {name} {high!r}\n"
    if program.cost_offset:
        yield f" FX BOUND {CONSTANT_COLUMN} 1.0\n"

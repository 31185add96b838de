"""What a bundle asks of the trunk: sums of its columns, the tenders, and pieces that share nothing else.

  (TENDER-1)  F(x) = costs x + sum over pieces k of Q_k(T x), the cost of piece k under its tenders T x
A row that holds columns of the trunk and of the bundle holds the first as one sum, its tender, up to a factor. With the
tenders decided, a bundle falls into pieces, such as the quarters of a bundle that carries nothing from one to the next.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, hstack
from scipy.sparse.csgraph import connected_components

from optimizer.decompose.part import Part, Place
from optimizer.decompose.tenders.narrow import activity
from optimizer.model.arrays import Program

DIGITS = 12
PASSES = 10
NEAR = 1e-9


@dataclass(frozen=True)
class Tender:
    """A sum of columns of the trunk, each times its ratio to the first."""

    places: tuple[Place, ...]
    ratios: tuple[float, ...]


def same(ratio: float) -> str:
    """What two ratios have in common that differ by rounding errors alone."""
    return f"{ratio:.{DIGITS}g}"


@dataclass(frozen=True)
class _Asks:
    """Rows with a tender, each with its factor, the side that it is held to, and its other terms."""

    tender: np.ndarray
    factor: np.ndarray
    side: np.ndarray
    matrix: csr_array


@dataclass(frozen=True)
class Piece:
    """A program of its own: the columns of the piece, then one for each of its tenders, by number in the bundle.

    `low` and `high` are what the bounds of the trunk let the tenders be, `takes[i, j]` is the factor of tender j in row
    i. Money is in units of the bundle.
    """

    tenders: np.ndarray
    low: np.ndarray
    high: np.ndarray
    takes: csr_array
    program: Program

    @property
    def size(self) -> int:
        """Columns that are not tenders."""
        return self.program.num_columns - len(self.tenders)

    @property
    def is_stepped(self) -> bool:
        """Whether Q_k is a step function of few dimensions: whole numbers decide all columns, tenders have an end, and
        more of one is never worse.
        """
        ended = np.isfinite(self.low).all() and np.isfinite(self.high).all()
        return bool(ended) and self._is_relaxed_by_more() and bool(self._decided().all())

    def needs(self, values: np.ndarray) -> np.ndarray:
        """The least tenders under which the columns of the piece may have these values; it has `is_stepped`."""
        asks = self._asks
        found = self.low.copy()
        np.maximum.at(found, asks.tender, (asks.side - asks.matrix @ values[: self.size]) / asks.factor)
        return found

    @cached_property
    def _asks(self) -> "_Asks":
        takes, program = self.takes.tocoo(), self.program
        side = np.where(takes.data < 0.0, program.row_upper[takes.row], program.row_lower[takes.row])
        return _Asks(takes.col, takes.data, side, program.matrix[takes.row][:, : self.size])

    def _is_relaxed_by_more(self) -> bool:
        """Whether each row with a tender has one side, which more of the tender moves away."""
        signs = self.takes.sign()
        more, less = (np.asarray((signs == sign).sum(axis=1)) > 0 for sign in (1, -1))
        open_above, open_below = np.isinf(self.program.row_upper), np.isinf(self.program.row_lower)
        return bool((~more | open_above).all() and (~less | open_below).all())

    def _decided(self) -> np.ndarray:
        """Columns that the whole numbers decide, found by going through the equations a few times."""
        program, size = self.program, self.size
        matrix, low, high = program.matrix[:, :size], program.col_lower[:size], program.col_upper[:size]
        known = program.integrality[:size] | (low == high)
        equal = program.row_lower == program.row_upper
        least, _ = activity(matrix, low, high)
        for _ in range(PASSES):
            before = int(known.sum())
            unknown = abs(matrix) @ (~known).astype(np.float64)
            for row in np.flatnonzero(unknown > 0.0):
                places = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
                left = places[~known[places]]
                is_least = least[row] >= program.row_upper[row] - NEAR
                if is_least or (equal[row] and len(left) == 1):
                    known[left] = True
            if known.sum() in (before, size):
                break
        return known


Terms = tuple[tuple[int, float], ...]


def taken_apart(part: Part) -> tuple[tuple[Tender, ...], tuple[Piece, ...]]:
    """The tenders of a bundle and its pieces; all that holds no tender is one piece, the last."""
    program, inside = part.program, np.zeros(part.program.num_columns, dtype=bool)
    inside[part.link] = True
    rows, own = np.flatnonzero(~part.own), np.flatnonzero(~inside)
    matrix = program.matrix[rows]
    matrix.eliminate_zeros()
    sums, takes = _sums(matrix[:, part.link])
    low, high = activity(_rows(sums, len(part.link)), program.col_lower[part.link], program.col_upper[part.link])
    rest = replace(
        program, costs=program.costs[own], cost_offset=0.0, col_lower=program.col_lower[own],
        col_upper=program.col_upper[own], integrality=program.integrality[own], row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
    )  # fmt: skip
    left = matrix[:, own]
    of_row, of_column = _pieces(left, takes)
    pieces = []
    for number in range(max(of_column.max(initial=-1), of_row.max(initial=-1)) + 1):
        here, columns = np.flatnonzero(of_row == number), np.flatnonzero(of_column == number)
        pieces.append(_piece(rest, left[here][:, columns], takes[here], here, columns, low, high))
    tenders = (Tender(tuple(part.places[n] for n, _ in one), tuple(ratio for _, ratio in one)) for one in sums)
    return tuple(tenders), tuple(pieces)


def _piece(
    rest: Program, matrix: csr_array, takes: csr_array, rows: np.ndarray, columns: np.ndarray, low: np.ndarray,
    high: np.ndarray,
) -> Piece:  # fmt: skip
    """Some rows and columns of a bundle, and the tenders in them."""
    asked = np.unique(takes.indices)
    mine = takes[:, asked]
    whole, nothing = csr_array(hstack([matrix, mine], format="csr")), np.zeros(len(asked))
    program = Program(
        np.concatenate([rest.costs[columns], nothing]), 0.0, np.concatenate([rest.col_lower[columns], low[asked]]),
        np.concatenate([rest.col_upper[columns], high[asked]]),
        np.concatenate([rest.integrality[columns], nothing > 0.0]), whole.indptr.astype(np.int32),
        whole.indices.astype(np.int32), whole.data, rest.row_lower[rows], rest.row_upper[rows], (), (),
    )  # fmt: skip
    return Piece(asked, low[asked], high[asked], mine, program)


def _sums(matrix: csr_array) -> tuple[list[Terms], csr_array]:
    """Sums of shares of the trunk, and the factor of each in every row."""
    known: dict[tuple[tuple[int, str], ...], int] = {}
    sums: list[Terms] = []
    places: list[tuple[int, int, float]] = []
    for row in range(matrix.shape[0]):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        terms = sorted(zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True))
        if terms:
            first = terms[0][1]
            ratios = tuple((column, factor / first) for column, factor in terms)
            number = known.setdefault(tuple((column, same(ratio)) for column, ratio in ratios), len(known))
            sums += [ratios] if number == len(sums) else []
            places.append((row, number, first))
    return sums, matrix_of(places, (matrix.shape[0], len(sums)))


def _rows(sums: list[Terms], columns: int) -> csr_array:
    """The sums as rows."""
    places = [(row, column, ratio) for row, one in enumerate(sums) for column, ratio in one]
    return matrix_of(places, (len(sums), columns))


def matrix_of(places: list[tuple[int, int, float]], shape: tuple[int, int]) -> csr_array:
    """A matrix of its entries, each a row, a column and a value."""
    at = np.array([place[:2] for place in places], dtype=np.int64).reshape(-1, 2)
    return csr_array((np.array([place[2] for place in places]), (at[:, 0], at[:, 1])), shape=shape)


def _pieces(matrix: csr_array, takes: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The piece of each row and of each column; those without a tender are together the last."""
    rows, columns = matrix.shape
    terms = matrix.tocoo()
    size = rows + columns
    graph = csr_array((np.ones(len(terms.data)), (terms.row, rows + terms.col)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    asks = np.zeros(count, dtype=bool)
    asks[label[:rows][np.diff(takes.indptr) > 0]] = True
    number = np.where(asks, np.cumsum(asks) - 1, asks.sum())[label]
    return number[:rows], number[rows:]

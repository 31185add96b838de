"""What a bundle asks of the trunk: sums of its columns, the tenders, and pieces that share nothing else.

  (TENDER-1)  F(x) = costs x + sum over pieces k of Q_k(T x), the cost of piece k under its tenders T x
A row that holds columns of the trunk and of the bundle holds the first as one sum, its tender, up to a factor. With the
tenders decided, a bundle falls into pieces, such as the quarters of a bundle that carries nothing from one to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack
from scipy.sparse.csgraph import connected_components

from optimizer.decompose.narrow import activity
from optimizer.decompose.part import Part, Place
from optimizer.model.arrays import Program

DIGITS = 12
NEAR = 1e-9


@dataclass(frozen=True)
class Tender:
    """A sum of columns of the trunk, each times its ratio to the first."""

    places: tuple[Place, ...]
    ratios: tuple[float, ...]


@dataclass(frozen=True)
class Piece:
    """A program of its own: the columns of the piece, then one for each of its tenders, by number in the bundle.

    `low` and `high` are what the bounds of the trunk let the tenders be, `takes[i, j]` is how much of tender j row i
    has for one unit of it.
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
        """Whether Q_k is a step function: whole numbers decide all columns, and more of a tender is never worse."""
        return self._is_relaxed_by_more() and bool(self._decided().all())

    def needs(self, values: np.ndarray) -> np.ndarray:
        """The least tenders under which the columns of the piece may have these values."""
        program = self.program
        activity = program.matrix[:, : self.size] @ values[: self.size]
        found = self.low.copy()
        takes = self.takes.tocoo()
        for row, column, factor in zip(takes.row, takes.col, takes.data, strict=True):
            side = program.row_upper[row] if factor < 0.0 else program.row_lower[row]
            found[column] = max(found[column], (side - activity[row]) / factor)
        return found

    def _is_relaxed_by_more(self) -> bool:
        """Whether each row with a tender has one side, which more of the tender moves away."""
        signs = self.takes.sign()
        more, less = (np.asarray((signs == sign).sum(axis=1)) > 0 for sign in (1, -1))
        open_above, open_below = np.isinf(self.program.row_upper), np.isinf(self.program.row_lower)
        return bool((~more | open_above).all() and (~less | open_below).all())

    def _decided(self) -> np.ndarray:
        """Columns that the whole numbers decide, found by going through the equations again and again."""
        program, size = self.program, self.size
        matrix, low, high = program.matrix[:, :size], program.col_lower[:size], program.col_upper[:size]
        known = program.integrality[:size] | (low == high)
        equal = program.row_lower == program.row_upper
        least, _ = activity(matrix, low, high)
        before = -1
        while before < known.sum() < size:
            before = int(known.sum())
            unknown = abs(matrix) @ (~known).astype(np.float64)
            for row in np.flatnonzero(unknown > 0.0):
                places = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
                left = places[~known[places]]
                is_least = least[row] >= program.row_upper[row] - NEAR
                if is_least or (equal[row] and len(left) == 1):
                    known[left] = True
        return known


def taken_apart(part: Part) -> tuple[tuple[Tender, ...], tuple[Piece, ...]]:
    """The tenders of a bundle and its pieces; all that holds no tender is one piece, the last."""
    program, inside = part.program, np.zeros(part.program.num_columns, dtype=bool)
    inside[part.link] = True
    rows, own = np.flatnonzero(~part.own), np.flatnonzero(~inside)
    tenders, takes = _tenders(part, program.matrix[rows][:, part.link])
    low, high = activity(_matrix(tenders, len(part.link)), program.col_lower[part.link], program.col_upper[part.link])
    matrix = csr_array(program.matrix[rows][:, own])
    of_row, of_column = _pieces(matrix, takes)
    found = []
    for number in range(max(of_column.max(initial=-1), of_row.max(initial=-1)) + 1):
        here, columns = np.flatnonzero(of_row == number), np.flatnonzero(of_column == number)
        theirs = np.unique(takes[here].indices)
        mine = csr_array(takes[here][:, theirs])
        whole = csr_array(hstack([matrix[here][:, columns], mine], format="csr"))
        nothing = np.zeros(len(theirs))
        at = own[columns]
        piece = Program(
            costs=np.concatenate([program.costs[at], nothing]), cost_offset=0.0,
            col_lower=np.concatenate([program.col_lower[at], low[theirs]]),
            col_upper=np.concatenate([program.col_upper[at], high[theirs]]),
            integrality=np.concatenate([program.integrality[at], nothing > 0.0]),
            start=whole.indptr.astype(np.int32), index=whole.indices.astype(np.int32), value=whole.data,
            row_lower=program.row_lower[rows[here]], row_upper=program.row_upper[rows[here]],
            columns=(), constraints=(),
        )  # fmt: skip
        found.append(Piece(theirs, low[theirs], high[theirs], mine, piece))
    named = (Tender(tuple(part.places[n] for n, _ in one), tuple(r for _, r in one)) for one in tenders)
    return tuple(named), tuple(found)


Terms = tuple[tuple[int, float], ...]


def _tenders(part: Part, matrix: csr_array) -> tuple[list[Terms], csr_array]:
    """Sums of shares of the trunk, and how much of each a row has."""
    known: dict[Terms, int] = {}
    places = []
    for row in range(matrix.shape[0]):
        piece = slice(matrix.indptr[row], matrix.indptr[row + 1])
        terms = sorted(zip(matrix.indices[piece].tolist(), matrix.data[piece].tolist(), strict=True))
        if terms:
            first = terms[0][1]
            sum_ = tuple((n, round(factor / first, DIGITS)) for n, factor in terms)
            places.append((row, known.setdefault(sum_, len(known)), first))
    index = np.array([(row, number) for row, number, _ in places], dtype=np.int64).reshape(-1, 2)
    factors = np.array([factor for _, _, factor in places])
    return list(known), csr_array((factors, (index[:, 0], index[:, 1])), shape=(matrix.shape[0], len(known)))


def _matrix(tenders: list[Terms], columns: int) -> csr_array:
    """The sums as rows."""
    terms = [(row, column, ratio) for row, one in enumerate(tenders) for column, ratio in one]
    at = np.array([(row, column) for row, column, _ in terms], dtype=np.int64).reshape(-1, 2)
    ratios = np.array([ratio for _, _, ratio in terms])
    return csr_array((ratios, (at[:, 0], at[:, 1])), shape=(len(tenders), columns))


def _pieces(matrix: csr_array, takes: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The piece of each row and of each column; those without a tender are together the last."""
    rows, columns = matrix.shape
    terms = matrix.tocoo()
    size = rows + columns
    graph = csr_array((np.ones(len(terms.data)), (terms.row, rows + terms.col)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    asks = np.zeros(count, dtype=bool)
    asks[label[:rows][np.diff(takes.indptr) > 0]] = True
    order = np.cumsum(asks) - 1
    number = np.where(asks, order, asks.sum())[label]
    return number[:rows], number[rows:]

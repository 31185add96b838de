"""What a search knows, in a file: a search that was stopped, or died, goes on from there.

One compressed file of NumPy arrays, no pickles. It belongs to one case, cut in one quarter, and to the version of this
package that made the programs of its bundles.
"""

import time
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from optimizer.decompose.part import Bound
from optimizer.errors import UsageError
from optimizer.files import write_file

EVERY_SECONDS = 30.0
NONE = -1
Arrays = Mapping[str, np.ndarray]
UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What a file that is none, or is damaged, may come to; RuntimeError where it asks for an encryption or a packing."""


@dataclass(frozen=True)
class Owner:
    """What the file belongs to."""

    case_hash: str
    quarter: str
    version: str


@dataclass(frozen=True)
class Memo:
    """A trunk, and by bundle the costs of its plans, USD (infinite for none), their floors and their whole numbers."""

    trunk: np.ndarray
    costs: np.ndarray
    floors: np.ndarray
    wholes: tuple[np.ndarray | None, ...]


@dataclass(frozen=True)
class Checkpoint:
    """The proven bound, USD; bounds of bundles that hold it up together; the best Lagrangian bound of each bundle; the
    best trunk, and the one that is being priced; for a regret, what each bundle costs alone, USD, to which the proven
    bound belongs.
    """

    bound: float
    holding: tuple[Mapping[int, Bound], ...]
    bounds: Mapping[int, Bound]
    best: Memo | None
    underway: Memo | None
    least: np.ndarray


class Keeper:
    """Reads the file at first, and writes it now and then. `known` is what was kept, None where there was no file.

    Raises UsageError for a file that is no checkpoint, or another search's, OutputError where it cannot be written.
    """

    def __init__(self, path: Path, owner: Owner) -> None:
        self.path, self.owner = path, owner
        self.last = time.perf_counter()
        self.known = self._read() if path.exists() else None
        if self.known is None:
            self.write(Checkpoint(-np.inf, (), {}, None, None, np.zeros(0)))

    @property
    def is_due(self) -> bool:
        """Whether what was last written is older than it should be."""
        return time.perf_counter() - self.last >= EVERY_SECONDS

    def write(self, known: Checkpoint) -> None:
        """Replace the file. Raises OutputError where it cannot be written."""
        self.last = time.perf_counter()
        arrays = {"owner": np.array(astuple(self.owner)), "bound": np.array(known.bound)}
        arrays["least"] = known.least
        arrays |= _bounds("holding", known.holding) | _bounds("bounds", [known.bounds])
        arrays |= _memo("best", known.best) | _memo("underway", known.underway)

        def written(path: Path) -> None:
            with path.open("wb") as stream:
                np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # no name is that of an option

        write_file(self.path, written)

    def _read(self) -> Checkpoint:
        try:
            with self.path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                owner = Owner(*(str(part) for part in arrays["owner"]))
                known = _checkpoint(arrays) if owner == self.owner else None
        except UNREADABLE as error:
            raise UsageError(f"{self.path} is no checkpoint of a search: {error}. Fix: name another file") from error
        if known is None:
            raise UsageError(f"{self.path} belongs to {self._other(owner)}. Fix: name another file, or remove it")
        return known

    def _other(self, owner: Owner) -> str:
        if owner.case_hash != self.owner.case_hash:
            return "another case, or to this one before it was changed"
        if owner.version != self.owner.version:
            return f"version {owner.version} of the optimizer"
        return f"a tree cut in {owner.quarter}, not in {self.owner.quarter}"


def _bounds(name: str, sets: Sequence[Mapping[int, Bound]]) -> dict[str, np.ndarray]:
    found = [(number, bundle, bound) for number, bounds in enumerate(sets) for bundle, bound in bounds.items()]
    return {
        f"{name}_set": np.array([number for number, _, _ in found], dtype=np.int64),
        f"{name}_bundle": np.array([bundle for _, bundle, _ in found], dtype=np.int64),
        f"{name}_constant": np.array([bound.constant for _, _, bound in found]),
        f"{name}_reach": np.array([bound.reach for _, _, bound in found], dtype=bool),
        **_ragged(f"{name}_gradient", [bound.gradient for _, _, bound in found]),
    }


def _memo(name: str, memo: Memo | None) -> dict[str, np.ndarray]:
    if memo is None:
        return {}
    return {
        f"{name}_trunk": memo.trunk,
        f"{name}_costs": memo.costs,
        f"{name}_floors": memo.floors,
        **_ragged(f"{name}_wholes", memo.wholes),
    }


def _ragged(name: str, parts: Sequence[np.ndarray | None]) -> dict[str, np.ndarray]:
    """Arrays one after another, and how long each is; none is shorter than an empty one."""
    there = [part for part in parts if part is not None]
    lengths = np.array([NONE if part is None else len(part) for part in parts], dtype=np.int64)
    return {f"{name}_length": lengths, name: np.concatenate(there) if there else np.zeros(0)}


def _checkpoint(arrays: Arrays) -> Checkpoint:
    holding = _read_bounds(arrays, "holding")
    (bounds,) = _read_bounds(arrays, "bounds") or ({},)
    best, underway = _read_memo(arrays, "best"), _read_memo(arrays, "underway")
    return Checkpoint(float(arrays["bound"]), holding, bounds, best, underway, arrays["least"])


def _read_bounds(arrays: Arrays, name: str) -> tuple[Mapping[int, Bound], ...]:
    columns = (arrays[f"{name}_{column}"] for column in ("set", "bundle", "constant", "reach"))
    gradients = _read_ragged(arrays, f"{name}_gradient")
    sets: dict[int, dict[int, Bound]] = {}
    for number, bundle, constant, reach, gradient in zip(*columns, gradients, strict=True):
        if gradient is None:
            raise ValueError("a bound without its gradient")
        sets.setdefault(int(number), {})[int(bundle)] = Bound(float(constant), gradient, bool(reach))
    return tuple(sets.values())


def _read_memo(arrays: Arrays, name: str) -> Memo | None:
    if f"{name}_trunk" not in arrays:
        return None
    trunk, costs, floors = (arrays[f"{name}_{part}"] for part in ("trunk", "costs", "floors"))
    return Memo(trunk, costs, floors, tuple(_read_ragged(arrays, f"{name}_wholes")))


def _read_ragged(arrays: Arrays, name: str) -> Iterable[np.ndarray | None]:
    lengths, values = arrays[f"{name}_length"], arrays[name]
    ends = np.cumsum(np.maximum(lengths, 0))
    if len(ends) and ends[-1] != len(values):
        raise ValueError(f"{name} is cut short")
    return [None if size == NONE else values[end - size : end] for end, size in zip(ends, lengths, strict=True)]

"""Fluid vector drawings: x is a share of the width, y is pixels, text keeps its size.

Why not a library: the page must be small, quick to write, free of scripts, readable at 320 and at 1440 pixels, and
follow the reader's light or dark mode. Matplotlib takes seconds to import and fixes size and colour when it draws, so
that its text shrinks with the picture on a phone; plotly and bokeh bring megabytes of script, which the page's own
security policy forbids. A few marks in percentages of the width do all of it: the browser lays out, the style sheet
colours. Columns, lines, strips and markers are all the page needs, and this file is all there is to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from markupsafe import Markup


class Mark(Protocol):
    """Something drawn; user text in it is escaped."""

    def __html__(self) -> Markup: ...


@dataclass(frozen=True)
class Bar:
    """A rectangle. `x` and `width` are shares of the drawing's width, `y` and `height` pixels."""

    x: float
    width: float
    y: float
    height: float
    style: str

    def __html__(self) -> Markup:
        return Markup('<rect class="{}" x="{}" width="{}" y="{}" height="{}"/>').format(
            self.style, _share(self.x), _share(self.width), _px(self.y), _px(max(self.height, 0.0))
        )


@dataclass(frozen=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str

    def __html__(self) -> Markup:
        return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            self.style, _share(self.x1), _px(self.y1), _share(self.x2), _px(self.y2)
        )


@dataclass(frozen=True)
class Text:
    """Text whose baseline is at `y`; `dx` moves it by pixels. The style sheet says where it is anchored."""

    x: float
    y: float
    text: str
    style: str
    dx: float = 0.0

    def __html__(self) -> Markup:
        dx = Markup(' dx="{}"').format(_px(self.dx)) if self.dx else ""
        return Markup('<text class="{}" x="{}" y="{}"{}>{}</text>').format(
            self.style, _share(self.x), _px(self.y), dx, self.text
        )


class Shape(Enum):
    """A sign on a time line, as a path around its centre in pixels."""

    DISC = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"
    DIAMOND = "M0 -6.5L6.5 0L0 6.5L-6.5 0z"
    SQUARE = "M-5 -5h10v10h-10z"
    CROSS = "M-4.5 -4.5L4.5 4.5M4.5 -4.5L-4.5 4.5"
    TRIANGLE = "M0 -6L6 5L-6 5z"


@dataclass(frozen=True)
class Sign:
    """A shape centred at (x, y)."""

    x: float
    y: float
    shape: Shape
    style: str

    def __html__(self) -> Markup:
        return Markup('<svg class="at" x="{}" y="{}"><path class="{}" d="{}"/></svg>').format(
            _share(self.x), _px(self.y), self.style, self.shape.value
        )


@dataclass(frozen=True)
class Group:
    """Marks that show `title` when pointed at."""

    title: str
    marks: tuple[Mark, ...]

    def __html__(self) -> Markup:
        return Markup("<g><title>{}</title>{}</g>").format(self.title, _join(self.marks))


@dataclass(frozen=True)
class Drawing:
    """Marks in a box that is as wide as its place and `height` pixels high. `name` is what it is called aloud."""

    height: float
    marks: tuple[Mark, ...]
    name: str = ""

    def __html__(self) -> Markup:
        spoken = Markup('role="img" aria-label="{}"').format(self.name) if self.name else Markup('aria-hidden="true"')
        return Markup('<svg class="drawing" {} width="100%" height="{}">{}</svg>').format(
            spoken, _px(self.height), _join(self.marks)
        )


def _join(marks: Sequence[Mark]) -> Markup:
    return Markup("").join(marks)


def _share(value: float) -> str:
    return f"{value * 100:.3f}".rstrip("0").rstrip(".") + "%"


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

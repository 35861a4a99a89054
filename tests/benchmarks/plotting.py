"""A line chart as SVG: the one plot that a benchmark draws, which needs no plotting library."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 440, 60, 190, 20, 50
_COLOURS = ("#999999", "#e69f00", "#56b4e9", "#d55e00")
"""Okabe and Ito's, told apart by everybody."""
_MOST_POINTS, _LINE = 150, 16


@dataclass(frozen=True)
class Line:
    """A named line."""

    name: str
    across: Sequence[float]
    up: Sequence[float]


def line_chart(lines: Sequence[Line], across: str, up: str) -> str:
    """Lines from 0, each with its name at its end.

    Args:
        lines: as many as there are colours at most.
        across, up: what the axes show.
    """
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    most_across, most_up = max(max(line.across) for line in lines), max(max(line.up) for line in lines)

    named = [*zip(_COLOURS, lines, strict=False)]

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + width * x / most_across, _TOP + height * (1 - y / most_up)

    def drawn() -> Iterator[str]:
        yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
        for tick in _ticks(most_up):
            x, y = at(0, tick)
            yield f'<path d="M{x:.0f} {y:.1f}h{width}" stroke="#dddddd"/>'
            yield f'<text x="{x - 8:.0f}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in _ticks(most_across):
            x, y = at(tick, 0)
            yield f'<text x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle">{tick:g}</text>'
        for colour, line in named:
            step = max(len(line.across) // _MOST_POINTS, 1)
            points = [*zip(line.across, line.up, strict=True)]
            shown = " ".join("{:.1f},{:.1f}".format(*at(*point)) for point in [(0, 0), *points[::step], points[-1]])
            yield f'<polyline points="{shown}" fill="none" stroke="{colour}" stroke-width="2"/>'
        ends = sorted((at(line.across[-1], line.up[-1])[::-1], colour, line.name) for colour, line in named)
        free = 0.0
        for (y, x), colour, name in ends:
            free = max(y + 4, free + _LINE)
            yield f'<text x="{x + 8:.0f}" y="{free:.1f}" fill="{colour}">{escape(name)}</text>'
        yield f'<text x="{_LEFT + width / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>'
        middle = _TOP + height / 2
        yield f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">{escape(up)}</text>'

    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
    return head + 'font-size="13">\n' + "\n".join(drawn()) + "\n</svg>\n"


def _ticks(most: float) -> list[float]:
    """About five round numbers from 0."""
    rough = most / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda one: abs(one - rough))
    return [number * step for number in range(int(most / step) + 1)]

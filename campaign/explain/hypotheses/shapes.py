"""Trends, interactions and places of the best: whether each holds, in surfaces that the models take to be possible.

- A *trend* holds where the averaged slope has its sign: in every sampled row the parameter is moved over its range with
  all others kept, a straight line is fitted to what comes of it, and the slopes are averaged. That is linear in the
  surface, so its probability has a closed form. Where others cannot be kept, as in mixtures, it is the slope of a
  straight line through the allowed rows. The range is that of the rows of its region.
- An *interaction* holds where two parameters together bring about what neither does alone: in a two-way layout of the
  surface over both, in every sampled row, the interaction's share of the variance between cells is at least
  :data:`SHARE` (Friedman and Popescu 2008, Ann. Appl. Stat. 2, 916, is the same of a mean prediction).
- A *region* holds the best row where the best of the sampled rows, measured ones among them, in a drawn surface, lies
  there. Before results every row is as likely to be the best.

An experiment tells most where its outcome depends most on whether the statement holds: the share of the variance of a
measurement there that the statement explains.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.explain.hypotheses.surface import DRAWS, Array, Surface
from zosimos.core.expression import Expression
from zosimos.core.parameter import value_at
from zosimos.core.parameters import Values, levels_of
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.goal.statements import Interaction, Region, Trend

SHARE = 0.02
"""Of the variance that two parameters bring about (a seventh of its root): an interaction of less is none."""
_ROWS, _LEVELS = 48, 5  # of a trend: sampled rows, and values that its parameter takes in each
_CELLS, _BLOCKS = 4, 12  # of an interaction: values of each parameter, and rows in which both are moved
_PLACES = 300  # rows among which the best is looked for
_NARROW = 20  # of them, that are taken from the region itself
_ASKED = 200  # untried rows that are compared as next experiments
_SAMPLED = 2048  # rows among which those of a region are looked for


@dataclass(frozen=True)
class Shape:
    """What a surface says of a statement: the probability that it holds, and the most telling row with its share.

    ``before`` is the probability that it had before there were results.
    """

    probability: float
    row: Values | None = None
    telling: float = 0.0
    note: str = ""
    before: float = 0.5


def judged(statement: Trend | Interaction | Region, surface: Surface, seed: int) -> Shape | None:
    """Return what a surface says of a statement; None where the space leaves nothing to compare."""
    match statement:
        case Trend():
            return _trend(statement, surface, seed)
        case Interaction():
            return _interaction(statement, surface, seed)
        case Region():
            return _region(statement, surface, seed)


def _trend(statement: Trend, surface: Surface, seed: int) -> Shape | None:
    from scipy.special import ndtr  # scipy: only where it is needed

    rows = inside(surface, statement.where, _SAMPLED, seed)
    moved, weights, note = _slopes(statement, rows, surface.space)
    if not moved:
        return None
    mean, covariance = surface.normal(moved)
    slope, variance = float(weights @ mean), float(weights @ covariance @ weights)
    sign = 1.0 if statement.direction == "rises" else -1.0
    chance = float(ndtr(sign * slope / np.sqrt(variance))) if variance > 0.0 else 0.5
    asked = surface.untried(_ASKED, seed)
    if not asked:
        return Shape(chance, note=note)
    shared = surface.cross(asked, moved) @ weights
    _, spread = surface.normal(asked)
    told = shared**2 / (max(variance, 1e-300) * (np.diag(spread) + surface.noise(asked)))
    best = int(np.argmax(told))
    return Shape(chance, asked[best], float(min(told[best], 1.0)), note)


def _slopes(statement: Trend, rows: Sequence[Values], space: SearchSpace) -> tuple[list[Values], Array, str]:
    """Return rows and the weights with which the surface there adds up to the averaged slope, up to a factor."""
    name = statement.parameter
    parameter = space.by_name[name]
    places = parameter.placed(np.array([row[name] for row in rows], dtype=float)) if rows else np.empty(0)
    if not len(rows) or np.ptp(places) == 0.0:
        return [], np.empty(0), ""
    ends = float(places.min()), float(places.max())
    levels = list(dict.fromkeys(value_at(parameter, u) for u in np.linspace(*ends, _LEVELS)))
    at = parameter.placed(np.array(levels, dtype=float))
    found: list[Values] = []
    weights: list[float] = []
    for row in rows[:_ROWS]:
        line: list[Values] = [{**row, name: level} for level in levels]
        allowed = _possible(line, space, statement.where)
        if allowed.sum() < 2:
            continue
        away = at[allowed] - at[allowed].mean()
        found += [one for one, may in zip(line, allowed, strict=True) if may]
        weights += list(away / (away @ away))
    if found:
        return found, np.array(weights), ""
    some = list(rows[: _ROWS * _LEVELS])
    away = places[: len(some)] - places[: len(some)].mean()
    return some, away, f"other parameters change with {name}, as the constraints want it"


def _interaction(statement: Interaction, surface: Surface, seed: int) -> Shape | None:
    rows = inside(surface, "", _SAMPLED, seed)
    pairs = [_values(name, rows, surface.space) for name in (statement.first, statement.second)]
    if min(map(len, pairs)) < 2:
        return None
    cells = [dict(zip((statement.first, statement.second), both, strict=True)) for both in itertools.product(*pairs)]
    blocks = [block for row in rows if _possible(block := [{**row, **cell} for cell in cells], surface.space).all()]
    if not blocks:
        return None
    layout = [row for block in blocks[:_BLOCKS] for row in block]
    asked = surface.untried(_ASKED, seed)
    drawn = surface.drawn([*layout, *asked], seed)
    holds = _shares(drawn[:, : len(layout)].reshape(DRAWS, -1, len(pairs[0]), len(pairs[1]))) >= SHARE
    return _told(holds, drawn[:, len(layout) :], asked, surface)


def _shares(layouts: Array) -> Array:
    """Return the interaction's share of the variance between cells of ``s x b x i x j`` layouts, ``s``."""
    apart = layouts - layouts.mean(axis=(2, 3), keepdims=True)
    own = apart - apart.mean(axis=2, keepdims=True) - apart.mean(axis=3, keepdims=True)
    whole = (apart**2).sum(axis=(1, 2, 3))
    return np.asarray((own**2).sum(axis=(1, 2, 3)) / np.maximum(whole, 1e-300))


def _region(statement: Region, surface: Surface, seed: int) -> Shape | None:
    untried, measured = surface.untried(_PLACES, seed), surface.context.answers
    narrow = inside(surface, statement.where, _SAMPLED, seed)[:_NARROW]  # of a small region, few of the rows would be
    rows, asked = [*untried, *measured, *narrow], len(untried)
    if not rows:
        return None
    drawn = surface.drawn(rows, seed)
    there = _meets(statement.where, rows, surface.space)
    holds = there[np.argmax(utilities(drawn, surface.objective), axis=1)]
    share = len(inside(surface, statement.where, _SAMPLED, seed)) / max(1, len(surface.allowed(_SAMPLED, seed)))
    found = _told(holds, drawn[:, :asked], rows[:asked], surface)
    return replace(found, before=min(max(share, 1.0 / _SAMPLED), 1.0 - 1.0 / _SAMPLED))


def _told(holds: NDArray[np.bool_], drawn: Array, asked: Sequence[Values], surface: Surface) -> Shape:
    """Return the share of surfaces in which a statement holds, and where an outcome depends most on that."""
    count = int(holds.sum())
    chance = (count + 0.5) / (len(holds) + 1.0)  # of so many draws none proves anything
    if not asked or count in (0, len(holds)):
        return Shape(chance)
    gap = drawn[holds].mean(axis=0) - drawn[~holds].mean(axis=0)
    told = chance * (1.0 - chance) * gap**2 / (drawn.var(axis=0) + surface.noise(asked))
    best = int(np.argmax(told))
    return Shape(chance, asked[best], float(min(told[best], 1.0)))


def inside(surface: Surface, where: str, n: int, seed: int) -> list[Values]:
    """Return allowed rows where a condition holds, evenly drawn, of up to ``n``; in no order."""
    rows = surface.allowed(n, seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    rows = [rows[int(i)] for i in order]
    return [row for row, holds in zip(rows, _meets(where, rows, surface.space), strict=True) if holds]


def _meets(where: str, rows: Sequence[Values], space: SearchSpace) -> NDArray[np.bool_]:
    if not where or not rows:
        return np.ones(len(rows), dtype=bool)
    held = Expression(where, tolerant=space.exact).holds(space.columns(rows))
    return np.broadcast_to(held, (len(rows),))


def _possible(rows: Sequence[Values], space: SearchSpace, where: str = "") -> NDArray[np.bool_]:
    """Return which rows keep to the constraints and a region; of a pool's rows others are thought of too."""
    return space.feasible(rows) & _meets(where, rows, space)


def _values(name: str, rows: Sequence[Values], space: SearchSpace) -> list[Any]:
    """Return up to four values of a parameter, evenly over those that are allowed."""
    parameter = space.by_name[name]
    if parameter.kind == "text":
        there = {row[name] for row in rows}
        return [level for level in levels_of(parameter) if level in there][:_CELLS]
    places = parameter.placed(np.array([row[name] for row in rows], dtype=float)) if rows else np.empty(0)
    if not len(places) or np.ptp(places) == 0.0:
        return []
    return list(dict.fromkeys(value_at(parameter, u) for u in np.linspace(places.min(), places.max(), _CELLS)))

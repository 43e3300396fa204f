"""Amounts: the parts of mixtures and of k-of-n choices, drawn and mended together.

First it is decided which parts are present, so that every cardinality holds and every mixture can reach its total; then
their amounts fill the totals between each part's bounds. Nothing is left to rejection but what other constraints ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Cardinality, Simplex
from zosimos.core.lookup import hashed, scrambled
from zosimos.core.parameters import Continuous
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.polytope import Polytope, exact_constraints, least_amount
from zosimos.planners.candidates.simplex import on_grid, project, scattered

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]

_TRIES = 8  # random choices of present parts before a program is asked
_SPARE = 32  # choices by program, kept for rows for which no random choice was found
_SLACK = 1e-9  # of a total


@dataclass(frozen=True)
class PartBounds:
    """``at_least`` to ``at_most`` of the parts at these places are present."""

    places: Places
    at_least: int
    at_most: int


@dataclass(frozen=True)
class Amounts:
    """The ``p`` continuous parts of a space's mixtures and cardinalities.

    Args:
        space: all constraints, for the program.
        parts: the parameters.
        floors: least amount of each part when it is present.
        ceilings: the largest.
        optional: which may be absent.
        mixtures: the constraint of each mixture, and the places of its parts.
        limits: the cardinalities.
    """

    space: SearchSpace
    parts: tuple[Continuous, ...]
    floors: Array
    ceilings: Array
    optional: Mask
    mixtures: tuple[tuple[Simplex, Places], ...]
    limits: tuple[PartBounds, ...]

    @classmethod
    def of(cls, space: SearchSpace) -> Amounts | None:
        """Return the amounts of a space, None if it has neither mixtures nor cardinalities of continuous parts.

        Parts are asked for their type by name: amounts are worked out in even steps between two ends, and only
        :class:`Continuous` promises these (a space without a pool refuses others).
        """
        wanted = [
            c
            for c in space.constraints
            if isinstance(c, Simplex | Cardinality) and all(isinstance(space.by_name[n], Continuous) for n in c.parts)
        ]
        named = {name for constraint in wanted for name in constraint.parts}
        parts = tuple(p for p in space.parameters if p.name in named and isinstance(p, Continuous))
        if not parts:
            return None
        place = {part.name: index for index, part in enumerate(parts)}
        floors = np.array([part.low for part in parts], dtype=float)
        ceilings = np.array([part.high for part in parts], dtype=float)
        optional = np.zeros(len(parts), dtype=bool)
        mixtures, limits = [], []
        for constraint in wanted:
            places = np.array([place[name] for name in constraint.parts])
            if isinstance(constraint, Simplex):
                mixtures.append((constraint, places))
                continue
            limits.append(PartBounds(places, constraint.at_least, constraint.most))
            for name in constraint.parts:
                part = parts[place[name]]
                optional[place[name]] = part.low == 0
                floors[place[name]] = max(floors[place[name]], least_amount(constraint, name, part.high))
        for index, part in enumerate(parts):
            if (step := part.drawn_step) is not None:
                floors[index] = part.low + step * np.ceil((floors[index] - part.low) / step - 1e-6)
                ceilings[index] = min(part.high, part.low + step * int((part.high - part.low) / step + 1e-6))
        return cls(space, parts, floors, ceilings, optional, tuple(mixtures), tuple(limits))

    def spread(self, u: Array, fixed: Array) -> Array:
        """Return amounts at ``n x p`` uniform coordinates: present parts at random, then uniform amounts of these.

        How many parts are present is uniform over what the cardinalities allow, and so is which.

        Args:
            u: the coordinates.
            fixed: ``n x p`` amounts that are given, NaN where they are free.
        """
        noise = _Noise(u)
        wants = [
            limit.at_least + (noise(-1 - i, 1)[:, 0] * (limit.at_most - limit.at_least + 1)).astype(int)
            for i, limit in enumerate(self.limits)
        ]
        present, good = self._present(noise(-100, len(self.parts)), wants, fixed)
        for turn in range(1, _TRIES):
            if good.all():
                break
            again, fine = self._present(noise(-100 - turn, len(self.parts)), wants, fixed)
            present[~good & fine], good = again[~good & fine], good | fine
        if not good.all() and len(self._spare):
            chosen = (noise(-99, 1)[:, 0] * len(self._spare)).astype(int)
            present = np.where(good[:, None], present, self._spare[chosen])
        return self._amounts(u, present, fixed, noise)

    def nearest(self, amounts: Array, fixed: Array) -> Array:
        """Return allowed amounts near ``n x p`` given ones (``fixed`` as in :meth:`spread`).

        Of each cardinality's parts the largest stay, as many as were present and are allowed; then each mixture is
        projected onto its total (Euclidean). Without minimum amounts and caps this is the nearest point (Kyrillidis
        et al. 2013, "Sparse projections onto the simplex").
        """
        noted = amounts >= np.maximum(self.floors / 2, 1e-9 * self.ceilings)
        wants = [np.clip(noted[:, limit.places].sum(axis=1), limit.at_least, limit.at_most) for limit in self.limits]
        present, good = self._present(-amounts / self._scale, wants, fixed)
        if not good.all() and len(self._spare):
            # the choice that shares most with what is there
            shared = (amounts / self._scale) @ self._spare.T
            present = np.where(good[:, None], present, self._spare[shared.argmax(axis=1)])
        return self._amounts(amounts, present, fixed, None)

    @cached_property
    def _scale(self) -> Array:
        """What amounts are compared by: their own unit within a mixture, their range elsewhere."""
        scale = self.ceilings.copy()
        for constraint, places in self.mixtures:
            scale[places] = constraint.total
        return scale

    @cached_property
    def _spare(self) -> Mask:
        """Choices of present parts that the program found for all exact constraints together, ``m x p``."""
        polytope = Polytope.of(self.space, exact_constraints(self.space))
        index = [polytope.names.index(part.name) for part in self.parts]
        found = polytope.supports(_SPARE, np.random.default_rng(0))
        return np.array([present[index] for present in found], dtype=bool).reshape(-1, len(self.parts))

    def _present(self, keys: Array, wants: list[NDArray[np.int64]], fixed: Array) -> tuple[Mask, Mask]:
        """Return which parts are present, ``n x p``, and which rows keep every cardinality and can reach every total.

        Args:
            keys: ``n x p``; parts with small keys come first.
            wants: for each cardinality, how many parts each row should have.
            fixed: ``n x p`` given amounts.
        """
        if not self.optional.any():
            return np.ones(keys.shape, dtype=bool), np.ones(len(keys), dtype=bool)
        choice = _Choice(self, fixed)
        order = np.argsort(np.where(choice.open, keys, np.inf), axis=1, kind="stable")
        choice.fill(order[:, : int(choice.open.sum(axis=1).max(initial=0))], wants)
        return choice.present, choice.good()

    def _amounts(self, points: Array, present: Mask, fixed: Array, noise: _Noise | None) -> Array:
        """Return amounts of the present parts: spread by coordinates where there is noise, else near the points."""
        given = ~np.isnan(fixed)
        lows = np.where(given, np.nan_to_num(fixed), np.where(present, self.floors, 0.0))
        highs = np.where(given, np.nan_to_num(fixed), np.where(present, self.ceilings, 0.0))
        caps = highs - lows
        amounts = lows + points * caps if noise is not None else np.clip(points, lows, highs)
        for index, part in enumerate(self.parts):
            if (step := part.drawn_step) is not None and not any(index in places for _, places in self.mixtures):
                steps = np.round((amounts[:, index] - part.low) / step)
                amounts[:, index] = np.clip(part.low + step * steps, lows[:, index], highs[:, index])
        for turn, (constraint, places) in enumerate(self.mixtures):
            low, high, cap = lows[:, places], highs[:, places], caps[:, places]
            amount = np.clip(constraint.total - low.sum(axis=1), 0.0, cap.sum(axis=1))[:, None]
            if noise is not None:
                filled = scattered(points[:, places], cap, amount, noise.after(1000 * turn))
            else:
                filled = project(points[:, places] - low, cap, amount)
            values = np.clip(low + filled, low, high)
            amounts[:, places] = on_grid(values, tuple(self.parts[i] for i in places), constraint, low, high)
        return amounts


class _Choice:
    """Present parts of ``n`` rows while they are being chosen, with what each cardinality and mixture has so far."""

    def __init__(self, amounts: Amounts, fixed: Array) -> None:
        self._all = amounts
        free = np.isnan(fixed)
        self._lows = np.where(free, amounts.floors, np.nan_to_num(fixed))
        self._highs = np.where(free, amounts.ceilings, np.nan_to_num(fixed))
        self.open = free & amounts.optional
        self._counted = [np.isin(np.arange(len(amounts.parts)), limit.places) for limit in amounts.limits]
        self._mixed = [np.isin(np.arange(len(amounts.parts)), places) for _, places in amounts.mixtures]
        self.present = np.where(free, ~amounts.optional, np.nan_to_num(fixed) > 0)
        self._counts = [(self.present & mask).sum(axis=1) for mask in self._counted]
        self._low = [np.where(self.present & mask, self._lows, 0.0).sum(axis=1) for mask in self._mixed]
        self._high = [np.where(self.present & mask, self._highs, 0.0).sum(axis=1) for mask in self._mixed]

    def fill(self, order: Places, wants: list[NDArray[np.int64]]) -> None:
        """Add parts in the order of each row: first what is wanted, then what totals and lower limits still need."""
        most = [np.full(len(order), limit.at_most) for limit in self._all.limits]
        self._add(order, wants, lambda part: np.ones(len(part), dtype=bool))
        self._add(order, most, self._reaches_further)
        self._add(order, most, self._is_counted_short)

    def good(self) -> Mask:
        """Return the rows in which every cardinality holds and every total lies within reach."""
        fine = np.ones(len(self.present), dtype=bool)
        for limit, count in zip(self._all.limits, self._counts, strict=True):
            fine &= (count >= limit.at_least) & (count <= limit.at_most)
        for (constraint, _), low, high in zip(self._all.mixtures, self._low, self._high, strict=True):
            room = constraint.tolerance + _SLACK * constraint.total
            fine &= (low <= constraint.total + room) & (high >= constraint.total - room)
        return fine

    def _reaches_further(self, part: Places) -> Mask:
        """Return whether the part belongs to a mixture that cannot reach its total yet."""
        short = np.zeros(len(part), dtype=bool)
        for (constraint, _), mask, high in zip(self._all.mixtures, self._mixed, self._high, strict=True):
            short |= mask[part] & (high < constraint.total * (1 - _SLACK))
        return short

    def _is_counted_short(self, part: Places) -> Mask:
        """Return whether the part belongs to a cardinality that has too few parts yet."""
        short = np.zeros(len(part), dtype=bool)
        for limit, mask, count in zip(self._all.limits, self._counted, self._counts, strict=True):
            short |= mask[part] & (count < limit.at_least)
        return short

    def _add(self, order: Places, most: list[NDArray[np.int64]], wanted: Callable[[Places], Mask]) -> None:
        rows = np.arange(len(order))
        for part in order.T:
            add = wanted(part) & self.open[rows, part] & ~self.present[rows, part]
            for mask, count, limit in zip(self._counted, self._counts, most, strict=True):
                add &= ~mask[part] | (count < limit)
            lows, highs = self._lows[rows, part], self._highs[rows, part]
            for (constraint, _), mask, low in zip(self._all.mixtures, self._mixed, self._low, strict=True):
                add &= ~mask[part] | (low + lows <= constraint.total * (1 + _SLACK))
            self.present[rows, part] |= add
            for mask, count in zip(self._counted, self._counts, strict=True):
                count += mask[part] & add
            for mask, low, high in zip(self._mixed, self._low, self._high, strict=True):
                low += np.where(mask[part] & add, lows, 0.0)
                high += np.where(mask[part] & add, highs, 0.0)


class _Noise:
    """Uniform numbers that depend on nothing but a row's own coordinates: the same row whatever is drawn beside it."""

    def __init__(self, u: Array) -> None:
        self._row = hashed([np.ascontiguousarray(column).view(np.uint64) for column in u.T])

    def after(self, turns: int) -> Callable[[int, int], Array]:
        """Return the same source, so many turns on."""
        return lambda turn, width: self(turns + turn, width)

    def __call__(self, turn: int, width: int) -> Array:
        """Return ``n x width`` uniform numbers of a turn."""
        salts = scrambled(np.arange(1, width + 1, dtype=np.uint64) + np.uint64((turn % 2**20) << 24))
        bits = scrambled(self._row[:, None] ^ salts)
        return np.asarray((bits >> np.uint64(11)) * 2.0**-53)

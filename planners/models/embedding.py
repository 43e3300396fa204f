"""How models see choices that are described in words: by what is said of them, by name, and by both.

A member in the embedded space takes what a thing does for a sum over directions of what is said of it, each with a
weight that is learned: a linear process on the principal components of the descriptions, which is ridge regression on
them (Rasmussen and Williams 2006, section 2.1; Jolliffe 2002, "Principal Component Analysis", chapter 8). So each
component counts as far as outcomes vary along it, and one along which they do not is left out by its weight. To leave
it out altogether was tried: what holds 95 % of the performance found foretold things nobody had measured worse.

Descriptions may say nothing of what is measured. Members by name know none of them, and the committee weighs all by
what they predict: that is the comparison with the raw space, in each run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameter import Parameter, levels_of
from zosimos.planners.models.choices import Named
from zosimos.surrogates.committee.member import Kind
from zosimos.surrogates.committee.view import View, blocks

Array = NDArray[np.float64]

_SMALL = 1e-9


def is_embedded(parameter: Parameter) -> bool:
    """Say whether a parameter's choices are described in words."""
    return bool(getattr(parameter, "embedded", False))


def kinds_by_embedding(parameters: Sequence[Parameter]) -> tuple[Kind, ...]:
    """Return the kinds of members of a space in which choices are described in words; effects are added up in all.

    Args:
        parameters: whose model columns members are given.
    """
    named = Named.of(parameters)
    by_name = View("range", named.groups, named)
    views = (by_name, _embedded("embedding and names", parameters, named), _embedded("embedding", parameters, None))
    return tuple(Kind(view, "matern-5/2", effects=True) for view in views)


@dataclass(frozen=True)
class Angles:
    """A scale of the columns of one embedded parameter: unit vectors from the mean of its choices.

    Args:
        columns: the parameter's model columns.
        middle: the mean of its choices' columns.
    """

    columns: tuple[int, ...]
    middle: Array

    @classmethod
    def of(cls, parameter: Parameter, first: int) -> Angles:
        """Return the scale of a parameter whose model columns begin at ``first``."""
        table = parameter.encoded(np.array(levels_of(parameter), dtype=object))
        return cls(tuple(range(first, first + parameter.width)), table.mean(axis=0))

    def __call__(self, X: Array) -> Array:
        """Return ``n x w`` unit vectors of ``n x d`` model columns; 0 for what lies at the mean."""
        away = X[:, list(self.columns)] - self.middle
        long = np.linalg.norm(away, axis=1, keepdims=True)
        return np.asarray(np.where(long > _SMALL, away / np.where(long > _SMALL, long, 1.0), 0.0))


def angles_of(parameters: Sequence[Parameter]) -> tuple[Angles, ...]:
    """Return the scales of the embedded parameters among some, in their order."""
    firsts = np.cumsum([0, *(parameter.width for parameter in parameters)])
    pairs = zip(parameters, firsts, strict=False)
    return tuple(Angles.of(parameter, int(first)) for parameter, first in pairs if is_embedded(parameter))


def _embedded(name: str, parameters: Sequence[Parameter], named: Named | None) -> View:
    """Return the view of embedded choices by angles, beside the columns by name, or beside those of all the others."""
    angles = angles_of(parameters)
    inside = {column for one in angles for column in one.columns}
    if named is not None:
        beside = named.groups
    else:
        every = Named.of(parameters)
        kept = [block for block in every.blocks if not inside.issuperset(block)]
        beside = blocks([len(block) for block in kept])
    others = [column for column in range(sum(p.width for p in parameters)) if column not in inside]

    def scale(X: Array) -> Array:
        return np.hstack([X[:, others] if named is None else named(X), *(one(X) for one in angles)])

    first = sum(map(len, beside))
    more = tuple(tuple(first + at for at in block) for block in blocks([len(one.columns) for one in angles]))
    return View(name, (*beside, *more), scale, tuple(range(len(beside), len(beside) + len(more))))

"""Terms of a stated model: which columns a factor gives, and their products, as regression of designs has them.

A number is coded from -1 at its low to +1 at its high end (of its logarithm, where its scale is one), choices by
contrasts that sum to zero, and a part of a mixture by its share of the total. Mixtures have Scheffé's models (1958,
J. R. Stat. Soc. B 20, 344): no constant, because the shares sum to one, and products instead of squares.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from zosimos.core.constraints import Simplex
from zosimos.core.errors import SpecError
from zosimos.core.space import SearchSpace

Array: TypeAlias = NDArray[np.float64]
ModelName: TypeAlias = Literal["linear", "interactions", "quadratic", "special-cubic", "factorial"]

MODELS: tuple[str, ...] = get_args(ModelName)
INTERCEPT = "intercept"
BLOCKS, CURVATURE = "blocks", "curvature"


@dataclass(frozen=True)
class Factor:
    """One knob as a model sees it.

    Args:
        name: of the parameter.
        low: the value that is coded -1.
        high: the value that is coded +1.
        log: whether the logarithm is coded.
        choices: of a parameter with texts; else none.
        total: of the mixture that it is a part of; 0 where it is none.
        values: how many values it may have; 0 where that is any number.
    """

    name: str
    low: float = -1.0
    high: float = 1.0
    log: bool = False
    choices: tuple[str, ...] = ()
    total: float = 0.0
    values: int = 0

    @property
    def curves(self) -> bool:
        """Whether a square of it means something: of two values it would be a constant."""
        return not self.choices and not self.total and not self.has_two_values

    @property
    def has_two_values(self) -> bool:
        """Whether it is a number of two values, which has no middle."""
        return not self.choices and self.values == 2

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its columns."""
        return (self.name,) if len(self.choices) < 3 else tuple(f"{self.name}={c}" for c in self.choices[:-1])

    def coded(self, column: NDArray[Any]) -> Array:
        """Return ``n`` values as columns of the model, ``n x k``."""
        if self.choices:
            last = len(self.choices) - 1
            table = np.vstack([np.eye(last), -np.ones(last)])
            if last == 1:  # of two choices the second is the high one
                table = -table
            return table[[self.choices.index(str(value)) for value in column]]
        x = np.asarray(column, dtype=float)
        if self.total:
            return (x / self.total)[:, None]
        low, high = self.low, self.high
        if self.log:
            low, high, x = np.log(low), np.log(high), np.log(np.maximum(x, self.low / 10))
        return np.asarray((2 * x - low - high) / (high - low))[:, None]


@dataclass(frozen=True)
class Term:
    """A product of factors, each by its name; a square names its factor twice, the constant none.

    ``aside`` names what is no product of factors, such as blocks, and has none.
    """

    factors: tuple[str, ...]
    aside: str = ""

    @property
    def label(self) -> str:
        """The term in words: ``temp``, ``temp*time``, ``temp^2``."""
        if len(self.factors) == 2 and self.factors[0] == self.factors[1]:
            return f"{self.factors[0]}^2"
        return "*".join(self.factors) or self.aside or INTERCEPT

    @property
    def is_constant(self) -> bool:
        """Whether it is the constant."""
        return not self.factors and not self.aside

    @property
    def is_square(self) -> bool:
        """Whether it is a square."""
        return len(self.factors) != len(set(self.factors))


@dataclass(frozen=True)
class Matrix:
    """A model's columns at ``n`` rows: ``X`` is ``n x p``; each column has a label and the place of its term."""

    X: Array
    labels: tuple[str, ...]
    owner: NDArray[np.int64]
    terms: tuple[Term, ...]


def factors_of(space: SearchSpace) -> tuple[Factor, ...]:
    """Return what is chosen in a space as factors, parts of its first mixture among them."""
    simplex = next((c for c in space.constraints if isinstance(c, Simplex)), None)
    found = []
    for parameter in space.controlled:
        if parameter.bounds is None:
            choices = tuple(
                str(value) for value in parameter.drawn((np.arange(parameter.count) + 0.5) / parameter.count)
            )
            found.append(Factor(parameter.name, choices=choices))
            continue
        low, high = parameter.bounds
        part = simplex is not None and parameter.name in simplex.parts
        total = simplex.total if simplex is not None and part else 0.0
        found.append(Factor(parameter.name, low, high, parameter.scale == "log", total=total, values=parameter.count))
    return tuple(found)


def terms_of(factors: Sequence[Factor], model: str) -> tuple[Term, ...]:
    """Return the terms of a named model.

    >>> [term.label for term in terms_of([Factor("a"), Factor("b")], "quadratic")]
    ['intercept', 'a', 'b', 'a*b', 'a^2', 'b^2']
    >>> mixture = [Factor(name, total=1.0) for name in "abc"]
    >>> [term.label for term in terms_of(mixture, "special-cubic")]
    ['a', 'b', 'c', 'a*b', 'a*c', 'b*c', 'a*b*c']

    Raises:
        SpecError: there is no such model, or it is one of mixtures and there is none.
    """
    parts = [factor.name for factor in factors if factor.total]
    others = [factor.name for factor in factors if not factor.total]
    allowed = [name for name in MODELS if name != ("factorial" if parts else "special-cubic")]
    if model not in allowed:
        raise SpecError(f"no such model here: {model!r}", field="model", value=model, allowed=", ".join(allowed))
    names = [factor.name for factor in factors]
    if model == "factorial":
        return tuple(Term(group) for size in range(len(names) + 1) for group in itertools.combinations(names, size))
    found = [Term((name,)) for name in parts] if parts else [Term(())]
    found += [Term((name,)) for name in others] if not parts or model == "linear" else []
    if model == "linear":
        return tuple(found)
    found += [Term(pair) for pair in itertools.combinations(names, 2)]
    if model in ("quadratic", "special-cubic"):
        found += [Term((factor.name, factor.name)) for factor in factors if factor.curves]
    if model == "special-cubic":
        found += [Term(group) for group in itertools.combinations(parts, 3)]
    return tuple(found)


def matrix(factors: Sequence[Factor], terms: Iterable[Term], columns: Mapping[str, NDArray[Any]]) -> Matrix:
    """Return a model's columns at rows that are given as one array for each factor."""
    terms = tuple(terms)
    by_name = {factor.name: factor for factor in factors}
    coded = {name: factor.coded(columns[name]) for name, factor in by_name.items()}
    n = len(next(iter(coded.values())))
    parts: list[Array] = []
    labels: list[str] = []
    owner: list[int] = []
    for place, term in enumerate(terms):
        made, names = np.ones((n, 1)), [""]
        for name in term.factors:
            made = (made[:, :, None] * coded[name][:, None, :]).reshape(n, -1)
            names = [f"{before}*{label}" if before else label for before in names for label in by_name[name].labels]
        parts.append(made)
        labels += [term.label] if len(names) == 1 else names
        owner += [place] * made.shape[1]
    return Matrix(np.hstack(parts), tuple(labels), np.array(owner), terms)

"""Words: parameters, constraints and objectives as Python writes them.

Each says what a part of a campaign file says, in the same words, and is checked when it is made. The name of a
parameter is its key in the space, so that a word has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from zosimos.core.errors import SpecError

Quantity: TypeAlias = float | str
"""A number in the parameter's own unit, or text in another: ``"1.5 h"``."""
When: TypeAlias = Mapping[str, str | float | Sequence[str | float]]


@dataclass(frozen=True)
class Word:
    """A part of a campaign; ``kind`` is what a campaign file calls it."""

    kind: ClassVar[str] = ""
    _as: ClassVar[Mapping[str, str]] = {}

    def as_spec(self) -> dict[str, Any]:
        """Return what a campaign file would say; what was left out is left out."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        said = {self._as.get(name, name): _plain(value) for name, value in given.items() if _is_said(value)}
        return {"type": self.kind, **said} if self.kind else said


@dataclass(frozen=True)
class _Parameter(Word):
    def __post_init__(self) -> None:
        """Check the fields, but not what depends on the parameter's name."""
        from zosimos.campaign.spec import knobs
        from zosimos.core.validation import Part, validated

        models: dict[str, type[Part]] = {
            "continuous": knobs.ContinuousSpec,
            "integer": knobs.IntegerSpec,
            "discrete": knobs.DiscreteSpec,
            "categorical": knobs.CategoricalSpec,
        }
        said = self.as_spec()
        validated(models[said["type"]], said)


@dataclass(frozen=True)
class Continuous(_Parameter):
    """A real number between two bounds.

    Args:
        low: lowest value.
        high: highest value.
        unit: of the values; bounds may be given as text in another unit.
        log: search on a logarithmic scale.
        step: smallest change the equipment can make, counted from ``low``.
        error: standard deviation with which it is set.
        when: other parameter: its values under which this one counts; elsewhere it is ``default``.
        default: value where it does not count.

    Raises:
        SpecError: a field is wrong.

    >>> import zosimos as zo
    >>> zo.Continuous(20, 80, unit="degC")
    Continuous(low=20, high=80, unit='degC')
    """

    kind: ClassVar[str] = "continuous"
    _as: ClassVar[Mapping[str, str]] = {"low": "min", "high": "max"}

    low: Quantity
    high: Quantity
    _: KW_ONLY
    unit: str = ""
    log: bool = False
    step: Quantity | None = None
    error: Quantity | None = None
    when: When = field(default_factory=dict)
    default: Quantity | None = None

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Integer(_Parameter):
    """A whole number between two bounds, both included; its arguments are those of :class:`Continuous`.

    >>> import zosimos as zo
    >>> zo.Integer(1, 5, unit="mL")
    Integer(low=1, high=5, unit='mL')
    """

    kind: ClassVar[str] = "integer"
    _as: ClassVar[Mapping[str, str]] = {"low": "min", "high": "max"}

    low: int | str
    high: int | str
    _: KW_ONLY
    unit: str = ""
    error: Quantity | None = None
    when: When = field(default_factory=dict)
    default: Quantity | None = None

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Discrete(_Parameter):
    """One of a few numbers; the distances between them matter.

    Args:
        levels: the numbers.
        unit: of the levels.
        error: standard deviation with which it is set.
        when: as for :class:`Continuous`.
        default: level where it does not count.

    >>> import zosimos as zo
    >>> zo.Discrete([5, 10, 20], unit="min")
    Discrete(levels=(5, 10, 20), unit='min')
    """

    kind: ClassVar[str] = "discrete"

    levels: Sequence[Quantity]
    _: KW_ONLY
    unit: str = ""
    error: Quantity | None = None
    when: When = field(default_factory=dict)
    default: Quantity | None = None

    def __post_init__(self) -> None:
        """Keep the levels as they are now."""
        object.__setattr__(self, "levels", tuple(self.levels))
        super().__post_init__()

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Categorical(_Parameter):
    """One of several names, perhaps with what says how alike they are.

    Args:
        choices: the names; may be left out where one of the following gives them.
        descriptors: for each choice, numbers by name.
        molecules: for each choice, its SMILES (needs the extra ``chem``).
        compositions: for each choice, its chemical formula; or a list of formulas.
        crystals: for each choice, the text of its CIF file.
        fingerprint: of molecules, count the surroundings of their atoms besides.
        when: as for :class:`Continuous`.
        default: choice where it does not count.

    >>> import zosimos as zo
    >>> zo.Categorical(["DMF", "water"])
    Categorical(choices=('DMF', 'water'))
    """

    kind: ClassVar[str] = "categorical"

    choices: Sequence[str] = ()
    _: KW_ONLY
    descriptors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    molecules: Mapping[str, str] = field(default_factory=dict)
    compositions: Mapping[str, str] | Sequence[str] = field(default_factory=dict)
    crystals: Mapping[str, str] = field(default_factory=dict)
    fingerprint: bool = False
    when: When = field(default_factory=dict)
    default: str | None = None

    def __post_init__(self) -> None:
        """Keep the choices as they are now; one text is no list of its letters."""
        if isinstance(self.choices, str):
            raise SpecError(
                "the choices are one text",
                field="choices",
                value=self.choices,
                allowed="a list of two or more names",
                hint=f'write ["{self.choices}", ...]',
            )
        object.__setattr__(self, "choices", tuple(self.choices))
        super().__post_init__()

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Simplex(Word):
    """Parts that sum to a total, as the fractions of a mixture do.

    Args:
        of: the parameters that sum to the total.
        total: what they sum to.
        at_least: fewest parts above 0.
        at_most: most parts above 0 (None: all).
        minimum: least amount of a part that is present.

    >>> import zosimos as zo
    >>> zo.Simplex(["polymer", "dopant", "solvent"], at_most=2)
    Simplex(of=('polymer', 'dopant', 'solvent'), at_most=2)
    """

    kind: ClassVar[str] = "simplex"

    of: Sequence[str]
    _: KW_ONLY
    total: float = 1.0
    at_least: int = 0
    at_most: int | None = None
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Keep the names as they are now."""
        object.__setattr__(self, "of", tuple(self.of))

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Cardinality(Word):
    """How many of some parts are present (above 0).

    Args:
        of: the parameters that are counted.
        at_least: fewest parts above 0.
        at_most: most parts above 0 (None: all).
        minimum: least amount of a part that is present.

    >>> import zosimos as zo
    >>> zo.Cardinality(["Pt", "Ni", "Co", "Fe"], at_most=3)
    Cardinality(of=('Pt', 'Ni', 'Co', 'Fe'), at_most=3)
    """

    kind: ClassVar[str] = "cardinality"

    of: Sequence[str]
    _: KW_ONLY
    at_least: int = 0
    at_most: int | None = None
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Keep the names as they are now."""
        object.__setattr__(self, "of", tuple(self.of))

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Linear(Word):
    """A bound on a weighted sum of parameters; both bounds the same make an equality.

    Args:
        coefficients: parameter: weight.
        low: least value of the sum.
        high: greatest value of the sum.

    >>> import zosimos as zo
    >>> zo.Linear({"acid": 1, "base": -2}, high=0)
    Linear(coefficients={'acid': 1, 'base': -2}, high=0)
    """

    kind: ClassVar[str] = "linear"
    _as: ClassVar[Mapping[str, str]] = {"low": "min", "high": "max"}

    coefficients: Mapping[str, float]
    _: KW_ONLY
    low: float | None = None
    high: float | None = None

    def __repr__(self) -> str:
        """Return it as it was written."""
        return _shown(self)


@dataclass(frozen=True)
class Goal:
    """What is wanted of a measured quantity, as :func:`maximize`, :func:`minimize` and :func:`target` make it.

    Args:
        name: the quantity, as results are told.
        said: the fields that a campaign file would give the objective.
    """

    name: str
    said: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return it as it was written."""
        made = {"max": "maximize", "min": "minimize"}.get(self.said["goal"], "target")
        more = "".join(f", {name}={value!r}" for name, value in self.said.items() if name != "goal")
        return f"{made}({self.name!r}{more})"


def maximize(name: str, **said: Any) -> Goal:
    """Return the wish that a measured quantity be as large as possible.

    Args:
        name: the quantity, as results are told; a word that Python keeps for itself takes an underscore: ``yield_``.
        **said: further fields of an objective in a campaign file: ``unit``; among several objectives ``threshold``
            (an outcome must be as good as this to count) and ``tier`` (order of importance, 1 first).

    >>> import zosimos as zo
    >>> zo.maximize("yield_", unit="%")
    maximize('yield_', unit='%')
    """
    return _goal(name, "max", said)


def minimize(name: str, **said: Any) -> Goal:
    """Return the wish that a measured quantity be as small as possible; the arguments are those of :func:`maximize`.

    >>> import zosimos as zo
    >>> zo.minimize("cost", tier=2)
    minimize('cost', tier=2)
    """
    return _goal(name, "min", said)


def target(name: str, value: Quantity, /, **said: Any) -> Goal:
    """Return the wish that a measured quantity come near a value; further arguments are those of :func:`maximize`.

    >>> import zosimos as zo
    >>> zo.target("pH", 7.4)
    target('pH', target=7.4)
    """
    return _goal(name, "target", {"target": value, **said})


def _goal(name: str, goal: str, said: Mapping[str, Any]) -> Goal:
    from zosimos.campaign.spec.model import ObjectiveSpec
    from zosimos.core.validation import validated

    validated(ObjectiveSpec, {"goal": goal, **said}, f"objectives.{name}")
    return Goal(name, {"goal": goal, **said})


def _is_said(value: object) -> bool:
    return not (value is None or value is False or value == "" or value == {} or value == ())


def _plain(value: Any) -> Any:
    """Return sequences and mappings as the lists and dicts that data files have."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def _shown(word: Word) -> str:
    given = [(item, getattr(word, item.name)) for item in fields(word)]
    parts = [f"{item.name}={value!r}" for item, value in given if _is_said(value) and value != item.default]
    return f"{type(word).__name__}({', '.join(parts)})"

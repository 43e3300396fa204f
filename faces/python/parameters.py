"""Parameters as Python writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from zosimos.core.errors import SpecError
from zosimos.faces.python.words import Quantity, Species, When, Word


@dataclass(frozen=True, repr=False)
class _Parameter(Word):
    def __post_init__(self) -> None:
        """Check the fields, but not what depends on the parameter's name."""
        from zosimos.campaign.definition import knobs
        from zosimos.core.validation import Part, validated

        models: dict[str, type[Part]] = {
            "continuous": knobs.ContinuousSpec,
            "integer": knobs.IntegerSpec,
            "discrete": knobs.DiscreteSpec,
            "categorical": knobs.CategoricalSpec,
        }
        said = self.as_spec()
        validated(models[said["type"]], said)


@dataclass(frozen=True, repr=False)
class Continuous(_Parameter):
    """A real number between two bounds.

    Args:
        low: lowest value.
        high: highest value.
        unit: of the values; bounds may be given as text in another unit.
        log: search on a logarithmic scale.
        step: smallest change the equipment can make, counted from ``low``.
        rounding: to what proposals are rounded, where other values are valid too; "none": not (campaigns by hand round
            to about a thousandth of the range where neither is said).
        digits: instead, to how many significant digits.
        error: standard deviation with which it is set.
        when: other parameter: its values under which this one counts; elsewhere it is ``default``.
        default: value where it does not count.
        species: which substance it is the amount of; True: the one that it is called like.

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
    rounding: Quantity | None = None
    digits: int | None = None
    error: Quantity | None = None
    when: When = field(default_factory=dict)
    default: Quantity | None = None
    species: Species = None


@dataclass(frozen=True, repr=False)
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
    species: Species = None


@dataclass(frozen=True, repr=False)
class Discrete(_Parameter):
    """One of a few numbers; the distances between them matter.

    Args:
        levels: the numbers.
        unit: of the levels.
        error: standard deviation with which it is set.
        when: as for :class:`Continuous`.
        default: level where it does not count.
        species: as for :class:`Continuous`.

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
    species: Species = None

    def __post_init__(self) -> None:
        """Keep the levels as they are now."""
        object.__setattr__(self, "levels", tuple(self.levels))
        super().__post_init__()


@dataclass(frozen=True, repr=False)
class Categorical(_Parameter):
    """One of several names, perhaps with what says how alike they are.

    Args:
        choices: the names; may be left out where one of the following gives them.
        descriptors: for each choice, numbers by name.
        descriptions: for each choice, what it is, in words: models take those for alike whose descriptions are.
        molecules: for each choice, its SMILES (needs the extra ``chem``).
        compositions: for each choice, its chemical formula; or a list of formulas.
        crystals: for each choice, the text of its CIF file.
        fingerprint: of molecules, count the surroundings of their atoms besides.
        by_name: choices are only names, also where they are SMILES or known substances.
        when: as for :class:`Continuous`.
        default: choice where it does not count.
        species: True: each choice is a substance, called so; or what each is, by choice.

    >>> import zosimos as zo
    >>> zo.Categorical(["DMF", "water"])
    Categorical(choices=('DMF', 'water'))
    """

    kind: ClassVar[str] = "categorical"

    choices: Sequence[str] = ()
    _: KW_ONLY
    descriptors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    molecules: Mapping[str, str] = field(default_factory=dict)
    compositions: Mapping[str, str] | Sequence[str] = field(default_factory=dict)
    crystals: Mapping[str, str] = field(default_factory=dict)
    fingerprint: bool = False
    by_name: bool | None = None
    when: When = field(default_factory=dict)
    default: str | None = None
    species: Species = None

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

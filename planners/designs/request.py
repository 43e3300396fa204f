"""What is asked of a design: its kind and the few settings that kinds know, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, get_args

from zosimos.core.errors import SpecError
from zosimos.core.nearest import did_you_mean

Kind: TypeAlias = Literal[
    "full-factorial",
    "fractional-factorial",
    "plackett-burman",
    "central-composite",
    "box-behnken",
    "latin-hypercube",
    "simplex-lattice",
    "simplex-centroid",
    "extreme-vertices",
    "d-optimal",
    "i-optimal",
]
Shape: TypeAlias = Literal["inscribed", "face-centred", "circumscribed"]

KINDS: tuple[str, ...] = get_args(Kind)
MIXTURES = ("simplex-lattice", "simplex-centroid", "extreme-vertices")
OPTIMAL = ("d-optimal", "i-optimal")
MOST_ROWS = 1000

_ANY = ("centre", "blocks", "replicates", "randomise")
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "full-factorial": ("levels", *_ANY),
    "fractional-factorial": ("resolution", "runs", "generators", *_ANY),
    "plackett-burman": ("runs", *_ANY),
    "central-composite": ("shape", "alpha", "centre", "blocks", "randomise"),
    "box-behnken": ("centre", "blocks", "randomise"),
    "latin-hypercube": ("runs", "centre", "randomise"),
    "simplex-lattice": ("degree", *_ANY),
    "simplex-centroid": ("degree", *_ANY),
    "extreme-vertices": ("degree", *_ANY),
    "d-optimal": ("model", "runs", "centre", "blocks", "randomise"),
    "i-optimal": ("model", "runs", "centre", "blocks", "randomise"),
}


@dataclass(frozen=True)
class DesignRequest:
    """A design that is wanted.

    Args:
        design: its kind.
        centre: how many centre points; None: as is usual for the kind.
        blocks: in how many blocks, such as days or batches, it is split.
        replicates: how many times all of it is run.
        randomise: whether the order of the runs is drawn by lot (within blocks).
        runs: how many runs, centre points aside; None: as is usual.
        resolution: of a fractional factorial, at least; None: 4, main effects clear of pairs.
        generators: of a fractional factorial, such as ``E=ABC``, letters being the parameters in order.
        levels: of each number in a full factorial; or by parameter.
        shape: of a central composite design.
        alpha: how far its axial points lie out, in half-ranges of its cube: a number, ``rotatable`` or ``orthogonal``.
        degree: of a simplex lattice; how many parts a centroid blends; the edges of extreme vertices (2).
        model: that an optimal design is for.

    Raises:
        SpecError: a setting is wrong, or the kind does not know it.
    """

    design: str
    centre: int | None = None
    blocks: int = 1
    replicates: int = 1
    randomise: bool = True
    runs: int | None = None
    resolution: int | None = None
    generators: tuple[str, ...] = ()
    levels: int | Mapping[str, int] = 2
    shape: str = "inscribed"
    alpha: float | str = "rotatable"
    degree: int = 2
    model: str = "quadratic"

    def __post_init__(self) -> None:
        if self.design not in KINDS:
            raise SpecError(
                f"there is no design {self.design!r}",
                field="design",
                value=self.design,
                allowed=", ".join(KINDS),
                hint=did_you_mean(self.design, KINDS),
            )
        known = SETTINGS[self.design]
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name != "design" and part.name not in known and value != part.default:
                raise SpecError(
                    f"a {self.design} design has no {part.name}",
                    field=part.name,
                    value=value,
                    allowed=f"{', '.join(known)} with {self.design}",
                    hint=f"leave {part.name} out, or choose a design that has it",
                )
        self._check_numbers()

    def _check_numbers(self) -> None:
        limits = [
            ("centre", self.centre, 0, 100),
            ("blocks", self.blocks, 1, 50),
            ("replicates", self.replicates, 1, 50),
            ("runs", self.runs, 2, MOST_ROWS),
            ("resolution", self.resolution, 3, 8),
            ("degree", self.degree, 1, 10),
        ]
        given = self.levels.items() if isinstance(self.levels, Mapping) else [("", self.levels)]
        limits += [(f"levels.{name}".rstrip("."), count, 2, 50) for name, count in given]
        for name, number, low, high in limits:
            if number is not None and not low <= number <= high:
                raise SpecError(
                    f"the {name} of a design", field=name, value=number, allowed=f"a whole number from {low} to {high}"
                )
        if self.shape not in get_args(Shape):
            raise SpecError("no such shape", field="shape", value=self.shape, allowed=", ".join(get_args(Shape)))
        words = isinstance(self.alpha, str) and self.alpha not in ("rotatable", "orthogonal")
        if words or (not isinstance(self.alpha, str) and not 1.0 <= self.alpha <= 10.0):
            allowed = "rotatable, orthogonal, or a number from 1 to 10"
            raise SpecError("no such alpha", field="alpha", value=self.alpha, allowed=allowed)
        if self.shape == "face-centred" and self.alpha not in ("rotatable", 1.0):
            raise SpecError(
                "the axial points of a face-centred design lie on the faces",
                field="alpha",
                value=self.alpha,
                allowed="nothing with shape: face-centred",
                hint="leave alpha out, or use shape: inscribed",
            )
        if self.generators and (self.resolution is not None or self.runs is not None):
            raise SpecError(
                "generators say the fraction already",
                field="generators",
                value=list(self.generators),
                hint="leave out runs and resolution",
            )

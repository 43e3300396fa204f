"""The kinds of designs: each makes a plan of a space as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.parameter import levels_of
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.factorial import LETTERS, Fraction, fraction
from zosimos.planners.designs.latin import latin_hypercube
from zosimos.planners.designs.mixtures import extreme_vertices, lattice_or_centroid
from zosimos.planners.designs.optimal import optimal
from zosimos.planners.designs.plackett_burman import plackett_burman
from zosimos.planners.designs.plan import AXIAL, Plan, from_codes, middle, require_numbers, require_process
from zosimos.planners.designs.request import MOST_ROWS, DesignRequest
from zosimos.planners.designs.response_surface import (
    CENTRES,
    box_behnken,
    box_behnken_centre,
    central_composite,
)
from zosimos.surrogates.linear.terms import Factor


class Wanted(NamedTuple):
    """A design that is wanted in a space."""

    space: SearchSpace
    factors: tuple[Factor, ...]
    request: DesignRequest
    seed: int

    @property
    def k(self) -> int:
        """How many parameters are chosen."""
        return len(self.factors)


def plan_of(wanted: Wanted) -> Plan:
    """Return the points of a design in standard order, centre points and replicates included.

    Raises:
        SpecError: the space and the design do not go together.
    """
    return _MAKERS[wanted.request.design](wanted)


def _full(wanted: Wanted) -> Plan:
    factors, levels = wanted.factors, wanted.request.levels
    require_process(wanted.space, factors, "full-factorial")
    by_name = levels if isinstance(levels, Mapping) else {f.name: levels for f in factors if not f.choices}
    wrong = next((name for name in by_name if name not in {f.name for f in factors if not f.choices}), None)
    if wrong is not None:
        allowed = ", ".join(f.name for f in factors if not f.choices) or "nothing: choices are all tried"
        raise SpecError(
            f"{wrong} is no parameter with numbers", field=f"levels.{wrong}", value=by_name[wrong], allowed=allowed
        )
    counts = [len(f.choices) or by_name.get(f.name, 2) for f in factors]
    total = int(np.prod([float(count) for count in counts]))
    if total > MOST_ROWS:
        raise SpecError(
            f"all combinations of {' x '.join(map(str, counts))} levels are {total} experiments",
            field="design",
            value="full-factorial",
            allowed=f"at most {MOST_ROWS}",
            hint="use fractional-factorial, plackett-burman or d-optimal",
        )
    places = np.arange(total)
    columns: dict[str, NDArray[Any]] = {}
    for factor, count in zip(factors, counts, strict=True):
        here = places % count
        places = places // count
        if factor.choices:
            columns[factor.name] = np.array([factor.choices[place] for place in here], dtype=object)
        elif count == factor.values:  # its own levels, whether they are evenly spaced or not
            columns[factor.name] = np.array(levels_of(wanted.space.by_name[factor.name]), dtype=float)[here]
        else:
            columns[factor.name] = from_codes([factor], np.linspace(-1, 1, count)[here][:, None])[factor.name]
    model = "quadratic" if any(by_name.get(f.name, 2) > 2 for f in factors) else "interactions"
    return _centred(wanted, Plan(columns, ["corner point" if max(counts) == 2 else "grid point"] * total, model), 0)


def _fractional(wanted: Wanted) -> Plan:
    factors, request = wanted.factors, wanted.request
    require_process(wanted.space, factors, request.design)
    require_numbers(factors, request.design, two_choices=True)
    made = fraction(wanted.k, request.resolution, request.runs, request.generators)
    notes = _aliasing(made, [factor.name for factor in factors])
    return _centred(wanted, Plan(from_codes(factors, made.coded), ["corner point"] * len(made.coded), notes=notes), 0)


def _aliasing(made: Fraction, names: Sequence[str]) -> list[str]:
    if not made.words:
        return ["all combinations of low and high: nothing is aliased"]
    roman = {3: "III", 4: "IV", 5: "V", 6: "VI", 7: "VII", 8: "VIII"}
    letters = [
        f"{LETTERS[made.base + place]} = {'' if sign > 0 else '-'}{''.join(LETTERS[i] for i in sorted(word))}"
        for place, (word, sign) in enumerate(zip(made.words, made.signs, strict=True))
    ]
    notes = [
        f"2^({made.k}-{len(made.words)}) fraction of resolution {roman.get(made.resolution, made.resolution)}, with "
        f"{', '.join(letters)} ({', '.join(f'{LETTERS[i]}: {name}' for i, name in enumerate(names))})"
    ]
    for group in made.aliases():
        first = group[0][1]
        texts = [("" if sign == first else "-") + "*".join(names[i] for i in sorted(word)) for word, sign in group]
        notes.append(f"cannot be told apart: {' = '.join(texts)}")
    return notes


def _screening(wanted: Wanted) -> Plan:
    factors, request = wanted.factors, wanted.request
    require_process(wanted.space, factors, request.design)
    require_numbers(factors, request.design, two_choices=True)
    coded = plackett_burman(wanted.k, request.runs)
    whole = not len(coded) & (len(coded) - 1)
    notes = (
        "it shows main effects only: each is mixed up with the effects of pairs, "
        + ("with some of them fully" if whole else "with many of them partly"),
    )
    plan = Plan(from_codes(factors, coded), ["corner point"] * len(coded), "linear", notes)
    return _centred(wanted, plan, 0)


def _composite(wanted: Wanted) -> Plan:
    factors, request = wanted.factors, wanted.request
    require_process(wanted.space, factors, request.design)
    require_numbers(factors, request.design)
    centre = CENTRES.get(wanted.k, 0) if request.centre is None else request.centre
    face = request.shape == "face-centred"
    cube, axes, out = central_composite(wanted.k, 1.0 if face else request.alpha, centre)
    coded = np.vstack([cube, axes]) / (out if request.shape == "inscribed" else 1.0)
    where = {
        "inscribed": "the axial points are at the ends of the ranges, the corners inside",
        "face-centred": "the corners and the axial points are at the ends of the ranges",
        "circumscribed": "the corners are at the ends of the ranges, the axial points beyond them",
    }
    notes = (f"alpha = {out:.4g}: {where[request.shape]}",)
    points = ["corner point"] * len(cube) + [AXIAL] * len(axes)
    plan = Plan(from_codes(factors, coded), points, "quadratic", notes, request.shape == "circumscribed")
    return _centred(wanted, plan, centre)


def _edges(wanted: Wanted) -> Plan:
    factors, request = wanted.factors, wanted.request
    require_process(wanted.space, factors, request.design)
    require_numbers(factors, request.design)
    coded = box_behnken(wanted.k)
    plan = Plan(from_codes(factors, coded), ["edge point"] * len(coded), "quadratic")
    return _centred(wanted, plan, box_behnken_centre(wanted.k))


def _latin(wanted: Wanted) -> Plan:
    space, request = wanted.space, wanted.request
    require_process(space, wanted.factors, request.design)
    n = request.runs or 2 * (wanted.k + 1)
    points = latin_hypercube(n, wanted.k, wanted.seed)
    columns = {p.name: p.drawn(points[:, place]) for place, p in enumerate(space.controlled)}
    return _centred(wanted, Plan(columns, ["spread point"] * n, "linear"), 0)


def _lattice(wanted: Wanted) -> Plan:
    plan, centre = lattice_or_centroid(wanted.space, wanted.factors, wanted.request)
    return _with(plan, wanted.request, centre, 0)


def _extreme(wanted: Wanted) -> Plan:
    plan, centre = extreme_vertices(wanted.space, wanted.factors, wanted.request)
    return _with(plan, wanted.request, centre, 1)


def _optimal(wanted: Wanted) -> Plan:
    return optimal(wanted.space, wanted.factors, wanted.request, wanted.seed)


def _centred(wanted: Wanted, plan: Plan, usual: int) -> Plan:
    n = usual if wanted.request.centre is None else wanted.request.centre
    if n and all(factor.choices or factor.has_two_values for factor in wanted.factors):
        raise SpecError("choices have no middle: there is no centre point", field="centre", value=n, allowed="0")
    return _with(plan, wanted.request, middle(wanted.factors, n), n, given=n)


def _with(
    plan: Plan, request: DesignRequest, centre: Mapping[str, NDArray[Any]], usual: int, given: int | None = None
) -> Plan:
    """Return a plan, all of it as often as is asked for, with the centre points after it."""
    n = given if given is not None else usual if request.centre is None else request.centre
    middles = {name: np.resize(column, n) for name, column in centre.items()}
    return plan.repeated(request.replicates).with_centre(middles, n)


_MAKERS: Mapping[str, Callable[[Wanted], Plan]] = {
    "full-factorial": _full,
    "fractional-factorial": _fractional,
    "plackett-burman": _screening,
    "central-composite": _composite,
    "box-behnken": _edges,
    "latin-hypercube": _latin,
    "simplex-lattice": _lattice,
    "simplex-centroid": _lattice,
    "extreme-vertices": _extreme,
    "d-optimal": _optimal,
    "i-optimal": _optimal,
}

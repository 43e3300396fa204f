"""Believed: what the models make of all results by now, asked for what figures draw; the same for the same record.

Around the best experiment one or two parameters take other values and the rest stays as it was there; parts of a
mixture make room for one another in proportion (Cox's direction: Cox 1971, Biometrika 58:155). Rows that break a
constraint are not shown. Uncertainties are those of the true value, noise left out, widened by how far earlier
predictions of the campaign were off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.report.formatting import in_print
from zosimos.core.constraints import Linear, Simplex
from zosimos.core.errors import ZosimosError
from zosimos.core.objective import Objective
from zosimos.core.parameter import Parameter
from zosimos.core.parameters import Value, Values, levels_of
from zosimos.core.space import row_key

if TYPE_CHECKING:
    from zosimos.campaign.setup import Setup
    from zosimos.planners.models.belief import Belief
    from zosimos.surrogates.explanation.design import Predict
    from zosimos.surrogates.explanation.effects import Effects

Array = NDArray[np.float64]
Told = tuple[Array, Array]

LEAST = 5
"""Results of each objective: with fewer nothing is said of what models believe."""
MOST = 1000
"""Results: with more a report would take minutes."""
_ALLOWED = 300  # rows that stand for the space
_PAIRED = 5  # parameters, the strongest first, whose pairs are looked at
_BUDGET = 10_000  # predictions for the effects of an objective
_ASKED = 4  # objectives whose effects are worked out
_STEPS, _GRID, _LATTICE = 41, 25, 24


@dataclass(frozen=True, eq=False)
class Slice:
    """The values of one parameter, the rows with them, and what is believed there, by objective."""

    values: Sequence[Value]
    rows: Sequence[Values]
    found: Mapping[str, tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class Believed:
    """A belief about all results, the experiment around which it is shown, and the results it rests on, by id."""

    belief: Belief
    centre: str
    row: Values
    rests_on: tuple[str, ...]
    _allowed: Sequence[Values]

    @property
    def objectives(self) -> Sequence[Objective]:
        """What is wanted."""
        return tuple(map(in_print, self.belief.context.objectives))

    @property
    def parameters(self) -> Sequence[Parameter]:
        """What is chosen for each experiment."""
        return self.belief.context.space.controlled

    def ask(self, rows: Sequence[Values]) -> Mapping[str, tuple[Array, Array]]:
        """Return means and standard deviations at ``m`` rows, by objective; NaN where a row is not allowed."""
        from zosimos.planners.isolation import isolated

        context, good = self.belief.context, self._good(rows)
        found = {o.name: (np.full(len(rows), np.nan), np.full(len(rows), np.nan)) for o in self.objectives}
        if good.any():
            with isolated(context.seed), np.errstate(all="ignore"):
                told = self.belief.predict([row for row, fine in zip(rows, good, strict=True) if fine])
            for name, (mean, sd) in told.items():
                found[name][0][good], found[name][1][good] = mean, sd * self.belief.recalibrators[name].scale
        return found

    @cached_property
    def effects(self) -> Mapping[str, Effects]:
        """How much the predictions vary with each parameter, by objective: of the first few objectives."""
        from zosimos.campaign.explain.encoding import Frame
        from zosimos.planners.isolation import isolated
        from zosimos.surrogates.explanation.effects import effects

        context = self.belief.context
        frame = Frame.of(context.space, [seen.values for seen in context.training])
        design = frame.design(self._allowed if len(self._allowed) > 1 else [seen.values for seen in context.training])
        found = {}
        with isolated(context.seed), np.errstate(all="ignore"):
            for objective in self.objectives[:_ASKED]:
                predict, (centre, spread) = frame.predictor(self.belief, objective.name), self._scale(objective)

                def scaled(rows: Array, predict: Predict = predict, c: float = centre, s: float = spread) -> Told:
                    mean, sd = predict(rows)
                    return mean / s - c / s, sd / s  # shares are the same; squares of large numbers are not numbers

                made = effects(scaled, design, paired=_PAIRED, budget=_BUDGET, seed=context.seed)
                curves = [
                    replace(one, means=tuple(centre + spread * mean for mean in one.means)) for one in made.curves
                ]
                found[objective.name] = replace(made, curves=tuple(curves))
        return found

    @cached_property
    def mixture(self) -> tuple[str, ...]:
        """The parts of the space's mixture, the strongest of the first objective first; empty where there is none."""
        names = {parameter.name for parameter in self.parameters}
        for constraint in self.belief.context.space.constraints:
            parts = _parts(constraint)
            if len(parts) > 2 and names.issuperset(parts):
                ranking = next(iter(self.effects.values())).ranking
                return tuple(sorted(parts, key=ranking.index))
        return ()

    @cached_property
    def slices(self) -> Mapping[str, Slice]:
        """What is believed where one parameter alone is another than in the best experiment, by parameter."""
        found = {}
        for parameter in self.parameters:
            values = values_of(parameter, _STEPS, self.row[parameter.name])
            rows = [self._moved({parameter.name: value}) for value in values]
            found[parameter.name] = Slice(values, rows, self.ask(rows))
        return found

    def untried(self, objective: str) -> tuple[Sequence[Values], Array, Array]:
        """Return allowed rows, and the means and standard deviations there.

        Some stand for the whole space, the others are those of the slices.
        """
        parts = [(self._allowed, self.ask(self._allowed)), *((one.rows, one.found) for one in self.slices.values())]
        rows = [row for part, _ in parts for row in part]
        mean, sd = (np.concatenate([found[objective][k] for _, found in parts]) for k in (0, 1))
        known = {row_key(seen.values) for seen in self.belief.context.observations}
        free = [k for k, row in enumerate(rows) if np.isfinite(mean[k]) and row_key(row) not in known]
        return [rows[k] for k in free], mean[free], sd[free]

    def over(self, one: Parameter, two: Parameter) -> tuple[Array, Array, Mapping[str, tuple[Array, Array]]]:
        """Return the values of two numbers and what is believed over them: arrays ``values of two x values of one``."""
        xs, ys = (np.array(values_of(part, _GRID), dtype=float) for part in (one, two))
        rows = [self._moved({one.name: _typed(one, x), two.name: _typed(two, y)}) for y in ys for x in xs]
        shape = (len(ys), len(xs))
        return xs, ys, {n: (m.reshape(shape), s.reshape(shape)) for n, (m, s) in self.ask(rows).items()}

    def within(self, parts: Sequence[str]) -> tuple[Array, float, Mapping[str, tuple[Array, Array]]]:
        """Return shares of three parts of a mixture, ``m x 3``, their sum, and what is believed there."""
        total = sum(float(self.row[name]) for name in parts)
        steps = [(i, j, _LATTICE - i - j) for i in range(_LATTICE + 1) for j in range(_LATTICE + 1 - i)]
        shares = np.array(steps, dtype=float) / _LATTICE
        rows = [{**self.row, **dict(zip(parts, (total * share).tolist(), strict=True))} for share in shares]
        return shares, total, self.ask(rows)

    def _scale(self, objective: Objective) -> tuple[float, float]:
        """Return the middle of an objective's results and how far they reach to each side."""
        found = [seen.measurements.get(objective.name) for seen in self.belief.context.training]
        values = [item.value for item in found if item is not None and item.trains]
        middle, half = min(values) / 2 + max(values) / 2, max(values) / 2 - min(values) / 2
        return middle, half or abs(middle) or 1.0

    def _moved(self, values: Values) -> Values:
        """Return the best experiment's row with other values; the other parts of a mixture make room."""
        moved = {**self.row, **values}
        given = [name for name in self.mixture if name in values]
        rest = [name for name in self.mixture if name not in values]
        if given and rest:
            room = sum(float(self.row[name]) for name in self.mixture) - sum(float(values[name]) for name in given)
            now = sum(float(self.row[name]) for name in rest)
            shares = {name: float(self.row[name]) / now if now > 0 else 1 / len(rest) for name in rest}
            moved |= {name: room * share for name, share in shares.items()}
        return moved

    def _good(self, rows: Sequence[Values]) -> NDArray[np.bool_]:
        space = self.belief.context.space
        good = space.feasible(rows)
        for place, row in enumerate(rows):
            if good[place]:
                good[place] = all(_inside(part, row[part.name]) for part in self.parameters)
        return good


def believed_of(state: State, setup: Setup | None) -> Believed | str:
    """Return what the models of a campaign believe, or in words why there is nothing to say of it."""
    if setup is None:
        return "The models were not asked for this report."
    if len(state.observations) > MOST:
        return f"There are {len(state.observations)} results. Models are asked for a report up to {MOST} of them."
    from zosimos.campaign.explain.belief import believed
    from zosimos.campaign.explain.decision import context_now
    from zosimos.campaign.explain.encoding import Frame

    try:
        context = context_now(state, setup)
        if context.usable < LEAST:
            count = context.usable
            few = f"are {count} results" if count > 1 else f"is {count or 'no'} result"
            return f"There {few} to learn from. Models are asked from {LEAST} on."
        names = front(state) or [seen.experiment for seen in context.training]
        centre = state.experiments[names[0]]
        at = state.lens.row(centre.ran_at)
        row = {parameter.name: at[parameter.name] for parameter in context.space.parameters}
        belief = believed(context)
        allowed = Frame.of(context.space).allowed(_ALLOWED, context.seed)
    except (ZosimosError, KeyError) as error:
        why = error.message if isinstance(error, ZosimosError) else f"{error} is not known of every experiment"
        return f"The models could not be asked: {why}."
    found = Believed(belief, centre.id, row, tuple(seen.experiment for seen in context.training), tuple(allowed))
    if not all(np.isfinite(mean).any() for mean, _ in found.ask([*allowed, row]).values()):
        return "The models gave no numbers: the results are too large or too small for them."
    return found


def values_of(parameter: Parameter, steps: int, also: Value | None = None) -> list[Value]:
    """Return values of a parameter, all where they can be counted and are few, else evenly spaced ones."""
    if parameter.kind == "text":
        return list(levels_of(parameter))
    if 0 < parameter.count <= steps:
        return [_typed(parameter, value) for value in levels_of(parameter)]
    low, high = parameter.bounds or (0.0, 1.0)
    even = np.geomspace(low, high, steps) if parameter.scale == "log" else np.linspace(low, high, steps)
    extra = [] if also is None or not low <= float(also) <= high else [float(also)]
    return list(dict.fromkeys(_typed(parameter, value) for value in sorted([*even.tolist(), *extra])))


def _typed(parameter: Parameter, value: Value) -> Value:
    return round(float(value)) if parameter.kind == "whole" else value


def _inside(parameter: Parameter, value: Value) -> bool:
    if parameter.kind == "text" or parameter.bounds is None:
        return True
    low, high = parameter.bounds
    room = 1e-9 * max(abs(low), abs(high))
    return low - room <= float(value) <= high + room


def _parts(constraint: object) -> tuple[str, ...]:
    """Return the parts of a constraint that fixes a sum; empty of any other."""
    if isinstance(constraint, Simplex):
        return constraint.parts
    if isinstance(constraint, Linear) and constraint.low == constraint.high:
        weights = set(constraint.coefficients.values())
        return tuple(constraint.coefficients) if len(weights) == 1 else ()
    return ()

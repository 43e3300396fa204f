"""The classical analysis of a campaign's results, outcome by outcome, where the experiments were really run.

It stands beside the models: effects, their errors and tests rest on the results alone and on a stated model, which is
what a designed opening is for. Results that cannot be used are counted and named, never left out unsaid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError, StateError
from zosimos.core.listing import and_more
from zosimos.core.nearest import did_you_mean
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.designs.opening import DESIGN, matched
from zosimos.surrogates.linear.analysis import analyse
from zosimos.surrogates.linear.results import Analysis
from zosimos.surrogates.linear.terms import Factor, factors_of

CLEAR = 0.05
"""Probabilities below which an effect is marked as clear."""
_NAMED = 6  # experiments


@dataclass(frozen=True)
class Effects:
    """The analysis of each outcome, or why there is none, and which results were not used."""

    outcomes: Mapping[str, Analysis]
    units: Mapping[str, str]
    refused: Mapping[str, str]
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        found = {name: {"unit": self.units[name], **one.as_json()} for name, one in self.outcomes.items()}
        return {"outcomes": found, "refused": dict(self.refused), "notes": list(self.notes)}


def effects(
    state: State,
    setup: Setup,
    *,
    model: str | None = None,
    outcome: str | None = None,
    only_design: bool = False,
    level: float = 0.95,
) -> Effects:
    """Return the classical analysis of what a campaign measured.

    Args:
        state: the campaign.
        setup: its setup.
        model: the terms; None: the largest model that the results determine with some to spare.
        outcome: the one that is wanted; None: all.
        only_design: whether only runs of the campaign's design count.
        level: of the confidence intervals.

    Raises:
        SpecError: there is no such outcome or model.
        StateError: the campaign has no design, if only that counts; or none of the outcomes can be analysed.
    """
    space, units = setup.space(state.spec), {part.name: part.unit for part in setup.measured(state.spec)}
    if outcome is not None and outcome not in units:
        allowed = ", ".join(units)
        hint = did_you_mean(outcome, list(units))
        raise SpecError(f"{outcome} was not measured", field="outcome", value=outcome, allowed=allowed, hint=hint)
    factors = factors_of(space)
    seen, notes = _usable(state, space, factors)
    if only_design:
        if began_with_design(state, setup) is None:
            hint = "leave it out: then all results count"
            raise StateError("the campaign did not begin with a design", field="only_design", value=True, hint=hint)
        seen = [one for one in seen if one.origin == DESIGN]
    blocks = _blocks(setup, state, seen)
    found: dict[str, Analysis] = {}
    refused: dict[str, str] = {}
    for name in units if outcome is None else [outcome]:
        places = [i for i, one in enumerate(seen) if name in one.measurements and one.measurements[name].trains]
        notes += _unused(name, seen, places)
        kept = [seen[i] for i in places]
        y = np.array([one.measurements[name].value for one in kept])
        columns = space.columns([one.values for one in kept])
        shared = None if blocks is None else blocks[places]
        try:
            found[name] = analyse(factors, columns, y, model=model, blocks=shared, level=level)
        except StateError as error:
            refused[name] = f"{error.message}: {error.hint}"
    if not found:
        why = "; ".join([*(f"{name}: {why}" for name, why in refused.items()), *notes])
        raise StateError(
            f"no outcome can be analysed: {why}",
            field="outcome",
            value=", ".join(refused),
        )
    return Effects(found, units, refused, notes)


def began_with_design(state: State, setup: Setup) -> CampaignSpec | None:
    """Return the first version of a campaign that has a design, whatever was changed since; None if none has."""
    return next((spec for spec in state.specs if setup.policy(spec).design is not None), None)


def verdicts(found: Analysis) -> list[str]:
    """Say in words what the tests of curvature and of lack of fit mean."""
    told, lack = [], found.lack_of_fit
    if found.curvature is not None and found.curvature.p is not None:
        bent = found.curvature.p < CLEAR
        what = "the response is curved: add axial points, or model squares" if bent else "no curvature shows"
        told.append(f"centre points: {what} (p {found.curvature.p:.2g})")
    if lack is None and found.repeated:
        told.append("the model fits all different experiments: repeats do not say whether it is too simple")
    elif lack is None:
        told.append("no experiment was repeated often enough to judge whether the model is too simple")
    elif lack.p is None:
        told.append("repeated experiments came out exactly alike: they do not say whether the model is too simple")
    else:
        what = "the model is too simple" if lack.p < CLEAR else "the model misses nothing that shows"
        told.append(f"repeated experiments: {what} (lack of fit, p {lack.p:.2g})")
    return told


def _usable(state: State, space: SearchSpace, factors: Sequence[Factor]) -> tuple[list[Observation], list[str]]:
    """Return the observations whose values are all known, and in words what is left out."""
    notes: list[str] = []
    counting = state.counting()
    names = [factor.name for factor in factors]
    choices = {factor.name: set(factor.choices) for factor in factors if factor.choices}
    failed = [one.experiment for one in counting if one.failed]
    usable: list[Observation] = []
    strange: list[str] = []
    for one in counting:
        known = all(name in one.values for name in names)
        if one.failed:
            continue
        if known and all(one.values[name] in allowed for name, allowed in choices.items()):
            usable.append(one)
        else:
            strange.append(one.experiment)
    for those, why in (
        (failed, "failed"),
        (list(state.retracted), "retracted"),
        (strange, "with a parameter or a choice that is not in the space now"),
    ):
        notes += [f"{len(those)} left out, {why}: {and_more(those, _NAMED)}"] if those else []
    context = [parameter.name for parameter in space.contextual]
    notes += [f"conditions of the day are not in the model: {', '.join(context)}"] if context else []
    return usable, notes


def _unused(name: str, seen: Sequence[Observation], places: Sequence[int]) -> list[str]:
    used = set(places)
    left = [one for i, one in enumerate(seen) if i not in used]
    limits = [one.experiment for one in left if name in one.measurements and one.measurements[name].limit]
    missing = [one.experiment for one in left if name not in one.measurements]
    flagged = [one.experiment for one in left if one.experiment not in (*limits, *missing)]
    return [
        f"{name}: {len(those)} left out, {why}: {and_more(those, _NAMED)}"
        for those, why in (
            (missing, "not measured"),
            (limits, "of which only a limit is known"),
            (flagged, "flagged as bad or not measured here"),
        )
        if those
    ]


def _blocks(setup: Setup, state: State, seen: Sequence[Observation]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Return the block of each observation, where the design has blocks; those of no design are one of their own.

    The design is that of the space in which it was begun, and so are the rows: parameters that came later are left out.
    """
    spec = began_with_design(state, setup)
    request = None if spec is None else setup.policy(spec).design
    design = setup.design(spec) if spec is not None and request is not None and request.blocks > 1 else None
    if spec is None or design is None:
        return None
    recorded = {one.experiment: one for one in state.observations}
    rows = [recorded[one.experiment] for one in seen]
    known = [
        replace(one, values={name: one.values[name] for name in spec.space})
        for one in rows
        if spec.space.keys() <= one.values.keys()
    ]
    runs = matched(design, known, setup.space(spec))
    return np.array([design.rows[runs[one.experiment]].block if one.experiment in runs else 0 for one in seen])

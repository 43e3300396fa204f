"""The committee's card: what its members are, what they assume and where they fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zosimos.surrogates.cards import ModelCard, Number
from zosimos.surrogates.committee.effects import EffectsMember
from zosimos.surrogates.committee.warped import WarpedMember

if TYPE_CHECKING:
    from zosimos.surrogates.committee.outcome import CommitteeOutcome

_LEARNED = "far from all rows outcomes lie about a level that is learned"
_MEAN = "far from all rows outcomes lie about the mean of those that were measured"
_WARPED = "a member with a scale of its own takes the surface to be even and noise to be normal there"


def committee_card(outcomes: Sequence[CommitteeOutcome], seed: int, notes: tuple[str, ...] = ()) -> ModelCard:
    """Return what fitted committees are, one for each quantity."""
    values: dict[str, Number] = {"seed": seed}
    learned = any(member.kind.level > 0.0 for outcome in outcomes for member in outcome.members)
    warped = any(isinstance(member, WarpedMember) for outcome in outcomes for member in outcome.members)
    for index, outcome in enumerate(outcomes):
        for member in outcome.members:
            about = f"{member.kind.name}, outcome {index}"
            values[f"weight, {about}"] = outcome.weights[member.kind.name]
            values[f"length scales, {about}"] = tuple(float(x) for x in member.lengths)
            if isinstance(member, EffectsMember):
                values[f"strengths of effects, {about}"] = tuple(float(x) for x in member.strengths)
            values[f"noise variance, {about} (of the outcome's)"] = member.noise
            if isinstance(member, WarpedMember):
                values[f"shape of the scale, {about}"] = tuple(float(x) for x in member.bend.shape)
    return ModelCard(
        name="committee",
        models="Each quantity as a weighted mixture of exact Gaussian processes of several kinds.",
        hyperparameters=values,
        selection="Maximum a posteriori for each member; weights by leave-one-out log densities, pseudo-BMA+.",
        assumptions=(
            "the surface is as smooth everywhere as at the measured rows",
            _LEARNED if learned else _MEAN,
            "noise is normal, and the same everywhere where no uncertainties are given",
            "what is known of a limit's row otherwise is normal: the limit is taken in by expectation propagation",
            "an outcome without which the others fit together better, and that no other bears out, is an error",
            *([_WARPED] if warped else ()),
        ),
        failures=(
            "few rows: hyper-parameters are guessed, so intervals are too narrow until they are recalibrated",
            "surfaces with cliffs: no member knows them",
            "more than some thousand rows: cost grows with the cube of their number",
        ),
        source="Rasmussen and Williams 2006; Hvarfner et al. 2024; Yao et al. 2018, arXiv 1704.02030",
        rows=max(outcome.rows for outcome in outcomes),
        notes=notes,
    )

"""One experiment explained: who chose it and why, what was believed there then and is now, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zosimos.campaign.explain.belief import LEAST, believed
from zosimos.campaign.explain.decision import Comparison, Moment, compared, context_now, moment_of
from zosimos.campaign.explain.encoding import BACKGROUND, Frame
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import surprise
from zosimos.campaign.setup import Setup
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.revision import FIFTH
from zosimos.planners.models.belief import Belief
from zosimos.planners.models.contributions import Contribution, contributions
from zosimos.planners.models.extrapolation import describe
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.explanation.neighbours import nearest
from zosimos.surrogates.explanation.shapley import Attribution, shapley

_SAME = 1e-6  # relative: a prediction made again counts as the recorded one


@dataclass(frozen=True)
class PredictedOutcome:
    """One objective, or a quantity that one is made of (``part``), at the experiment's row.

    None stands where there is nothing to say.

    ``recorded`` is the prediction stored with the decision, ``then`` the same made again from the record, ``now``
    today's; ``z`` is the result less the prediction, in standard deviations (predicted and measured combined);
    ``parts`` share out the prediction ``then`` among the parameters.
    """

    objective: Objective
    recorded: Prediction | None
    then: Prediction | None
    now: Prediction | None
    found: Measurement | None
    z: float | None
    parts: Attribution | None
    part: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; nothing is wanted of a part."""
        return {
            "objective": self.objective.name,
            "goal": None if self.part else self.objective.goal,
            "unit": self.objective.unit,
            "recorded": None if self.recorded is None else self.recorded.as_json(),
            "then": None if self.then is None else self.then.as_json(),
            "now": None if self.now is None else self.now.as_json(),
            "found": None if self.found is None else self.found.as_json(),
            "z": self.z,
            "parts": None if self.parts is None else self.parts.as_json(),
        }


@dataclass(frozen=True)
class Near:
    """An experiment that was known by then, and how far away: 0 (the same row) to 1 (the other end of every range)."""

    observation: Observation
    distance: float

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "experiment": self.observation.experiment,
            "distance": self.distance,
            "values": dict(self.observation.values),
            "outcomes": {
                name: f"{found.sign}{found.value!r}" if found.sign else found.value
                for name, found in self.observation.measurements.items()
            },
            "failed": self.observation.failed,
        }


@dataclass(frozen=True)
class ExperimentExplained:
    """Everything there is to say about why an experiment was chosen and what it taught.

    ``reproduced`` says whether the prediction made again is the recorded one (None: none was recorded); ``domain`` how
    the row lay to what had been learned from; ``weights`` which models the belief was made of; ``notes`` what could not
    be explained, and why; ``made`` what the parts of objectives that are made of others contribute.
    """

    campaign: str
    experiment: Experiment
    objectives: tuple[PredictedOutcome, ...]
    decision: str
    known: int
    reproduced: bool | None
    comparison: Comparison | None
    domain: str
    weights: Mapping[str, Mapping[str, float]]
    near: tuple[Near, ...]
    notes: tuple[str, ...]
    made: Mapping[str, tuple[Contribution, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        item = self.experiment
        return {
            "campaign": self.campaign,
            "experiment": item.id,
            "status": item.status,
            "values": dict(item.values),
            "achieved": dict(item.achieved),
            "origin": item.candidate.origin,
            "why": item.candidate.reason,
            "author": item.candidate.author,
            "expected": {name: said.as_json() for name, said in item.candidate.expected.items()},
            "reason": item.reason,
            "decision": self.decision,
            "known": self.known,
            "gain": item.candidate.acquisition,
            "gain_left": item.candidate.gain_left,
            "objectives": [part.as_json() for part in self.objectives],
            "reproduced": self.reproduced,
            "comparison": None if self.comparison is None else self.comparison.as_json(),
            "domain": self.domain,
            "weights": {name: dict(models) for name, models in self.weights.items()},
            "near": [item.as_json() for item in self.near],
            "notes": list(self.notes),
            "made": {name: [part.as_json() for part in parts] for name, parts in self.made.items()},
        }


def explain_experiment(campaign: str, events: Sequence[Event], setup: Setup, experiment: str) -> ExperimentExplained:
    """Return why an experiment was chosen, with the belief of that moment made again from the record.

    Args:
        campaign: its id.
        events: all of its events, in order.
        setup: its setup.
        experiment: the experiment's id.

    Raises:
        NotFoundError: there is no such experiment.
        LedgerError: the record lacks what the decision rested on.
    """
    state, moment = moment_of(campaign, events, setup, experiment)
    then = moment.context
    item = _as_chosen(state.experiment(experiment), then.space.names)
    notes: list[str] = []
    belief = _belief(moment, "when it was chosen", notes)
    now = _belief(Moment("", context_now(state, setup)), "now", notes)
    comparison = None if belief is None else compared(belief, moment, item.values)
    today = {} if now is None else now.prediction(state.lens.row(item.ran_at))
    frame = Frame.of(then.space, [item.values, *(observation.values for observation in then.observations)])
    parts = {} if belief is None else _parts(belief, frame, item.values, then.seed)
    found = [
        PredictedOutcome(
            objective,
            item.candidate.predictions.get(objective.name),
            None if comparison is None else comparison.chosen.predictions[objective.name],
            today.get(objective.name),
            item.measurements.get(objective.name),
            _z(item, objective, comparison, learned=state.spec.since(FIFTH)),
            parts.get(objective.name),
            part=objective not in then.objectives,
        )
        for objective in {o.name: o for o in (*then.objectives, *to_measure(then.objectives))}.values()
    ]
    if belief is not None:
        notes += (*belief.notes, *belief.contradicted)
    if item.achieved and not item.surprise:
        notes.append("it was run elsewhere than asked for: what was predicted there was not tested")
    return ExperimentExplained(
        campaign,
        item,
        tuple(found),
        moment.decision,
        len(then.observations),
        _reproduced(found),
        comparison,
        "" if belief is None else describe(then.space, belief.applicability(item.values)),
        {} if belief is None else belief.weights,
        _near(frame, then, item.values),
        tuple(dict.fromkeys([*notes, *_warnings(found)])),
        {} if belief is None else {name: contributions(belief, name, item.values) for name in belief.composites},
    )


def _as_chosen(item: Experiment, names: Sequence[str]) -> Experiment:
    """Return an experiment without the parameters that came after it was chosen."""
    values = {name: value for name, value in item.values.items() if name in names}
    return item if len(values) == len(item.values) else replace(item, candidate=replace(item.candidate, values=values))


def _belief(moment: Moment, when: str, notes: list[str]) -> Belief | None:
    usable = moment.context.usable
    if usable >= LEAST:
        return believed(moment.context, moment.ahead)
    known = f"{usable} usable result{'' if usable == 1 else 's'} {when}"
    notes.append(f"{known}: a model needs {LEAST}, so there is no belief to show")
    return None


def _z(item: Experiment, objective: Objective, comparison: Comparison | None, *, learned: bool) -> float | None:
    """Return the surprise of the recorded prediction, or else of the one made again; None where neither was tested."""
    if item.achieved and not item.surprise:
        return None
    predictions = {} if comparison is None else dict(comparison.chosen.predictions)
    predictions |= item.candidate.predictions
    candidate = Candidate(item.values, "", predictions=predictions)
    return surprise(candidate, item.measurements, learned=learned).get(objective.name)


def _parts(belief: Belief, frame: Frame, values: Values, seed: int) -> dict[str, Attribution]:
    """Return how the prediction at a row is shared out among the parameters, by objective."""
    background, row = frame.design(frame.allowed(BACKGROUND, seed)), frame.design([values]).rows[0]
    names = (objective.name for objective in belief.context.objectives)
    return {name: shapley(frame.predictor(belief, name), row, background, seed=seed) for name in names}


def _reproduced(found: Iterable[PredictedOutcome]) -> bool | None:
    pairs = [(part.recorded, part.then) for part in found if part.recorded is not None and part.then is not None]
    if not pairs:
        return None
    return all(
        math.isclose(was, again, rel_tol=_SAME, abs_tol=_SAME * recorded.sd)
        for recorded, then in pairs
        for was, again in ((recorded.mean, then.mean), (recorded.sd, then.sd))
    )


def _near(frame: Frame, context: ProposalContext, values: Values) -> tuple[Near, ...]:
    if not context.observations:
        return ()
    design = frame.design([observation.values for observation in context.observations])
    found = nearest(design, frame.design([values]).rows[0])
    return tuple(Near(context.observations[one.index], one.distance) for one in found)


def _warnings(found: Iterable[PredictedOutcome]) -> list[str]:
    return [warning for part in found if part.parts is not None for warning in part.parts.warnings]

"""Decisions made again: the context in which an experiment was chosen, and what else could have been.

Everything comes from the record: a decision names the observations, pending experiments, rows to avoid and the spec it
rested on (:mod:`zosimos.campaign.decisions.decide`), and every random choice follows from the campaign's seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zosimos.campaign.decisions.budget import charged
from zosimos.campaign.decisions.decide import inputs_recorded
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.experiment import WAITING
from zosimos.campaign.record.fold import apply
from zosimos.campaign.record.repairs import counting
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import LedgerError
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.acquisition.functions import LOGARITHMIC
from zosimos.planners.advice import Prior
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.policy import AcquisitionSettings
from zosimos.planners.protocol import ProposalContext

_LOOKED_AT = 4096  # free rows that are compared, where there are more; drawn evenly
_SPREAD = 512  # allowed rows that are compared, where they cannot be listed


@dataclass(frozen=True)
class Moment:
    """What was known when an experiment was chosen (``decision`` is empty where a person chose it).

    ``ahead`` are the rows that the same proposer had chosen before in the same decision.
    """

    decision: str
    context: ProposalContext
    ahead: tuple[Values, ...] = ()


def moment_of(campaign: str, events: Sequence[Event], setup: Setup, experiment: str) -> tuple[State, Moment]:
    """Return the campaign's state now, and what was known when one of its experiments was chosen.

    Raises:
        NotFoundError: there is no such experiment.
        LedgerError: the decision's inputs are not on record as it names them.
    """
    state = State(campaign)
    found: Moment | None = None
    for event in counting(events):
        if event.kind == "decision.made":
            before = _before(event, experiment)
            found = _decided(state, event, setup, before) if before is not None else found
        elif event.kind == "observation.told" and event.body["experiment"] == experiment:
            found = Moment("", context_now(state, setup))
        apply(state, event)
    state.experiment(experiment)  # raises where there is none
    assert found is not None, "an experiment is decided on or reported"
    return state, found


def context_now(state: State, setup: Setup, observed: int | None = None) -> ProposalContext:
    """Return what is known in a state, or was after its first ``observed`` observations; no decision's, for looking."""
    lens = state.lens
    advice = (lens.advice(given) for given in (state.in_force() if observed is None else ()))
    history = History(
        tuple(state.counting(observed)),
        avoid=lens.rows(experiment.values for experiment in state.avoided.values()),
        charged=charged((e for e in state.experiments.values() if e.status not in WAITING), lens),
        advice=tuple(given for given in advice if given is not None),
    )
    return setup.context(state.spec, history, derive_seed(state.spec.seed, "explain"))


def _before(event: Event, experiment: str) -> list[Candidate] | None:
    """Return an experiment's candidate and, before it, those of the same decision that were chosen earlier."""
    names = [item["experiment"] for item in event.body["candidates"]]
    if experiment not in names:
        return None
    return [Candidate.from_json(item["candidate"]) for item in event.body["candidates"][: names.index(experiment) + 1]]


def _decided(state: State, event: Event, setup: Setup, chosen: Sequence[Candidate]) -> Moment:
    stored = event.body["inputs"]
    try:
        inputs = inputs_recorded(state, stored)
        same = inputs.digest == stored["digest"]
    except (KeyError, IndexError):
        same = False
    if not same:
        raise LedgerError(
            f"the inputs of {event.body['decision']} are not on record as it names them",
            field="event",
            value=event.seq,
            hint="run zosimos verify; a record is explained by the version of zosimos that wrote it, which zosimos "
            "replay names",
        )
    *earlier, own = chosen
    apart = [candidate.values for candidate in earlier if candidate.origin != own.origin]
    ahead = tuple(candidate.values for candidate in earlier if candidate.origin == own.origin)
    advised = own.origin.startswith("advice:")  # not one that advice only leaned
    if advised:  # points that were advised compete under one belief, whoever advised them
        apart = [candidate.values for candidate in earlier if candidate.repeats]
        ahead = tuple(candidate.values for candidate in earlier if not candidate.repeats)
    pending = (*(candidate.values for candidate in inputs.under_way), *apart)
    seed = derive_seed(derive_seed(inputs.spec.seed, "decision", inputs.number), "advice" if advised else own.origin)
    history = replace(inputs.history, pending=pending, charged=(*inputs.charged, *apart))
    known = setup.context(inputs.spec, history, seed)
    policy = replace(known.policy, acquisition=AcquisitionSettings()) if advised else known.policy
    context = replace(
        known,
        policy=policy,
        sequence_seed=derive_seed(known.sequence_seed, "sobol"),
        position=len(known.observations) + len(pending),
    )
    return Moment(event.body["decision"], context.paid_for(), ahead)


@dataclass(frozen=True)
class Option:
    """A row that could be measured: its expected gain (None: none to tell) and what is predicted there."""

    values: Values
    gain: float | None
    predictions: Mapping[str, Prediction]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        predictions = {name: prediction.as_json() for name, prediction in self.predictions.items()}
        return {"values": dict(self.values), "gain": self.gain, "predictions": predictions}


@dataclass(frozen=True)
class Comparison:
    """A chosen row among ``looked_at`` others that were free: its place by expected gain (1: first), and the best.

    ``weighed`` says what the gain was weighed by for the order: ``cost``, ``expectation``, both or nothing.
    """

    chosen: Option
    place: int
    looked_at: int
    others: tuple[Option, ...]
    weighed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        others = [option.as_json() for option in self.others]
        return {
            "chosen": self.chosen.as_json(),
            "place": self.place,
            "looked_at": self.looked_at,
            "weighed": list(self.weighed),
            "others": others,
        }


def compared(belief: Belief, moment: Moment, chosen: Values, count: int = 3) -> Comparison:
    """Return how a row's expected gain compares with that of the other rows that were free at that moment."""
    rows = _free(moment.context, chosen)
    keys = [row_key(row) for row in rows]
    gains = belief.acquisition(rows)  # of the same rows in the same order as the planner judged them
    own, ahead = keys.index(row_key(chosen)), {row_key(row) for row in moment.ahead}
    others = [i for i in np.argsort(-gains, kind="stable") if i != own and keys[i] not in ahead]
    plain = gains - belief.adjustment(rows)  # costs and expectations order rows, but are no gain
    best = [_option(belief, rows[i], plain[i]) for i in (own, *others[:count])]
    place = 1 + sum(bool(gains[i] > gains[own]) for i in others)
    return Comparison(best[0], place, len(others), tuple(best[1:]), _weighed(belief.context))


def _weighed(context: ProposalContext) -> tuple[str, ...]:
    """Return what leans the order of rows besides their gain."""
    goal = context.goal
    if context.policy.acquisition.kind not in LOGARITHMIC:
        return ()
    cost = goal.costs is not None and goal.costs.stated
    expected = goal.expectation is not None and not context.contradicted
    advised = any(isinstance(item, Prior) for given in context.history.advice for item in given.items)
    weighing = (("cost", cost), ("expectation", expected), ("advice", advised))
    return tuple(name for name, counts in weighing if counts)


def _option(belief: Belief, row: Values, gain: float) -> Option:
    return Option(row, float(gain) if np.isfinite(gain) else None, belief.prediction(row))


def _free(context: ProposalContext, chosen: Values) -> list[Values]:
    """Return the rows that were free, or an even draw of them, the chosen one among them."""
    if context.free is None:
        return [chosen, *fresh(sobol_rows(context.space, context.seed), context.taken | {row_key(chosen)}, _SPREAD)]
    drawn = np.random.default_rng(context.seed).permutation(len(context.free))[:_LOOKED_AT]
    rows = [context.free[int(i)] for i in np.sort(drawn)]
    return rows if row_key(chosen) in map(row_key, rows) else [*rows, chosen]

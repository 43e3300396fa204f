"""Watching: what recorded predictions and their outcomes say of the models and the instruments, told to a person once.

Each result is compared with what was predicted before it was known. An outlier asks for another measurement of the same
row; a drift, a trend or another noise asks for a look at the instruments. What was told is on record, so that it is
told once: an outlier by its experiment, a change by its onset.

Predictions are also off in a row where a search comes to regions that its model did not know, and they get better where
it stays. From the fourth revision on a change is told only if results cannot be explained by where they were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Notice
from zosimos.campaign.record.state import State
from zosimos.core.objective import to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.core.revision import FOURTH
from zosimos.planners.models.residuals import Scored, scored
from zosimos.planners.observed import Observed
from zosimos.planners.tried import same_row
from zosimos.surrogates.calibration.drift import Alarm, of_kind, watch
from zosimos.surrogates.calibration.place_and_time import ALONE, FIRM, drift_evidence, noise_evidence
from zosimos.surrogates.calibration.response import Situation, react

_WORDS = {
    "drift": "results drift: recalibrate the instrument",
    "trend": "results move away from predictions bit by bit: recalibrate the instrument",
    "noise": "the scatter of results has changed: check the instrument",
}

_BY_TIME = "when they were measured explains them, where does not"
_FROM, _EVERY = 20, 5  # results from which on, and after how many, a drift is looked for that no residual speaks of


def noticed(state: State, *, pause: bool = True) -> list[Draft]:
    """Return what records everything unusual that was not told yet, and pauses the campaign if its file says so.

    Args:
        state: the campaign.
        pause: whether the campaign may pause; a rehearsal has nobody to take it up again.
    """
    if state.spec.watch == "off" or not state.predicted:  # without a prediction nothing is unusual
        return []
    measured = [quantity.name for quantity in to_measure(build_objectives(state.spec))]
    seen = state.observed()
    placed = state.spec.since(FOURTH)
    found = [notice for name in measured for notice in unusual(seen, name, state.notices, placed=placed)]
    drafts = [Draft("notice.raised", notice.as_json()) for notice in found]
    if found and pause and state.spec.watch == "pause" and state.status == "active":
        by = {"name": "zosimos", "at": ""}
        drafts.append(Draft("campaign.paused", {"by": by, "reason": found[0].words}))
    return drafts


def unusual(
    observations: Sequence[Observation], quantity: str, told: Sequence[Notice] = (), *, placed: bool = True
) -> list[Notice]:
    """Return what is unusual in the results of a quantity and is not among what was told.

    Args:
        observations: all so far.
        quantity: the measured quantity.
        told: earlier notices.
        placed: whether a change counts only where the places of the results do not explain it.
    """
    observations = Observed.over(observations)
    known = scored(observations, quantity)
    alarms = watch(known.known.scores)
    if not alarms:
        return []
    own = [notice for notice in told if notice.quantity == quantity]
    names, places = known.experiments, known.places
    outliers = of_kind(alarms, "outlier")
    repeated = {
        alarm.since: confirmed
        for alarm in outliers
        if (confirmed := _confirmed(observations, observations[places[alarm.since]], quantity)) is not None
    }
    spoken_of = {notice.experiment for notice in own if notice.kind == "outlier"}
    found = []
    for alarm in outliers:
        name = names[alarm.since]
        if alarm.since not in repeated and name not in spoken_of:
            words = _outlier(observations[places[alarm.since]], quantity)
            found.append(Notice("outlier", quantity, name, len(observations), words))

    def once(kind: str, since: int, words: str) -> list[Notice]:
        """Return a notice of a change, unless one was given after its onset: that spoke of the same."""
        changes = ("outliers",) if kind == "outliers" else tuple(_WORDS)
        if any(notice.kind in changes and notice.seen > places[since] for notice in own):
            return []
        return [Notice(kind, quantity, names[since], len(observations), words)]

    reaction = react(Situation(len(names), outliers, repeated=repeated))
    if reaction.action == "ask":
        found += once("outliers", reaction.concerns[0], f"{quantity}: {reaction.reason}")
    changes = sorted(of_kind(alarms, "drift", "trend", "noise"), key=lambda alarm: -alarm.strength)
    if not placed:
        return found + [
            one for alarm in changes[:1] for one in once(alarm.kind, alarm.since, _change(alarm, quantity, names))
        ]
    results = _Results.of(observations, quantity, [names[alarm.since] for alarm in outliers])
    for alarm in changes:
        notices = once(alarm.kind, alarm.since, _change(alarm, quantity, names))
        if notices and _firm(alarm, known, results):
            return found + notices
    notices = once("drift", 0, f"{quantity}: {_WORDS['drift']} ({_BY_TIME})") if names and results.due else []
    return found + notices if notices and results.evidence("drift", 0) > ALONE else found


@dataclass(frozen=True)
class _Results:
    """The results of a quantity that may be learned from, outliers left out: places among all, rows and values.

    Evidence of a change is kept beside the observations: whoever looks again before the next result finds it there.
    """

    places: Sequence[int]
    rows: Sequence[Values]
    values: Sequence[float]
    kept: dict[tuple[int, str, int], float]

    @classmethod
    def of(cls, observations: Observed, quantity: str, strange: Sequence[str]) -> Self:
        good = [
            (place, seen.values, found.value)
            for place, seen in enumerate(observations)
            if not seen.failed
            and (found := seen.measurements.get(quantity)) is not None
            and found.trains
            and seen.experiment not in strange
        ]
        places, rows, values = zip(*good, strict=True) if good else ((), (), ())
        return cls(places, rows, values, observations.beside(("changes", quantity), dict))

    @property
    def due(self) -> bool:
        """Whether a drift is looked for that no residual speaks of."""
        return len(self.values) >= _FROM and len(self.values) % _EVERY == 0

    def evidence(self, kind: str, onset: int) -> float:
        """Return the evidence of a change from an observation on, given where results were measured."""
        since = sum(place < onset for place in self.places)
        key = len(self.values), kind, since
        if key not in self.kept:
            weigh = noise_evidence if kind == "noise" else drift_evidence
            self.kept[key] = weigh(self.rows, self.values, since)
        return self.kept[key]


def _firm(alarm: Alarm, known: Scored, results: _Results) -> bool:
    """Say whether a change of residuals is one of the results, and does not only come of where they were measured."""
    sizes = np.abs(known.known.scores)
    if alarm.kind == "noise" and sizes[alarm.since :].mean() < sizes[: alarm.since].mean():
        return False  # the model has learned
    return results.evidence("noise" if alarm.kind == "noise" else "drift", known.places[alarm.since]) > FIRM


def _outlier(observation: Observation, quantity: str) -> str:
    said, found = observation.predictions[quantity], observation.measurements[quantity]
    predicted = f"{said.mean:.4g} ± {said.spread:.2g} {found.unit}".rstrip()
    return (
        f"{quantity} of {observation.experiment} is an outlier: {found.value:.4g} where {predicted} was predicted; "
        "measure it again"
    )


def _change(alarm: Alarm, quantity: str, names: Sequence[str]) -> str:
    seen = alarm.words.replace(f"residual {alarm.since} ", f"{names[alarm.since]} ")
    return f"{quantity}: {_WORDS[alarm.kind]} ({seen})"


def _confirmed(observations: Observed, outlier: Observation, quantity: str) -> bool | None:
    """Say whether a repeat at an outlier's row lies nearer to it than to its prediction; None: there is no repeat."""
    again = [
        seen.measurements[quantity].value
        for seen in same_row(observations, outlier.asked_at)
        if seen.experiment != outlier.experiment
        and dict(seen.asked_at) == dict(outlier.asked_at)
        and not (seen.asked and not seen.predictions)  # that one ran elsewhere
        and quantity in seen.measurements
        and seen.measurements[quantity].trains
    ]
    if not again:
        return None
    value, said = outlier.measurements[quantity].value, outlier.predictions[quantity].mean
    return abs(again[-1] - value) < abs(again[-1] - said)

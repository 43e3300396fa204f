"""Watching: what recorded predictions and their outcomes say of the models and the instruments, told to a person once.

Each result is compared with what was predicted before it was known. An outlier asks for another measurement of the same
row; a drift, a trend or another noise asks for a look at the instruments. What was told is on record, so that it is
told once: an outlier by its experiment, a change by its onset.
"""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Notice
from zosimos.campaign.record.state import State
from zosimos.core.objective import to_measure
from zosimos.core.records import Observation
from zosimos.planners.models.residuals import scored
from zosimos.planners.observed import Observed
from zosimos.planners.tried import same_row
from zosimos.surrogates.calibration.drift import Alarm, of_kind, watch
from zosimos.surrogates.calibration.response import Situation, react

_WORDS = {
    "drift": "results drift: recalibrate the instrument",
    "trend": "results move away from predictions bit by bit: recalibrate the instrument",
    "noise": "the scatter of results has changed: check the instrument",
}


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
    found = [notice for name in measured for notice in unusual(seen, name, state.notices)]
    drafts = [Draft("notice.raised", notice.as_json()) for notice in found]
    if found and pause and state.spec.watch == "pause" and state.status == "active":
        by = {"name": "zosimos", "at": ""}
        drafts.append(Draft("campaign.paused", {"by": by, "reason": found[0].words}))
    return drafts


def unusual(observations: Sequence[Observation], quantity: str, told: Sequence[Notice] = ()) -> list[Notice]:
    """Return what is unusual in the results of a quantity and is not among what was told."""
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
    for alarm in changes[:1]:
        found += once(alarm.kind, alarm.since, _change(alarm, quantity, names))
    return found


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

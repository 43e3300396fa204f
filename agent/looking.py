"""Looking: what a model may see of one campaign, as plain data that the faces show, too."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.agent.preview import described, preview
from zosimos.agent.seams import Known
from zosimos.campaign import views
from zosimos.campaign.control.changes import steering_wanted
from zosimos.campaign.decisions.decide import Decide, decide
from zosimos.campaign.explain import explain_campaign
from zosimos.campaign.explain.planner_card import planner_card
from zosimos.campaign.explain.remaining import remaining
from zosimos.campaign.explain.spectra import Apart, Spectrum, apart, spectra
from zosimos.campaign.record.experiment import Experiment, ProposedChange
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError
from zosimos.core.numerals import with_spread

_SHOWN = 10  # experiments, the latest
_TO_TYPE = re.compile(r" \(zosimos [^)]*\)")  # commands stand beside a proposal, where they are ours


class Looking:
    """What is known of a campaign.

    Args:
        record: its record.
        setup: its setup.
        decide: chooses candidates for previews.
    """

    def __init__(self, record: Known, setup: Setup, decide: Decide = decide) -> None:
        self._record = record
        self._setup = setup
        self._decide = decide

    def status(self) -> dict[str, Any]:
        """Return where the campaign stands, and its best experiment."""
        state = self._record.state
        found = views.status(state)
        kept = {name: found[name] for name in ("name", "status", "reason", "used", "budget", "spec_version")}
        best = found["best"]
        kept["reason"] = _TO_TYPE.sub("", kept["reason"])
        return {
            **kept,
            "best": None if best is None else brief(state.experiments[best["experiment"]]),
            "open": state.open_tokens(),
        }

    def experiments(self) -> dict[str, Any]:
        """Return the latest experiments."""
        experiments = list(self._record.state.experiments.values())
        return {"total": len(experiments), "experiments": [brief(item) for item in experiments[-_SHOWN:]]}

    def explain(self, experiment: str) -> dict[str, Any]:
        """Return all that is known about one experiment."""
        item = self._record.state.experiment(experiment)
        return {
            **brief(item),
            "origin": item.candidate.origin,
            "why": item.candidate.reason,
            "reason": item.reason,
            "expected": {name: _number(p.mean, p.spread) for name, p in item.candidate.predictions.items()},
        }

    def compare(self, first: str, second: str) -> dict[str, Any]:
        """Return two experiments, and in which values they differ."""
        one, other = self._record.state.experiment(first), self._record.state.experiment(second)
        names = [name for name in one.ran_at if one.ran_at[name] != other.ran_at.get(name)]
        differ = {name: [one.ran_at[name], other.ran_at.get(name)] for name in names}
        return {"experiments": [brief(one), brief(other)], "differ": differ}

    def spectrum(self, experiment: str, compared_with: str = "") -> dict[str, Any]:
        """Return the series of an experiment in a few numbers, and how far they are from another's."""
        state = self._record.state
        found = {"experiment": experiment, "spectra": [_curve(one) for one in spectra(state, experiment)]}
        return found | ({"apart": _apart(apart(state, experiment, compared_with))} if compared_with else {})

    def forecast(self) -> dict[str, Any]:
        """Return what is left to gain, and how it grows with further experiments."""
        state = self._record.state
        found = remaining(state, self._setup)
        left = max(0, state.spec.budget.experiments - state.used)
        shown = {"budget_left": left, "gain_with_budget_left": found.after(left)}
        return {**found.as_json(), **shown}

    def model_quality(self) -> dict[str, Any]:
        """Return how well the models foretold results, and whether planning pays."""
        card = planner_card(self._record.state, self._setup)
        return {"verdict": card.words, "predictions": [item.as_json() for item in card.foretold]}

    def open_proposals(self) -> dict[str, Any]:
        """Return the proposals that wait for an answer, each with what it would do."""
        state = self._record.state
        return {"proposals": [described(self._setup, state, one, self._decide) for one in state.open_changes()]}

    def what_if(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what other settings would change: what would be tried next, and with a budget what could be gained."""
        state = self._record.state
        changes = steering_wanted(self._setup, state, settings)
        supposed = ProposedChange("", "steer", tuple(changes), None, state.spec_version, 0, "", "", "", "")
        found = {
            "changes": [change.as_json() for change in changes],
            "preview": preview(self._setup, state, supposed, self._decide),
        }
        budgets = [change for change in changes if change.path == "budget.experiments"]
        return {**found, "gain": self._gained(int(budgets[0].new))} if budgets else found

    def _gained(self, budget: int) -> dict[str, Any]:
        """Return what could be gained with the budget as it is and as it might be."""
        state = self._record.state
        try:
            found = remaining(state, self._setup)
        except StateError as error:
            return {"unknown": error.message}
        now, then = (max(0, total - state.used) for total in (state.spec.budget.experiments, budget))
        expected = {"now": found.after(now), "then": found.after(then)}
        return {"objective": found.objective, "unit": found.unit, **expected, "experiments": {"now": now, "then": then}}

    def explain_campaign(self) -> dict[str, Any]:
        """Return what matters in the campaign: by objective the share of each parameter, its trend, and how sure."""
        found = explain_campaign(self._record.state, self._setup, bootstraps=0)
        objectives = [
            {
                "objective": item.objective.name,
                "results": item.measured,
                "explained": f"{100.0 * item.fit:.0f} %",
                "best": item.best.experiment,
                "matters": [
                    {"parameter": column.name, "share": f"{100.0 * share:.0f} %", "trend": curve.trend(column)}
                    for share, column, curve in sorted(
                        zip(item.effects.main, item.effects.columns, item.effects.curves, strict=True),
                        key=lambda one: -one[0],
                    )
                ],
            }
            for item in found.objectives
        ]
        return {"measured": found.measured, "objectives": objectives, "notes": list(found.notes)}


def brief(item: Experiment) -> dict[str, Any]:
    """Return one experiment: its values, what came of it, and how that was changed."""
    return {
        "experiment": item.id,
        "status": item.status,
        "values": dict(item.values),
        **({"really run at": dict(item.achieved)} if item.achieved else {}),
        "outcomes": {name: _number(m.value, m.uncertainty, m.unit) for name, m in item.measurements.items()},
        **({"changes": [str(amendment) for amendment in item.amendments]} if item.amendments else {}),
    }


def _curve(one: Spectrum) -> dict[str, Any]:
    """Return a spectrum in numbers with their units."""
    return {
        "series": one.series,
        "channels": one.channels,
        "measured": one.measured,
        **{
            end: _place(place.at, place.value, one) for end, place in (("lowest", one.lowest), ("highest", one.highest))
        },
        "peaks": [
            _place(peak.at, peak.value, one)
            | ({} if peak.width is None else {"width at half height": _with(peak.width, one.unit)})
            for peak in one.peaks
        ],
    }


def _apart(found: Sequence[Apart]) -> list[dict[str, Any]]:
    return [
        {
            "series": one.series,
            "root mean square": _with(one.rms, one.of),
            "most": _place(one.most.at, one.most.value, one),
            "channels": one.channels,
        }
        for one in found
    ]


def _place(at: float | str, value: float, of: Spectrum | Apart) -> dict[str, str]:
    return {"at": at if isinstance(at, str) else _with(at, of.unit), "value": _with(value, of.of)}


def _with(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".rstrip()


def _number(value: float, uncertainty: float | None, unit: str = "") -> str:
    """Return a number in words; many results, from a table or by hand, come without an uncertainty."""
    return f"{with_spread(value, uncertainty)} {unit}".rstrip()

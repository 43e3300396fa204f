"""What a campaign file may say only together with, or only without, something else it says."""

from __future__ import annotations

from typing import NamedTuple

from zosimos.campaign.definition.designs import DesignSpec
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.core.errors import SpecError
from zosimos.core.nearest import did_you_mean
from zosimos.core.objective import to_measure
from zosimos.planners.goal.goal import Goal


class _Misfit(NamedTuple):
    wrong: bool
    field: str
    value: object
    why: str
    allowed: str
    hint: str = ""


def check_together(spec: CampaignSpec, goal: Goal) -> None:
    """Refuse fields that are right alone but would not be used, or would mean nothing, beside the others.

    Raises:
        SpecError: says which field and what is allowed.
    """
    for misfit in (
        *_without_work(spec),
        *_judging(spec),
        *_made(spec, goal),
        *_stopping(spec, goal),
        *_columns(spec, goal),
        *_opening(spec),
    ):
        if misfit.wrong:
            raise SpecError(
                misfit.why, field=misfit.field, value=misfit.value, allowed=misfit.allowed, hint=misfit.hint
            )
    _check_design(spec, goal)


def _check_design(spec: CampaignSpec, goal: Goal) -> None:
    """Refuse a design that the space does not admit, or that takes more experiments than there may be."""
    if not isinstance(spec.planner.start, DesignSpec):
        return
    from zosimos.planners.designs.design import planned_runs  # most campaigns begin with none

    try:
        runs = planned_runs(goal.space, spec.planner.start.request)
    except SpecError as error:
        place = error.field or "design"
        field = place if place.split(".")[0] in ("space", "constraints") else f"planner.start.{place}"
        raise SpecError(
            error.message, field=field, value=error.value, allowed=error.allowed, hint=error.hint
        ) from error
    if runs > spec.budget.experiments:
        raise SpecError(
            f"the {spec.planner.start.design} design takes {runs} experiments, and the budget is "
            f"{spec.budget.experiments}",
            field="planner.start",
            value=f"{runs} experiments",
            allowed=f"at most {spec.budget.experiments}",
            hint="raise budget.experiments, or choose a smaller design: fewer centre points, a fraction, d-optimal "
            "with runs",
        )


def _without_work(spec: CampaignSpec) -> list[_Misfit]:
    return [
        _Misfit(
            not given and spec.planner.sharing.get(name, 0) > 0,
            field,
            None,
            f"{name!r} has nothing to work on",
            "one or more",
            f"add {field}: to the campaign file",
        )
        for name, given, field in (
            ("discriminate", spec.hypotheses, "hypotheses"),
            ("counterexample", spec.claims, "claims"),
        )
    ]


def _opening(spec: CampaignSpec) -> list[_Misfit]:
    asked = isinstance(spec.planner.start, DesignSpec)
    return [
        _Misfit(
            asked and spec.fidelity is not None,
            "planner.start",
            "a design",
            "a design knows no levels of fidelity",
            "a number of experiments with fidelity",
        ),
    ]


def _columns(spec: CampaignSpec, goal: Goal) -> list[_Misfit]:
    outcomes = [quantity.name for quantity in to_measure(goal.objectives)]
    known = ["experiment", *spec.space, *outcomes, *(f"{name}_uncertainty" for name in outcomes), "failed"]
    return [
        _Misfit(
            name not in known,
            f"columns.{column}",
            name,
            f"the column {column!r} stands for {name!r}, which is no parameter and no outcome",
            ", ".join(known),
            did_you_mean(name, known),
        )
        for column, name in spec.columns.items()
    ]


def _judging(spec: CampaignSpec) -> list[_Misfit]:
    planner = spec.planner
    return [
        _Misfit(
            planner.acquisition == "parego" and len(spec.objectives) == 1,
            "planner.acquisition",
            planner.acquisition,
            "parego weighs several objectives, and there is one",
            "another acquisition with one objective",
            "leave it out: improvement is the default",
        ),
        _Misfit(
            planner.feasibility is not None and planner.failures == "ignore",
            "planner.feasibility",
            planner.feasibility,
            "with failures: ignore nothing learns where experiments fail",
            "nothing with failures: ignore",
            "leave out planner.feasibility or planner.failures",
        ),
        _Misfit(
            bool(spec.sources) and planner.surrogate != "committee",
            "planner.surrogate",
            planner.surrogate,
            f"the surrogate {planner.surrogate!r} does not learn from sources",
            "committee with sources",
            "leave out planner.surrogate or sources",
        ),
    ]


def _made(spec: CampaignSpec, goal: Goal) -> list[_Misfit]:
    """What does not know yet that an objective may be made of quantities with models of their own."""
    name = next((name for name, part in spec.objectives.items() if part.of is not None), None)
    if name is None:
        return []
    errors, planner = next(iter(goal.errors), ""), spec.planner
    unaware = planner.acquisition in ("parego", "knowledge-gradient")
    found = [
        (spec.fidelity is not None, "fidelity", None, "nothing"),
        (bool(spec.sources), "sources", None, "nothing"),
        (bool(errors), f"space.{errors}.error", goal.errors.get(errors), "nothing"),
        (unaware, "planner.acquisition", planner.acquisition, "another"),
        (planner.replicates == "when-useful", "planner.replicates", planner.replicates, "in-doubt or none"),
    ]
    return [
        _Misfit(
            wrong,
            field,
            value,
            f"{field} would not be used: {name} is made of other quantities",
            f"{allowed} beside an objective with a formula",
            f"leave it out, or leave out objectives.{name}.of",
        )
        for wrong, field, value, allowed in found
    ]


def _stopping(spec: CampaignSpec, goal: Goal) -> list[_Misfit]:
    stop, several = spec.stop, len(spec.objectives) > 1
    weighed = "costs" if goal.costs is not None and goal.costs.stated else "expect" if spec.expect else ""
    return [
        _Misfit(
            stop.expected_gain is not None and several,
            "stop.expected_gain",
            stop.expected_gain,
            "an expected gain has a unit only where there is one objective",
            "nothing with several objectives",
            "use stop.no_improvement",
        ),
        _Misfit(
            stop.expected_gain is not None and bool(weighed),
            "stop.expected_gain",
            stop.expected_gain,
            f"with {weighed} the experiment chosen next is not the one that is expected to gain most",
            f"nothing with {weighed}",
            "use stop.no_improvement or stop.regret",
        ),
        _Misfit(
            stop.regret is not None and (several or goal.fidelity is not None),
            "stop.regret",
            stop.regret,
            "a regret is told only where there is one objective, of one fidelity",
            "nothing with several objectives or fidelities",
            "use stop.no_improvement",
        ),
    ]

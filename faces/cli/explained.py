"""Explanations as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from zosimos.core.unit_signs import printed
from zosimos.faces.cli import screen

if TYPE_CHECKING:
    from rich.table import Table

    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.campaign.explain import CampaignExplained, ExperimentExplained
    from zosimos.campaign.explain.campaign import ObjectiveExplained
    from zosimos.campaign.explain.decision import Comparison
    from zosimos.campaign.explain.domains import ExperimentDomain
    from zosimos.campaign.explain.experiment import Near, PredictedOutcome
    from zosimos.campaign.explain.held_out import LeftOut, QuantityChecked
    from zosimos.campaign.explain.surprises import Surprises
    from zosimos.core.objective import Objective
    from zosimos.core.parameters import Values
    from zosimos.core.records import Prediction
    from zosimos.planners.models.contributions import Contribution
    from zosimos.surrogates.explanation.design import DesignColumn
    from zosimos.surrogates.explanation.shapley import Attribution

_PAIRS = 3  # interactions shown, the largest
_LITTLE = 0.005  # share of the variation below which an interaction is not shown


def campaign(found: CampaignExplained) -> None:
    """Show what matters in a campaign and what is believed."""
    state = found.state
    screen.say(f"{state.id}  {state.spec.name}: {state.status}, {found.measured} measured experiments to learn from")
    for item in found.objectives:
        _objective(item, _models_of(item.objective, found.weights))
    _surprises(state.spec, found.surprises)
    notes(found.notes)


def experiment(spec: CampaignSpec, found: ExperimentExplained) -> None:
    """Show why an experiment was chosen, what was believed of it and what came of it."""
    from zosimos.campaign import wording

    out = screen.console()
    item, candidate, comparison = found.experiment, found.experiment.candidate, found.comparison
    again = {None: "", True: "the same prediction", False: "another prediction than the recorded one"}
    place = (
        ""
        if comparison is None
        else f"{comparison.place} of {comparison.looked_at + 1} free ones by {_order(comparison)}"
    )
    out.print(
        screen.facts(
            [
                ("experiment", item.id),
                ("status", item.status),
                ("values", wording.recipe(spec, item.values)),
                ("really run at", screen.values(item.achieved)),
                ("chosen by", wording.chosen_by(candidate.origin)),
                ("why", wording.reason_of(candidate.reason)),
                ("advised by", f"{candidate.author} ({candidate.advice})" if candidate.author else ""),
                *((f"{name} expected", screen.quantity(p.mean, p.spread)) for name, p in candidate.expected.items()),
                ("decision", f"{found.decision}, knowing {found.known} results" if found.decision else ""),
                ("gain", "" if candidate.acquisition is None else f"{candidate.acquisition:.3g} (recorded)"),
                (
                    "left to gain",
                    "" if candidate.gain_left is None else f"{candidate.gain_left:.3g} by any row (recorded)",
                ),
                ("place", place),
                ("domain", found.domain),
                ("made again", again[found.reproduced]),
            ]
        )
    )
    out.print(_outcomes(found.objectives))
    for part in found.objectives:
        if part.parts is not None:
            told = {name: wording.value(spec, name, value) for name, value in item.values.items()}
            out.print(_parts(part.parts, part.objective, told, f"the prediction of {part.objective.name}"))
    for name, parts in found.made.items():
        out.print(_contributed(name, parts))
    if comparison is not None and comparison.others:
        out.print(_others(spec, comparison))
    if found.near:
        out.print(_near(spec, found.near, item.values))
    notes(found.notes)


def held_out(found: QuantityChecked) -> None:
    """Show how well the model of a quantity predicts results that it was fitted without."""
    ways = {"folds": "a random fifth at a time", "regions": "one region at a time"}
    rows = [
        (ways[item.way], item.fits, item.tested, f"{item.error:.2f}", _percent(item.interval.share), _verdict(item))
        for item in found.left_out
    ]
    if rows:
        heads = ("left out", "fits", "tested", "error", "80 % intervals hold", "which are")
        screen.say("", "results that the model was fitted without (error 1: no better than the mean of all results)")
        screen.console().print(screen.table(heads, rows))
    best = found.best
    if best is not None and best.recall is not None:
        right = "" if best.precision is None else f"; {_percent(best.precision)} of those predicted to be better are"
        screen.say(
            f"fitted without the best fifth, it predicts {_percent(best.recall)} of the {best.beyond} results that are "
            f"better than any it was fitted to as better{right}"
        )
    screen.say("")


def _verdict(item: LeftOut) -> str:
    return "" if item.interval.verdict == "fits" else item.interval.verdict


def domains(found: Sequence[ExperimentDomain]) -> None:
    """Show how far experiments lie from the results that they are predicted from."""
    if found:
        rows = [(item.experiment, item.status, item.known, f"{item.distance:.2f}", item.words) for item in found]
        which = (
            "open experiments to all results" if found[0].open else "the last experiments to the results before them"
        )
        screen.say(f"distance of {which} (1: as far as results are from each other)")
        screen.console().print(screen.table(("experiment", "status", "results", "distance", "domain"), rows))


def notes(lines: Sequence[str]) -> None:
    """Show remarks, if there are any."""
    if lines:
        screen.say("", *(f"note: {line}" for line in lines))


def _objective(item: ObjectiveExplained, models: str) -> None:
    out = screen.console()
    name, best, found = _named(item.objective), item.best, item.effects
    values = {column.name: column.text(value, 4) for column, value in zip(found.columns, best.parts.row, strict=True)}
    fit = f"which explain {_percent(item.fit)} of the variance of what they have seen"
    screen.say("", f"{name}: {item.measured} results; {models}, {fit}")
    out.print(_effects(item))
    spread = () if item.stability is None else item.stability.shapley_sd
    title = f"the prediction at the best experiment, {best.experiment}"
    out.print(_parts(best.parts, item.objective, values, title, spread))
    screen.say(f"rules for {name}, the best first", *(f"  {line}" for line in item.rules.lines))
    screen.say(
        f"  which explain {_percent(item.rules.r2_surrogate)} of the predictions' variance, "
        f"{_percent(item.rules.r2_data)} of the results'"
    )
    known = f"  ({_percent(item.formula.r2_cross)} of the variance of unseen results)" if item.formula.given else ""
    screen.say("formula", f"  {item.formula}{known}")
    if item.stability is not None:
        screen.say(f"again in {item.stability.bootstraps} resamples of the experiments")
        out.print(screen.facts([(f"  {name}", value) for name, value in _stable(item)]))


def _effects(item: ObjectiveExplained) -> Table:
    found = item.effects
    every = sorted(zip(found.main, found.columns, found.curves, strict=True), key=lambda one: -one[0])
    rows = [(column.name, _percent(share), curve.trend(column)) for share, column, curve in every]
    pairs = [pair for pair in found.pairs if pair[2] > _LITTLE][:_PAIRS]
    rows += [(f"{a} with {b}", _percent(share), "the effect of one depends on the other") for a, b, share in pairs]
    rows.append(("(the rest)", _percent(found.rest), "three and more together"))
    return screen.table(("parameter", "share", "how"), rows, "what matters: shares of the predictions' variance")


def _parts(
    parts: Attribution,
    objective: Objective,
    values: Mapping[str, object],
    what: str,
    spread: Sequence[float] = (),
) -> Table:
    """Return a prediction as a sum: the mean of the space, and what each parameter's value adds (± over resamples)."""
    shares = dict(zip(parts.names, parts.shares, strict=True))
    sds = dict(zip(parts.names, spread, strict=True)) if spread else {}
    rows = [("mean over the space", "", f"{parts.base:.4g}")]
    rows += [(name, screen.number(values[name]), _signed(shares[name], sds.get(name))) for name in parts.ranking]
    rows.append(("together", "", screen.quantity(float(f"{parts.prediction:.4g}"), None, printed(objective.unit))))
    return screen.table(("", "value", "adds"), rows, what)


def _contributed(name: str, parts: Sequence[Contribution]) -> Table:
    """Return what each part of an objective makes of the prediction, beside the best row at that time."""
    rows = [(part.part, _signed(part.change, None), f"{part.sd:.2g}", part.channel) for part in parts]
    title = f"what {name} is made of: how each part moves it from the best so far, and how unsure it is through it"
    return screen.table(("part", "moves it by", "sd", "above all"), rows, title)


def _signed(share: float, spread: float | None) -> str:
    text = f"{share:.3g}" if not spread else screen.quantity(share, spread)
    return text if share < 0 else f"+{text}"


def _stable(item: ObjectiveExplained) -> Sequence[tuple[str, object]]:
    found = item.stability
    assert found is not None
    split = next(iter(item.rules.splits), None)
    pairs: list[tuple[str, object]] = []
    if found.first is not None:
        pairs.append(("the same parameter first", _percent(found.first)))
    if found.top is not None and len(item.effects.main) > 2:
        pairs.append(("the same two first", _percent(found.top)))
    if found.split is not None and split is not None:
        near = "" if found.thresholds is None else f", at {_range(found.thresholds, split.column)}"
        pairs.append(("the same first split", f"{_percent(found.split)}{near}"))
    return [*pairs, *((f"term {term}", _percent(share)) for term, share in found.terms)]


def _range(quartiles: tuple[float, float], column: DesignColumn) -> str:
    return f"{quartiles[0]:.4g} to {column.text(quartiles[1], 4)}"


def _outcomes(found: Sequence[PredictedOutcome]) -> Table:
    rows = [
        (
            _named(part.objective),
            _predicted(part.recorded),
            _predicted(part.then),
            ""
            if part.found is None
            else screen.quantity(part.found.value, part.found.uncertainty, limit=part.found.limit),
            "" if part.z is None else f"{part.z:+.2f} sd",
            _predicted(part.now),
        )
        for part in found
    ]
    return screen.table(("objective", "predicted", "made again", "found", "surprise", "believed now"), rows)


def _others(spec: CampaignSpec, comparison: Comparison) -> Table:
    from zosimos.campaign import wording
    from zosimos.campaign.definition.build import shown_names

    names, outcomes = list(comparison.chosen.values), shown_names(spec)
    every = [("chosen", comparison.chosen), *(("", option) for option in comparison.others)]
    rows = [
        (
            label,
            *(wording.value(spec, name, option.values[name]) for name in names),
            "" if option.gain is None else f"{option.gain:.3g}",
            ", ".join(f"{name} {_predicted(said)}" for name, said in option.predictions.items() if name in outcomes),
        )
        for label, option in every
    ]
    return screen.table(
        ("", *names, "gain", "predicted"), rows, f"the best others at that time, by {_order(comparison)}"
    )


def _order(comparison: Comparison) -> str:
    """Return by what rows were ordered, in words."""
    words = {"cost": "cost", "expectation": "the stated expectation", "advice": "advice"}
    weighed = " and ".join(words[by] for by in comparison.weighed)
    return f"expected gain, weighed by {weighed}" if weighed else "expected gain"


def _near(spec: CampaignSpec, found: Sequence[Near], values: Values) -> Table:
    from zosimos.campaign import wording

    rows = []
    for near in found:
        seen = near.observation
        outcomes = wording.outcomes(spec, {name: item.as_json() for name, item in seen.measurements.items()})
        told = (wording.value(spec, name, seen.values[name]) for name in values)
        rows.append((seen.experiment, f"{near.distance:.2f}", *told, "failed" if seen.failed else outcomes))
    title = "the nearest results at that time (0: the same row, 1: the other end of every range)"
    return screen.table(("experiment", "distance", *values, "found"), rows, title)


def _surprises(spec: CampaignSpec, found: Surprises) -> None:
    from zosimos.campaign import wording

    if not found.largest:
        screen.say("", "where the models were wrong: no prediction has met its result yet")
        return
    rows = [
        (
            item.experiment,
            item.objective,
            _predicted(item.predicted),
            screen.quantity(item.found.value, item.found.uncertainty),
            f"{item.z:+.2f} sd",
            wording.recipe(spec, item.values),
        )
        for item in found.largest
    ]
    how = "made again from what was known before each" if found.again else "made before the results were known"
    screen.say("", f"where the models were wrong: {found.predictions} predictions, {how}")
    screen.console().print(screen.table(("experiment", "objective", "predicted", "found", "surprise", "at"), rows))
    assert found.within is not None
    screen.say(f"{_percent(found.within)} within one standard deviation (an honest model: 68 %)")


def _named(objective: Objective) -> str:
    return f"{objective.name} ({printed(objective.unit)})" if objective.unit else objective.name


def _models_of(objective: Objective, weights: Mapping[str, Mapping[str, float]]) -> str:
    """Return how many models judge an objective, or each quantity that it is made of; --model names them."""
    if objective.of is None:
        return _models(weights[objective.name])
    told = [f"{part.name} by {_models(weights[part.name])}" for part in objective.of.single]
    told += [f"{series.describe()} by {_models(weights[series.channels[0]])}" for series in objective.of.series]
    return "; ".join(told)


def _models(weights: Mapping[str, float]) -> str:
    return "one model" if len(weights) == 1 else f"{len(weights)} models together"


def _predicted(prediction: Prediction | None) -> str:
    return "" if prediction is None else screen.quantity(prediction.mean, prediction.spread)


def _percent(share: float | None) -> str:
    """Return a share in percent; below 0 (worse than the mean) is none.

    >>> _percent(0.613), _percent(-0.2)
    ('61 %', '0 %')
    """
    return "" if share is None else f"{100 * max(0.0, share):.0f} %"

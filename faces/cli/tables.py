"""Tables of experiments and candidates, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zosimos.faces.cli import screen

if TYPE_CHECKING:
    from rich.table import Table

    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.campaign.ledger.events import Event
    from zosimos.campaign.record.experiment import Experiment
    from zosimos.campaign.record.state import State


def best_table(spec: CampaignSpec, best: Mapping[str, Any]) -> Table:
    """Return the best recipe (or, with several objectives, all that no other dominates) as a table."""
    from zosimos.campaign.definition.build import outcome_names

    found = best.get("pareto", [best])
    if len(found) == 1:
        shown, more = screen.some(best["candidate"])
        rows = [(_named(name, _unit(spec, name)), screen.number(ran_at(best)[name])) for name in shown]
        rows += [("", text) for text in more]
        rows += [(name, _outcome(item)) for name, item in best["outcomes"].items()]
        asked = {name: best["candidate"][name] for name in best.get("achieved", {})}
        return screen.facts([("best recipe", best["experiment"]), *rows, ("asked for", screen.values(asked))])
    outcomes = outcome_names(spec)
    shown, more = screen.some(found[0]["candidate"])
    columns = ["experiment", *(_named(name, _unit(spec, name)) for name in shown), *more, *outcomes]
    rows_of_all = [
        (
            one["experiment"],
            *(screen.number(ran_at(one)[name]) for name in shown),
            *("" for _ in more),
            *(_outcome(one["outcomes"].get(name)) for name in outcomes),
        )
        for one in found
    ]
    return screen.table(columns, rows_of_all, f"{len(found)} recipes that no other dominates")


def ran_at(best: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values at which a result that is shown was really run."""
    return {**best["candidate"], **best.get("achieved", {})}


def _named(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _unit(spec: CampaignSpec, name: str) -> str:
    return str(getattr(spec.space[name], "unit", ""))


def _outcome(item: Mapping[str, Any] | None) -> str:
    return "" if item is None else screen.quantity(item["value"], item["uncertainty"], item["unit"], item.get("limit"))


def experiments_table(state: State, experiments: Sequence[Experiment]) -> Table:
    """Return experiments with their values, results, predictions and reasons."""
    from zosimos.campaign.definition.build import outcome_names

    spec = state.spec
    outcomes = outcome_names(spec)
    shown, more = screen.some(spec.space)
    rows = []
    for item in experiments:
        found = {name: measurement.as_json() for name, measurement in item.measurements.items()}
        rows.append(
            (
                item.id,
                item.status,
                *(screen.number(item.ran_at[name]) if name in item.ran_at else "" for name in shown),
                *("" for _ in more),
                *(_outcome(found.get(name)) for name in outcomes),
                _why(item),
            )
        )
    columns = [_named(name, _unit(spec, name)) for name in shown]
    return screen.table(("experiment", "status", *columns, *more, *outcomes, "why"), rows)


def _why(item: Experiment) -> str:
    """Return why an experiment was chosen or ended as it did, and what a person changed of it."""
    changes = [str(amendment) for amendment in item.amendments if amendment.kind != "dropped"]
    if item.achieved:
        changes.insert(0, f"asked for {screen.values({name: item.values[name] for name in item.achieved})}")
    return "; ".join([item.reason or item.candidate.reason, *changes])


def candidates_table(spec: CampaignSpec, experiments: Sequence[Experiment]) -> Table:
    """Return proposals with their values, what is expected of them and why they were chosen."""
    shown, more = screen.some(spec.space)
    rows = [
        (
            item.id,
            *(screen.number(item.values[name]) for name in shown),
            *("" for _ in more),
            ", ".join(f"{name} {screen.quantity(p.mean, p.spread)}" for name, p in item.candidate.predictions.items()),
            item.candidate.reason,
        )
        for item in experiments
    ]
    columns = [_named(name, _unit(spec, name)) for name in shown]
    return screen.table(("experiment", *columns, *more, "expected", "why"), rows)


def said(text: str, kind: str) -> str:
    """Return somebody's words; those of a model or a program are disarmed and marked as such.

    Args:
        text: the words.
        kind: of author, as advice names it.
    """
    if kind == "person":
        return text
    from zosimos.agent.quotation import MARK, disarmed

    return MARK + " ".join(disarmed(text).split())


def _reason(event: Event, text: str) -> str:
    """Return a reason; that of a proposed change is the proposer's, perhaps a model's."""
    kind = "llm" if event.kind == "change.proposed" else event.body.get("kind", "person")
    return said(text, kind)


def _advice(body: Mapping[str, Any]) -> str:
    """Return advice in words, as far as its event can be read; the reason is told with those of other events."""
    from zosimos.core.errors import InputError
    from zosimos.planners.advice import Advice

    try:
        return said(str(Advice.from_json({**body, "id": body["advice"], "reason": ""})), body["kind"])
    except (KeyError, TypeError, ValueError, AttributeError, InputError):  # a record that is read up to here only
        return "advice that makes no sense"


def event_line(event: Event) -> str:
    """Return an event on one line: its number, time, kind and what it is about."""
    try:
        words = _about(event)
    except (LookupError, TypeError, ValueError, AttributeError):  # a record that is read up to here only
        words = ["what it says makes no sense"]
    return f"{event.seq:>5}  {str(event.at)[:19]}  {event.kind:<21} {', '.join(words)}".rstrip()


def _about(event: Event) -> list[str]:
    body = event.body
    words: list[str] = []
    if "experiment" in body:
        words.append(str(body["experiment"]))
    if "experiments" in body:
        words.append(" ".join(map(str, body["experiments"])))
    if event.kind == "decision.made":
        words.append(" ".join(str(item["experiment"]) for item in body["candidates"]))
    if event.kind.startswith("step."):
        words.append(f"step {body['step']}" + (f" {body['name']}" if "name" in body else ""))
    if body.get("measurements"):
        words.append(screen.outcomes(body["measurements"]))
    if event.kind in ("spec.steered", "change.proposed"):
        words += [f"{item['path']}: {item['old']} -> {item['new']}" for item in body["changes"]]
    if event.kind == "advice.given":
        words.append(_advice(body))
    elif "advice" in body:
        words.append(str(body["advice"]))
    words += [str(body[name]) for name in ("token", "verb", "cause") if body.get(name)]
    if event.kind == "record.repaired":
        words.append(f"events {body['from']} to {body['through']} are set aside")
    words += [_reason(event, str(body[name])) for name in ("reason", "note") if body.get(name)]
    return words

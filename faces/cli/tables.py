"""Tables of experiments and candidates, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zosimos.core.unit_signs import titled
from zosimos.faces.cli import screen

if TYPE_CHECKING:
    from rich.table import Table

    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.campaign.ledger.events import Event
    from zosimos.campaign.record.experiment import Experiment
    from zosimos.campaign.record.said import Note
    from zosimos.campaign.record.state import State
    from zosimos.core.records import Prediction


def best_table(state: State, best: Mapping[str, Any]) -> Table:
    """Return the best recipe as a table; with trade-offs, all of which none is better in everything, the best first."""
    from zosimos.campaign import wording
    from zosimos.campaign.definition.build import shown_names

    spec, found = state.spec, best.get("pareto", [best])
    if len(found) == 1:
        shown, more = screen.some(best["candidate"])
        rows = [(titled(name, _unit(spec, name)), _ran(spec, best, name)) for name in shown]
        rows += [("", text) for text in more]
        names = shown_names(spec)
        rows += [(name, wording.outcome(spec, name, item)) for name, item in best["outcomes"].items() if name in names]
        rows += [
            ("asked for", wording.recipe(spec, {name: best["candidate"][name] for name in best.get("achieved", {})}))
        ]
        return screen.facts([("best recipe", best["experiment"]), *rows, ("besides", wording.why_best(state))])
    outcomes = shown_names(spec)
    shown, more = screen.some(found[0]["candidate"])
    columns = ["experiment", *(titled(name, _unit(spec, name)) for name in shown), *more]
    columns += [titled(name, _outcome_unit(found, name)) for name in outcomes]
    rows_of_all = [
        (
            one["experiment"],
            *(_ran(spec, one, name) for name in shown),
            *("" for _ in more),
            *(_outcome(spec, name, one["outcomes"].get(name)) for name in outcomes),
        )
        for one in found
    ]
    return screen.table(columns, rows_of_all, f"best recipe: {found[0]['experiment']}; {wording.why_best(state)}")


def best_line(state: State, best: Mapping[str, Any]) -> str:
    """Return the best result on one line, and what competes with it."""
    from zosimos.campaign import wording

    line = f"{best['experiment']}  {wording.outcomes(state.spec, best['outcomes'])}"
    others = wording.why_best(state)
    return f"{line}\n  {others}" if others else line


def moment(text: str) -> str:
    """Return a moment of the record to the minute, in UTC.

    >>> moment("2026-11-21T04:46:05.25+00:00")
    '2026-11-21 04:46 UTC'
    """
    return f"{text[:16].replace('T', ' ')} UTC" if text else ""


def _ran(spec: CampaignSpec, best: Mapping[str, Any], name: str) -> str:
    from zosimos.campaign import wording

    return wording.ran(spec, name, best["candidate"][name], ran_at(best)[name])


def ran_at(best: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values at which a result that is shown was really run."""
    return {**best["candidate"], **best.get("achieved", {})}


def _unit(spec: CampaignSpec, name: str) -> str:
    return str(getattr(spec.space[name], "unit", ""))


def _outcome_unit(found: Sequence[Mapping[str, Any]], name: str) -> str:
    return next((str(one["outcomes"][name]["unit"]) for one in found if name in one["outcomes"]), "")


def _outcome(spec: CampaignSpec, name: str, item: Mapping[str, Any] | None) -> str:
    from zosimos.campaign import wording

    return "" if item is None else wording.outcome(spec, name, item, unit=False)


def experiments_table(state: State, experiments: Sequence[Experiment]) -> Table:
    """Return experiments with their values, results, predictions and reasons."""
    from zosimos.campaign import wording
    from zosimos.campaign.control.tables import measured_units
    from zosimos.campaign.definition.build import shown_names
    from zosimos.campaign.record.standing import awaiting

    spec = state.spec
    outcomes, waits = shown_names(spec), awaiting(state)
    units = {**measured_units(state), **{name: part.unit for name, part in spec.objectives.items()}}
    shown, more = screen.some(spec.space)
    rows = []
    for item in experiments:
        found = {name: measurement.as_json() for name, measurement in item.measurements.items()}
        asked, row = state.lens.row(item.values), state.lens.row(item.ran_at)
        rows.append(
            (
                item.id,
                wording.standing(state, item),
                *(wording.ran(spec, name, asked[name], row[name]) if name in row else "" for name in shown),
                *("" for _ in more),
                *(_outcome(spec, name, found.get(name)) for name in outcomes),
                _why(item, waits.get(item.id, ())),
            )
        )
    columns = [titled(name, _unit(spec, name)) for name in shown]
    heads = [titled(name, units.get(name, "")) for name in outcomes]
    return screen.table(("experiment", "status", *columns, *more, *heads, "why"), rows)


def _why(item: Experiment, waits: Sequence[str]) -> str:
    """Return what an experiment waits for, why it was chosen or ended as it did, and what a person changed of it."""
    from zosimos.campaign.wording import reason_of

    changes = [str(amendment) for amendment in item.amendments if amendment.kind != "dropped"]
    if item.achieved:
        changes.insert(0, f"asked for {screen.values({name: item.values[name] for name in item.achieved})}")
    waiting = [f"waits for: {', '.join(waits)}"] if waits else []
    return "; ".join([*waiting, item.reason or reason_of(item.candidate.reason), *changes])


def candidates_table(spec: CampaignSpec, experiments: Sequence[Experiment]) -> Table:
    """Return proposals with their values, what is expected of them and why they were chosen."""
    from zosimos.campaign import wording
    from zosimos.campaign.definition.build import shown_names

    names, (shown, more) = shown_names(spec), screen.some(spec.space)
    rows = [
        (
            item.id,
            *(wording.value(spec, name, item.values[name]) if name in item.values else "" for name in shown),
            *("" for _ in more),
            ", ".join(_expected(spec, name, p) for name, p in item.candidate.predictions.items() if name in names),
            wording.reason_of(item.candidate.reason),
        )
        for item in experiments
    ]
    columns = [titled(name, _unit(spec, name)) for name in shown]
    return screen.table(("experiment", *columns, *more, "expected", "why"), rows)


def _expected(spec: CampaignSpec, name: str, prediction: Prediction) -> str:
    from zosimos.campaign import wording

    part = spec.objectives.get(name)
    item = {"value": prediction.mean, "uncertainty": prediction.spread, "unit": "" if part is None else part.unit}
    return f"{name} {wording.outcome(spec, name, item)}"


def noted(note: Note) -> str:
    """Return a note with who wrote it down and when."""
    return f"{note.text} ({note.by}, {moment(note.at)})"


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


def _change(item: Mapping[str, Any]) -> str:
    from zosimos.campaign.definition.described import described
    from zosimos.campaign.definition.steer import Change

    return described(Change(item["path"], item["old"], item["new"]))


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
        words += [_change(item) for item in body["changes"]]
    if event.kind == "advice.given":
        words.append(_advice(body))
    elif "advice" in body:
        words.append(str(body["advice"]))
    if event.kind == "advice.resolved":
        words.append("found true" if body["holds"] else "found false")
    words += [str(body[name]) for name in ("token", "verb", "cause") if body.get(name)]
    words += [f"{one['model']} {one['tokens_in']} tokens in, {one['tokens_out']} out" for one in body.get("usage", ())]
    if event.kind in ("note.added", "chat.answered"):
        words.append(str(body["text" if "text" in body else "asked"]))
    if event.kind == "record.repaired":
        words.append(f"events {body['from']} to {body['through']} are set aside")
    words += [_reason(event, str(body[name])) for name in ("reason", "note") if body.get(name)]
    return words

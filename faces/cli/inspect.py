"""Looking: what campaigns there are, how they stand, what each experiment was, what is happening now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import LedgerError
from zosimos.core.filenames import file_name
from zosimos.core.unit_signs import printed
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, desk, exists, settings
from zosimos.faces.cli.live import need

if TYPE_CHECKING:
    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.campaign.ledger.events import Event
    from zosimos.campaign.ledger.store import Ledger
    from zosimos.campaign.record.experiment import Experiment
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.state import State

_POLL_S = 0.5
_LABELS = {"outcomes": "incomplete"}  # what stands before what is waited for, where it is not that it waits


def list_(json: Json = False, ledger: LedgerUrl = None) -> None:
    """List the ledger's campaigns, the oldest first."""
    url = settings(ledger).ledger
    if not exists(url):
        from zosimos.campaign.ledger.safekeeping.marks import left_behind

        if words := left_behind(url):
            screen.notice(words)
        _listed([], json=json)
        return
    with desk(ledger) as here:
        _listed([_row(here.ledger, campaign, found) for campaign, found in here.each_record()], json=json)
        here.require_sound()


def _row(ledger: Ledger, campaign: str, record: Record | LedgerError) -> dict[str, Any]:
    from zosimos.campaign import listing, wording

    found = listing.row(ledger, campaign, record)
    if isinstance(record, LedgerError):
        return found
    best, state = found["best"], record.state
    record.keep()
    line = "" if best is None else wording.outcomes(state.spec, best["outcomes"])
    return {**found, "line": line, "to do": len(wording.to_do(state))}


def _listed(rows: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        people = ("line", "to do")  # in words
        screen.json_line({"campaigns": [{k: v for k, v in row.items() if k not in people} for row in rows]})
    elif not rows:
        screen.say(
            "no campaigns yet: zosimos new writes a file; zosimos ask FILE (by hand) or run FILE (a lab) begins one"
        )
    else:
        shown = [
            (
                row["campaign"],
                row["name"],
                row["status"] + (f", {row['to do']} to do" if row.get("to do") else ""),
                f"{row['used']}/{row['budget']}" if "used" in row else "",
                row.get("line", ""),
                row["reason"],
            )
            for row in rows
        ]
        screen.console().print(screen.table(("campaign", "name", "status", "used", "best", ""), shown))


def status(campaign: CampaignId, json: Json = False, ledger: LedgerUrl = None) -> None:
    """Say where a campaign stands, who runs it, and what it waits for."""
    from zosimos.campaign import views
    from zosimos.campaign.ledger.claims import held_by
    from zosimos.campaign.listing import cut_off_by

    with desk(ledger) as here:
        state = here.record(campaign).state
        runs = "" if state.spec.lab is None else held_by(here.ledger, state.id)
        found = views.status(state) | {"run_by": runs, "waiting_for": views.waiting_for(state)}
        found |= {"left_by": cut_off_by(here.ledger, state), **views.contradicted(state)}
        if json:
            screen.json_line(found)
        else:
            _status(here, state, found)
        here.require_sound()


def _status(here: Desk, state: State, found: dict[str, Any]) -> None:
    from zosimos.campaign import views, wording
    from zosimos.campaign.decisions import models_budget
    from zosimos.campaign.decisions.budget import describe
    from zosimos.faces.cli.tables import best_table, moment, noted, said

    out = screen.console()
    changes = found["spec_version"] - 1
    approval = found["approval"] if state.spec.lab is not None or found["approval"] in ("each", "batch") else ""
    out.print(
        screen.facts(
            [
                ("campaign", found["campaign"]),
                ("name", found["name"]),
                ("status", found["status"]),
                ("reason", state.reason or views.due(state)),
                ("cut off", _cut_off(here, state, found["left_by"])),
                ("run by", "" if found["left_by"] else _run_by(here, state, found["run_by"])),
                ("created", moment(found["created"])),
                ("last event", moment(found["at"])),
                ("budget", f"{found['used']} of {found['budget']} experiments used"),
                *describe(state),
                *(("models", line) for line in models_budget.in_words(state)),
                ("experiments", wording.counted(state)),
                ("approval", approval),
                ("changed", "" if not changes else "once" if changes == 1 else f"{changes} times"),
                ("to do", _to_do(here, state)),
                *((_LABELS.get(item["kind"], "waits for"), need(here, item)) for item in found["waiting_for"]),
                *(("not safe", f"{device}: {why}") for device, why in found["unconfirmed"].items()),
                *(("retracted", f"{name}: {words}") for name, words in found["retracted"].items()),
                *(("repaired", repair) for repair in state.repairs),
                *(("notice", item["words"]) for item in found["notices"]),
                *(("noted", noted(note)) for note in state.notes if not note.experiment),
                *(("uncertainty", words) for words in found.get("uncertainties", ())),
                *(("advice", said(str(advice), advice.kind)) for advice in state.in_force()),
                *(("proposed", f"{item['verb']} ({item['token']})") for item in found["changes"]),
            ]
        )
    )
    if found["best"] is not None:
        out.print()
        out.print(best_table(state, found["best"]))
    elif without := wording.why_no_best(state):
        out.print()
        screen.say(without)


def _to_do(here: Desk, state: State) -> str:
    """Return what is to be done by hand now, with the command that goes on from there."""
    from zosimos.campaign import wording

    waiting, _ = screen.some(wording.to_do(state))
    if waiting:
        told = here.hint(f"zosimos tell {state.id} results.csv")
        return f"{' '.join(waiting)}, then tell their results: {told}"
    left = state.spec.budget.experiments - state.used
    if state.spec.lab is None and state.status == "active" and not state.active and left > 0:
        return f"ask for the next experiments: {here.hint(f'zosimos ask {state.id}')}"
    return ""


def _cut_off(here: Desk, state: State, left: str) -> str:
    """Return that the process that ran a campaign died, and how to go on."""
    if not left:
        return ""
    running = [item.id for item in state.active.values() if item.status == "running"]
    under_way = f" while {' '.join(running)} ran" if running else ""
    goes_on = here.hint(f"zosimos resume {state.id}")
    return f"{left} ended without finishing{under_way}; nothing on record is lost: {goes_on} goes on"


def _run_by(here: Desk, state: State, runs: str) -> str:
    """Return which process runs a campaign; of one that should be run and is not, what goes on."""
    if runs or state.spec.lab is None or state.status != "active" or state.broken is not None:
        return runs
    return f"nobody: {here.hint(f'zosimos resume {state.id}')} goes on"


def show(
    campaign: CampaignId,
    experiment: Annotated[
        str | None, typer.Argument(metavar="[EXPERIMENT]", help="One experiment, such as e0007.", show_default=False)
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Show the events on record instead.")] = False,
    wire: Annotated[bool, typer.Option("--wire", help="Show every byte to and from the devices instead.")] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Show a campaign's experiments, or everything on record about one."""
    from zosimos.campaign import views, wording

    with desk(ledger) as here:
        state = here.record(campaign).state
        if wire:
            _wire(here, state, experiment, json=json)
            here.require_sound()
            return
        one = state.experiment(experiment) if experiment else None
        if events:
            _events(here, state, one, json=json)
        elif one is not None:
            view = views.experiment_view(state, one)
            screen.json_line({"campaign": state.id, **view}) if json else _experiment(state, one)
        elif json:
            runs = [views.experiment_view(state, item) for item in state.experiments.values()]
            screen.json_line(views.status(state) | {"spec": state.spec.model_dump(mode="json"), "runs": runs})
        else:
            from zosimos.faces.cli.tables import experiments_table

            waiting = len(wording.to_do(state))
            more = f", {waiting} to do" if waiting else ""
            screen.say(f"{state.id}  {state.spec.name}: {state.status}, {state.used} experiments used{more}")
            screen.console().print(experiments_table(state, list(state.experiments.values())))
        here.require_sound()


def _wire(here: Desk, state: State, experiment: str | None, *, json: bool) -> None:
    """Show the wire traces, of all the time or of one experiment's."""
    from zosimos.instruments.wire.trace import read_trace

    folder = here.settings.wire / file_name(state.id)
    lines = sorted((line for path in folder.glob("*.jsonl") for line in read_trace(path)), key=lambda line: line["at"])
    if experiment is not None:
        one = state.experiment(experiment)
        lines = [line for line in lines if one.started_at <= line["at"] <= (one.ended_at or state.at)]
    if json:
        screen.json_line({"campaign": state.id, "wire": lines})
    elif not lines:
        screen.say(f"no bytes on record in {folder}: the lab has no wires, or the traces were made elsewhere")
    else:
        rows = [(line["at"][11:23], line["device"], line["way"], line["bytes"]) for line in lines]
        screen.console().print(screen.table(("at", "device", "", "bytes"), rows))


def _events(here: Desk, state: State, one: Experiment | None, *, json: bool) -> None:
    from zosimos.campaign.views import event_view
    from zosimos.faces.cli.tables import event_line

    found = [event for event in here.ledger.events(state.id) if one is None or _about(event, one.id)]
    aside = {seq for repair in state.repairs for seq in range(repair.first, repair.last + 1)}
    if json:
        marked = [event_view(event) | ({"set_aside": True} if event.seq in aside else {}) for event in found]
        screen.json_line({"campaign": state.id, "events": marked})
    else:
        screen.say(*(event_line(event) + ("  (set aside)" if event.seq in aside else "") for event in found))


def _about(event: Event, experiment: str) -> bool:
    body = event.body
    try:
        named = [body.get("experiment"), *body.get("experiments", ())]
        named += [item["experiment"] for item in body.get("candidates", ())]
    except (LookupError, TypeError):  # a record that is read up to here only
        return False
    return experiment in named


def _set(spec: CampaignSpec, item: Experiment, name: str) -> str:
    """Return a parameter's value as it was run, with what was asked for if that is another."""
    from zosimos.campaign import wording

    asked = wording.setting(spec, name, item.values[name])
    if name not in item.achieved:
        return asked
    return f"{wording.setting(spec, name, item.achieved[name])} (asked for: {asked})"


def _experiment(state: State, item: Experiment) -> None:
    from zosimos.campaign import wording
    from zosimos.campaign.views import waits_for_outcomes
    from zosimos.faces.cli.tables import moment, noted

    out = screen.console()
    candidate = item.candidate
    pairs: list[tuple[str, object]] = [
        ("experiment", item.id),
        ("status", wording.standing(state, item)),
        ("reason", item.reason),
        ("waits for", ", ".join(waits_for_outcomes(state, item))),
        ("chosen by", wording.chosen_by(candidate.origin)),
        ("why", wording.reason_of(candidate.reason)),
        ("advised by", f"{candidate.author} ({candidate.advice})" if candidate.author else ""),
        ("decision", item.decision),
        ("proposed", moment(item.proposed_at)),
        ("started", moment(item.started_at)),
        ("ended", moment(item.ended_at)),
        *(("changed", f"{moment(amendment.at)}  {amendment}") for amendment in item.amendments),
    ]
    spec = state.spec
    pairs += [(f"  {name}", _set(spec, item, name)) for name in spec.space if name in item.values]
    for name, measurement in item.measurements.items():
        found = wording.outcome(spec, name, measurement.as_json() | {"limit": measurement.limit})
        told: list[str] = [one for one in (measurement.origin, measurement.quality) if one not in ("measured", "good")]
        told += [] if measurement.limit is None else ["a limit, never the best by itself"]
        pairs.append((name, f"{found} ({', '.join(told)})" if told else found))
    for name, prediction in candidate.predictions.items():
        unit = spec.objectives[name].unit if name in spec.objectives else ""
        pairs.append((f"{name} predicted", screen.quantity(prediction.mean, prediction.spread, printed(unit))))
    for name, expected in candidate.expected.items():
        text = screen.quantity(expected.mean, expected.spread, state.spec.objectives[name].unit)
        pairs.append((f"{name} expected", f"{text} (by {candidate.author})"))
    pairs += [(f"{name} surprise", f"{score:+.2f} standard deviations") for name, score in item.surprise.items()]
    pairs += [(f"note: {name}", text) for name, text in item.notes.items()]
    pairs += [("noted", noted(note)) for note in state.notes if note.experiment == item.id]
    out.print(screen.facts(pairs))
    if item.steps:
        rows = [
            (step.index, step.name, screen.values(step.params), step.status, step.how, step.attempt, step.at)
            for step in item.steps
        ]
        out.print(screen.table(("step", "name", "with", "status", "how", "attempt", "at"), rows))


def watch(
    campaign: CampaignId,
    once: Annotated[bool, typer.Option("--once", help="Show what is on record now and stop.")] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Follow a campaign's events as they come, one a line, until it ends (Ctrl-C stops watching, not the campaign)."""
    from zosimos.campaign.record.find import find_campaign
    from zosimos.campaign.record.fold import apply
    from zosimos.campaign.record.repairs import counting
    from zosimos.campaign.record.state import State
    from zosimos.campaign.views import event_view
    from zosimos.faces.cli.tables import event_line

    with desk(ledger) as here:
        state = State(find_campaign(here.ledger, campaign))
        while True:
            for event in counting(here.ledger.events(state.id, state.seq)):
                apply(state, event)
                screen.json_line(event_view(event)) if json else screen.say(event_line(event))
            if once or state.status in ("finished", "aborted"):
                break
            time.sleep(_POLL_S)
        if json:
            screen.json_line({"campaign": state.id, "status": state.status, "reason": state.reason, "seq": state.seq})

"""The report's page: one HTML file, a pure function of a campaign's state.

Every number comes from the record; no model is asked. The template escapes all text; the figures escape theirs in
:mod:`zosimos.campaign.report.style`. Plotly and Jinja are loaded when a report is written, not before.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist
from typing import Any

import yaml

from zosimos.campaign.decisions.budget import describe
from zosimos.campaign.decisions.followed import followed
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.described import described as in_words
from zosimos.campaign.definition.steer import Change, plain
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.experiment import Amendment, Experiment
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.report.figures import parity, progress, timeline
from zosimos.campaign.report.formatting import (
    aims,
    counted,
    in_order,
    instant,
    lasted,
    measured,
    moment,
    number,
    recipe,
    titled,
    unit_of,
    with_spread,
)
from zosimos.campaign.report.instruments import instruments
from zosimos.campaign.report.parallel import parallel
from zosimos.campaign.report.style import Figure
from zosimos.core.errors import InputError
from zosimos.core.files import require_no_database
from zosimos.core.objective import Objective, to_measure
from zosimos.core.ranking import by_tier
from zosimos.core.shown import clean
from zosimos.core.writing import write_whole
from zosimos.planners.advice import described

LEVELS = (0.50, 0.80, 0.95)  # of the predictive intervals whose coverage is reported
ENOUGH = 10  # predictions below which a coverage says nothing
WORST = 10  # surprises that are listed
ROWS = 200  # rows of a table before it is cut
_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
    "plotlyServerURL": "",
    "responsive": True,
    "showSendToCloud": False,  # plotly's own default would offer to send the data away
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Listing:
    """A table's rows, and how many more the ledger has."""

    rows: Sequence[Any]
    more: int = 0


def write_report(state: State, head: Head, path: Path) -> Path:
    """Write the report of a campaign to a file, all of it or nothing, and return the file's path.

    Args:
        state: the campaign.
        head: the end of its chain, printed so that the record can be checked against the report.
        path: the file, replaced if it exists; its folder is made if it is missing.

    Raises:
        InputError: the file cannot be written, or is a database.
    """
    require_no_database(path, "report")
    text = _page(state, head)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, [text])
    except OSError as error:
        raise InputError(
            f"cannot write the report {path}: {error.strerror}",
            field="report",
            value=str(path),
            allowed="a file in a folder that can be written to",
            hint="name another file, or free space on the disk",
        ) from error
    return path


def _page(state: State, head: Head) -> str:
    from jinja2 import Environment, StrictUndefined

    objectives = build_objectives(state.spec)
    outcomes = tuple({o.name: o for o in (*objectives, *to_measure(objectives))}.values())
    source = files("zosimos.campaign.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.finalize = _shown
    environment.globals |= {"number": number, "moment": moment, "with_spread": with_spread, "measured": measured}
    environment.globals |= {"recipe": lambda experiment: recipe(state.spec, experiment.values)}
    environment.globals |= {"in_order": lambda experiment: in_order(state.spec, experiment.values)}
    figures = {
        "progress": progress(state, objectives),
        "parallel": parallel(state, objectives),
        "parity": parity(state, outcomes),
        "timeline": timeline(state),
        "instruments": instruments(state),
    }
    return environment.from_string(source).render(
        state=state,
        head=head,
        summary=_summary(state),
        aims=aims(objectives),
        outcomes=[(outcome.name, titled(outcome.name, outcome.unit)) for outcome in outcomes],
        parameters=[(name, titled(name, unit_of(state.spec, name))) for name in state.spec.space],
        units={name: unit_of(state.spec, name) for name in state.spec.space},
        best=_listing(_best(state)),
        ranked=len(objectives) == 1 or bool(by_tier(objectives)),
        tiered=bool(by_tier(objectives)),
        figures=_embedded(figures),
        notices=_listing(state.notices),
        surprises=_surprises(state, outcomes),
        coverage=[words for outcome in outcomes if (words := _coverage(state, outcome))],
        trouble=_listing(_trouble(state)),
        amendments=_listing(_amendments(state)),
        steerings=_steerings(state),
        advice=_listing(_advice(state)),
        approvals=_listing(list(state.approvals.values())),
        notes=_listing([e for e in state.experiments.passing() if e.notes] if state.note_columns else []),
        spec=yaml.safe_dump(plain(state.spec), sort_keys=False, allow_unicode=True, width=100),
        files=_files(state),
    )


def _embedded(figures: Mapping[str, Figure | None]) -> dict[str, tuple[str, int, str]]:
    """Return each figure as HTML with its least width and what it leaves out.

    Plotly's own code comes once, with the first of them. It writes ``<``, ``>`` and ``/`` in a figure's data as JSON
    escapes, so that no text can end the script.
    """
    from plotly.io import to_html

    made: dict[str, tuple[str, int, str]] = {}
    for name, figure in figures.items():
        if figure is not None:
            drawn = {"data": figure["data"], "layout": figure["layout"]}
            text = to_html(
                drawn,
                config={**_CONFIG, "displayModeBar": False if name == "parallel" else "hover"},
                include_plotlyjs=not made,
                full_html=False,
                default_height=figure["layout"]["height"],
                div_id=f"figure-{name}",
                validate=False,
            )
            made[name] = (text, figure.get("width", 0), figure.get("note", ""))
    return made


def _listing(rows: Sequence[Any]) -> Listing:
    return Listing(rows[:ROWS], max(0, len(rows) - ROWS))


def _summary(state: State) -> list[tuple[str, str]]:
    """Return the campaign in a few lines: what it was, how far it went, on what its results rest."""
    experiments = list(state.experiments.values())
    statuses = ("measured", "failed", "uncertain", "cancelled", "retracted", "running", "approved", "proposed")
    found = Counter(str(e.status) for e in experiments)
    counts = {status: found[status] for status in statuses}
    lines = [
        ("Experiments", counted(counts) or "none yet"),
        ("Budget", f"{state.used} of {state.spec.budget.experiments} experiments used"),
        *((name[:1].upper() + name[1:], text) for name, text in describe(state)),
    ]
    results = [measurement for e in experiments for measurement in e.measurements.values()]
    if results:
        lines.append(("Values on record", counted(Counter(str(m.origin) for m in results))))
    flagged = Counter(str(m.quality) for m in results if m.quality != "good")
    if flagged:
        lines.append(("Values flagged", counted(flagged)))
    begun = state.running_since or state.created_at
    if begun:
        span = state.since(begun, instant(state.at))
        kind = "simulated time" if state.simulated else "UTC"
        lines.append(("Time", f"{moment(begun)} to {moment(state.at)} {kind}, {lasted(span)}"))
    return lines


def _best(state: State) -> list[Experiment]:
    """Return the experiments that no other dominates, the best first; with one objective or tiers the best alone."""
    return [state.experiments[name] for name in front(state)]


def _surprises(state: State, outcomes: Sequence[Objective]) -> list[Row]:
    """Return the results furthest from their predictions, in standard deviations as they were recorded."""
    units = {outcome.name: outcome.unit for outcome in outcomes}
    found: list[Row] = [
        {
            "experiment": experiment,
            "quantity": titled(name, units.get(name, "")),
            "score": score,
            "prediction": experiment.candidate.predictions[name],
            "measurement": experiment.measurements[name],
        }
        for experiment in state.experiments.values()
        for name, score in experiment.surprise.items()
        if name in experiment.measurements and name in experiment.candidate.predictions
    ]
    return sorted(found, key=lambda row: -abs(row["score"]))[:WORST]


def _coverage(state: State, objective: Objective) -> str:
    """Say how many results of an objective fell inside the intervals that were predicted; nothing below ``ENOUGH``.

    The interval of level p is the Gaussian one: within ``quantile((1 + p) / 2)`` standard deviations, prediction and
    measurement combined.
    """
    scores = [
        abs(experiment.surprise[objective.name])
        for experiment in state.experiments.values()
        if objective.name in experiment.surprise
    ]
    n = len(scores)
    if n < ENOUGH:
        return ""
    shares = [sum(score <= NormalDist().inv_cdf((1 + level) / 2) for score in scores) / n for level in LEVELS]
    found = _and(
        [f"{share:.0%} lie inside the {level:.0%} interval" for share, level in zip(shares, LEVELS, strict=True)]
    )
    chance = _and([f"{100 * math.sqrt(level * (1 - level) / n):.0f}" for level in LEVELS])
    return (
        f"Of {n} predicted results of {objective.name}, {found}. Chance alone moves such shares by about {chance} "
        "percentage points."
    )


def _and(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _trouble(state: State) -> list[Experiment]:
    return [e for e in state.experiments.values() if e.status in ("failed", "uncertain", "cancelled")]


def _amendments(state: State) -> list[Row]:
    """Return what people corrected, retracted, dropped and took back, in the order in which they did."""
    rows: list[Row] = [
        {"experiment": experiment, "amendment": amendment, "words": _changed(amendment)}
        for experiment in state.experiments.values()
        for amendment in experiment.amendments
    ]
    return sorted(rows, key=lambda row: str(row["amendment"].at))


def _changed(amendment: Amendment) -> str:
    """Return the values that an amendment is about, in words."""
    if amendment.kind == "retracted":
        return ", ".join(f"{name} {measured(item)} {item.unit}".rstrip() for name, item in amendment.was.items())
    return amendment.values


def _change(change: Change) -> tuple[str, str, str]:
    """Return a change's path, and what was there and is there now; of a whole parameter or outcome in words."""
    if change.old is None and isinstance(change.new, dict):
        return change.path, "not there", in_words(change)
    if change.new is None and isinstance(change.old, dict):
        return change.path, "there", "left out"
    return change.path, _value(change.old), _value(change.new)


def _steerings(state: State) -> list[Row]:
    undone_by = {steering.undoes: steering.version for steering in state.steerings if steering.undoes is not None}
    rows: list[Row] = []
    for steering in state.steerings:
        note = f"undone by version {undone_by[steering.version]}" if steering.version in undone_by else ""
        note = f"undoes version {steering.undoes}" if steering.undoes is not None else note
        changes = [_change(change) for change in steering.changes]
        rows.append({"steering": steering, "changes": changes, "note": note})
    return rows


def _shown(value: object) -> object:
    """Return what a template shows: texts without what would make them read as others; what is HTML stays as it is."""
    return clean(value, lines=True) if type(value) is str else value


def _advice(state: State) -> list[Row]:
    """Return what was advised, in words, with the experiments that followed it."""
    came = followed(state, state.advice.values())
    return [
        {
            "given": given,
            "words": [described(item) for item in given.advice.items],
            "status": given.status(len(state.observations)),
            "followed": came[given.advice.id],
        }
        for given in state.advice.values()
    ]


def _value(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _files(state: State) -> list[tuple[str, str, str]]:
    """Return what the campaign started from: role, path where one is on record, digest."""
    rows = [(role, "", name) for role, name in state.files.items()]
    if state.source is not None:
        rows.insert(0, ("campaign file", state.source["path"], state.source["digest"]))
    return rows

"""The report's page: one HTML file, a pure function of a campaign's record.

Every number comes from the record, or from models that are fitted to it again, the same each time. The template escapes
all text, and so does what draws the figures. The page asks nobody for anything: its only script, which sorts a table,
stands in it and is named by its digest. Matplotlib and Jinja are loaded when a report is written, not before.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from zosimos.campaign.decisions.budget import describe
from zosimos.campaign.decisions.followed import followed
from zosimos.campaign.definition.described import described as in_words
from zosimos.campaign.definition.steer import Change, plain
from zosimos.campaign.explain.hypotheses.standing import Hypothesised, chance_told, hypotheses_of
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.record.experiment import OPEN, Amendment, Experiment
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.campaign.report.formatting import (
    aims,
    brief,
    counted,
    in_order,
    instant,
    lasted,
    measured,
    moment,
    number,
    recipe,
    setting,
    titled,
    unit_of,
    with_spread,
)
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.wording import counted as all_counted
from zosimos.campaign.wording import standing
from zosimos.core.errors import InputError
from zosimos.core.files import require_no_database
from zosimos.core.ranking import by_tier
from zosimos.core.shown import clean
from zosimos.core.unit_signs import printed
from zosimos.core.writing import write_whole
from zosimos.planners.advice import described

if TYPE_CHECKING:
    from zosimos.campaign.report.drawing import Picture
    from zosimos.campaign.setup import Setup

ROWS = 200  # rows of a table before it is cut

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Listing:
    """A table's rows, and how many more the ledger has."""

    rows: Sequence[Any]
    more: int = 0


def write_report(state: State, head: Head, path: Path, setup: Setup | None = None) -> Path:
    """Write the report of a campaign to a file, all of it or nothing, and return the file's path.

    Args:
        state: the campaign.
        head: the end of its chain, printed so that the record can be checked against the report.
        path: the file, replaced if it exists; its folder is made if it is missing.
        setup: the campaign's; without it no model is asked, and the report says so.

    Raises:
        InputError: the file cannot be written, or is a database.
    """
    require_no_database(path, "report")
    return write_page(path, _page(Subject(state, setup), head))


def write_page(path: Path, text: str) -> Path:
    """Write a page to a file, all of it or nothing, and return the file's path.

    Raises:
        InputError: the file cannot be written.
    """
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


def rendered(template: str, spoken: Mapping[str, Any], **more: Any) -> str:
    """Return a page of the package's template; all text in it is escaped.

    Args:
        template: the name of its file.
        spoken: functions that it may call.
        more: what it shows.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def read(name: str) -> str:
        return files("zosimos.campaign.report").joinpath("pages", name).read_text(encoding="utf-8")

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(read)
    )
    environment.finalize = _shown
    environment.globals |= {"number": number, "moment": moment, "with_spread": with_spread, "measured": measured}
    environment.globals["chance_told"] = chance_told
    environment.globals |= {"brief": brief, **spoken}
    script = read("sort.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(css=read("page.css"), script=script, digest=digest, **more)


def _page(subject: Subject, head: Head) -> str:
    from zosimos.campaign.decisions import models_budget
    from zosimos.campaign.report.kinds import KINDS, drawn
    from zosimos.campaign.report.words.advised import advised
    from zosimos.campaign.report.words.designed import designed
    from zosimos.campaign.report.words.experiments import experiment_table
    from zosimos.campaign.report.words.learned import distance, learned
    from zosimos.campaign.report.words.outlook import outlook
    from zosimos.campaign.report.words.quality import ENOUGH, chance, quality, surprises

    state, objectives, outcomes = subject.state, subject.objectives, subject.outcomes
    spoken = {
        "recipe": lambda experiment: recipe(state.spec, experiment.ran_at),
        "in_order": lambda values: in_order(state.spec, values),
        "distance": distance,
        "setting": lambda name, value: setting(state.spec, name, value),
        "at": subject.at,
        "standing": lambda experiment: standing(state, experiment),
    }
    return rendered(
        "report.html.j2",
        spoken,
        state=state,
        head=head,
        summary=_summary(state),
        aims=aims(objectives),
        learned=learned(subject),
        outlook=outlook(subject),
        outcomes=[(outcome.name, titled(outcome.name, outcome.unit)) for outcome in outcomes],
        targets={o.name: o for o in objectives if o.goal == "target"},
        parameters=[(name, titled(name, unit_of(state.spec, name))) for name in state.spec.space],
        units={name: unit_of(state.spec, name) for name in state.spec.space},
        best=_listing(_best(state)),
        ranked=subject.ranked,
        tiered=bool(by_tier(objectives)),
        believed=subject.believed,
        figures={kind: _figure(drawn(kind, subject)) for kind in KINDS},
        table=experiment_table(subject),
        effects=designed(subject),
        coming=_listing([(e, _expected(subject, e)) for e in state.active.values() if e.status in OPEN]),
        by_hand=state.spec.lab is None,
        notices=_listing(state.notices),
        quality=quality(subject),
        card=subject.card,
        surprises=surprises(state, outcomes),
        chance=chance(state.predicted) if state.predicted >= ENOUGH else "",
        trouble=_listing(_trouble(state)),
        amendments=_listing(_amendments(state)),
        steerings=_steerings(state),
        advice=_listing(_advice(state)),
        hypotheses=_hypotheses(subject),
        advised=advised(subject),
        models=models_budget.in_words(state),
        approvals=_listing(list(state.approvals.values())),
        notes=_listing([e for e in state.experiments.passing() if e.notes] if state.note_columns else []),
        noted=_listing(state.notes),
        spec=yaml.safe_dump(plain(state.spec), sort_keys=False, allow_unicode=True, width=100),
        files=_files(state),
    )


@dataclass(frozen=True)
class _Shown:
    """A figure in a page (``svg``: HTML that is ready), or ``words`` that say why there is none."""

    svg: str
    words: str
    note: str = ""


def _figure(found: Picture | str) -> _Shown:
    return _Shown("", found) if isinstance(found, str) else _Shown(found.inline, "", found.note)


def _expected(subject: Subject, experiment: Experiment) -> Mapping[str, str]:
    """Return what is expected of an open experiment, by outcome: as it was recorded, or as today's models see it."""
    told = {name: with_spread(said.mean, said.spread) for name, said in experiment.candidate.predictions.items()}
    row = subject.state.lens.row(experiment.values)
    if told or isinstance(subject.believed, str) or not {*subject.believed.row} <= {*row}:
        return told
    found = subject.believed.ask([row]).items()
    return {name: with_spread(float(mean[0]), float(sd[0])) for name, (mean, sd) in found if mean[0] == mean[0]}


def _listing(rows: Sequence[Any]) -> Listing:
    return Listing(rows[:ROWS], max(0, len(rows) - ROWS))


def _summary(state: State) -> list[tuple[str, str]]:
    """Return the campaign in a few lines: what it was, how far it went, on what its results rest."""
    experiments = list(state.experiments.values())
    lines = [
        ("Experiments", all_counted(state) or "none yet"),
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
        first, last = moment(begun), moment(state.at)
        lines.append(("Time", f"{first} {kind}" if first == last else f"{first} to {last} {kind}, {lasted(span)}"))
    return lines


def _best(state: State) -> list[Experiment]:
    """Return the experiments that no other dominates, the best first; with one objective or tiers the best alone."""
    return [state.experiments[name] for name in front(state)]


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
        return ", ".join(f"{name} {brief(item)} {printed(item.unit)}".rstrip() for name, item in amendment.was.items())
    return amendment.values.replace(" -> ", " → ")  # a hyphen may end a line, an arrow does not


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


def _hypotheses(subject: Subject) -> Hypothesised | None:
    """Return what people and programs think is true, and what results make of it; None where nobody said anything."""
    state = subject.state
    if subject.setup is None or not any(given.hypotheses for given in state.advice.values()):
        return None
    return hypotheses_of(state, subject.setup, asking=False)


def _value(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _files(state: State) -> list[tuple[str, str, str]]:
    """Return what the campaign started from: role, path where one is on record, digest."""
    rows = [(role, "", name) for role, name in state.files.items()]
    if state.source is not None:
        rows.insert(0, ("campaign file", state.source["path"], state.source["digest"]))
    return rows

"""Tables that people exchange with a campaign: proposals to fill in, results to record, everything to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from zosimos.campaign.control.manual_results import Result
from zosimos.campaign.decisions.followed import advice_views
from zosimos.campaign.definition.build import build_objectives, outcome_names, values_from_row
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.views import experiment_view, status
from zosimos.core.errors import DataError
from zosimos.core.objective import to_measure
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement
from zosimos.core.space import row_key
from zosimos.core.table import Table

EXPERIMENT, FAILED = "experiment", "failed"
_UNCERTAINTY = "_uncertainty"
_ROWS = 500  # of a table of experiments that are made together
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def proposals_csv(state: State, experiments: Sequence[Experiment]) -> str:
    """Return proposals as CSV with empty columns for the results, as ``tell`` reads it back."""
    outcomes = [column for name in measured_units(state) for column in (name, name + _UNCERTAINTY)]
    header = [EXPERIMENT, *state.spec.space, *outcomes, FAILED]
    rows = [
        [item.id, *(item.values[name] for name in state.spec.space), *("" for _ in outcomes), ""]
        for item in experiments
    ]
    return _csv(header, rows)


def results(state: State, table: Table) -> list[Result]:
    """Return the results a table reports.

    Columns: ``experiment`` (empty or absent for a result of one's own), the parameters (needed then, checked against
    the proposal otherwise), a column for each objective, or for what it is made of in its place, optionally
    ``<column>_uncertainty`` (standard) and ``failed`` (a reason; such a row has no outcome). Rows of proposals with no
    outcome at all are passed over.

    Raises:
        DataError: a column is missing or unknown, a cell is wrong, or a row contradicts its proposal.
    """
    units = measured_units(state)
    outcomes = list(units)
    optional = [name + _UNCERTAINTY for name in outcomes]
    table.require(outcomes if EXPERIMENT in table.header else [*state.spec.space, *outcomes])
    table.refuse_others(
        [EXPERIMENT, *state.spec.space, *outcomes, *optional, FAILED], "remove the column or correct its name"
    )
    found = []
    for row in range(len(table.rows)):
        name, failed = table.text(row, EXPERIMENT), table.text(row, FAILED)
        given = next((column for column in outcomes if table.text(row, column)), None)
        if name and not failed and given is None:
            continue
        if failed and given is not None:
            raise DataError(
                f"{table.source}, line {table.lines[row]}: it failed and has an outcome",
                field=given,
                value=table.text(row, given),
                allowed="an outcome, or a reason under failed",
                hint="remove one of the two",
            )
        values = _values(state, table, row, name)
        measured = [] if failed else [_measurement(table, row, *item) for item in units.items()]
        found.append(Result(name or None, values, measured, failed))
    if not found:
        raise DataError(
            f"{table.source} holds no result", field=outcomes[0], value="(empty)", hint="fill in the outcome columns"
        )
    return found


def _values(state: State, table: Table, row: int, name: str) -> Values:
    given = [column for column in state.spec.space if table.text(row, column)]
    if not name:
        table.require(list(state.spec.space))
        return values_from_row(table, row, state.spec)
    proposed = state.experiment(name).values
    if len(given) == len(state.spec.space):
        values = values_from_row(table, row, state.spec)
        if row_key(values) != row_key(proposed):
            raise DataError(
                f"{table.source}, line {table.lines[row]}: the values differ from those of {name}",
                field=EXPERIMENT,
                value=dict(values),
                allowed=str(dict(proposed)),
                hint="leave the experiment column empty if it was run at other values",
            )
    return proposed


def _measurement(table: Table, row: int, name: str, unit: str) -> Measurement:
    spread = name + _UNCERTAINTY
    uncertainty = table.number(row, spread) if table.text(row, spread) else None
    return Measurement(name, table.number(row, name), uncertainty, unit)


def measured_units(state: State) -> dict[str, str]:
    """Return what a person measures, with its unit: objectives, and the quantities others are made of."""
    return {quantity.name: quantity.unit for quantity in to_measure(build_objectives(state.spec))}


def experiments_csv(state: State) -> str:
    """Return every experiment as CSV: values, outcomes with uncertainties, predictions, status, reasons and times.

    A retracted result has no outcome there; what it was stands under ``changes``, with every correction.
    """
    return "".join(csv_pieces(state))


def csv_pieces(state: State) -> Iterator[str]:
    """Yield the text of :func:`experiments_csv` in pieces."""
    header, rows = experiment_rows(state)
    yield _csv(header, [])
    while some := [[_inert(cell) for cell in row] for row in islice(rows, _ROWS)]:
        yield _csv(None, some)


def experiment_rows(state: State) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the columns' names and a row for each experiment; what is not known is an empty text.

    Outcomes are objectives and, after them, the quantities they are made of. Rows are made as they are asked for, and
    the experiments that are read for them are not kept.
    """
    outcomes = outcome_names(state.spec)
    outcome_columns = [
        f"{name}{suffix}" for name in outcomes for suffix in ("", _UNCERTAINTY, "_predicted", "_predicted_sd")
    ]
    tail = ["status", "origin", "why", "reason", "decision", "spec_version", "proposed", "started", "ended", "changes"]
    rows = (
        [
            item.id,
            *(item.values.get(name, "") for name in state.spec.space),
            *(cell for name in outcomes for cell in _outcome_cells(item, name)),
            item.status,
            item.candidate.origin,
            item.candidate.reason,
            item.reason,
            item.decision,
            item.spec_version,
            item.proposed_at,
            item.started_at,
            item.ended_at,
            "; ".join(map(str, item.amendments)),
        ]
        for item in state.experiments.passing()
    )
    header = [EXPERIMENT, *state.spec.space, *outcome_columns, *tail]
    return header, rows


def _outcome_cells(item: Experiment, name: str) -> list[Any]:
    measurement, prediction = item.measurements.get(name), item.candidate.predictions.get(name)
    measured = ["", ""] if measurement is None else [measurement.value, measurement.uncertainty]
    predicted = ["", ""] if prediction is None else [prediction.mean, prediction.sd]
    return ["" if cell is None else cell for cell in (*measured, *predicted)]


def export_json(state: State) -> dict[str, Any]:
    """Return a whole campaign as JSON data: status, every version of the spec, steerings, advice and experiments."""
    found = export_parts(state)
    return found | {"runs": list(found["runs"])}


def export_parts(state: State) -> dict[str, Any]:
    """Return the data of :func:`export_json` with an iterator in place of the list of experiments (``runs``).

    They are made as they are asked for, to be written by :func:`zosimos.core.writing.json_pieces`.
    """
    return {
        **status(state),
        "head": f"{state.seq}:{state.head}",
        "specs": [spec.model_dump(mode="json") for spec in state.specs],
        "steerings": [
            {
                "version": item.version,
                "changes": [change.as_json() for change in item.changes],
                "by": item.by,
                "reason": item.reason,
                "undoes": item.undoes,
                "at": item.at,
            }
            for item in state.steerings
        ],
        "advice": advice_views(state, list(state.advice.values())),
        "files": dict(state.files),
        "runs": (experiment_view(state, item) for item in state.experiments.passing()),
    }


def _csv(header: Sequence[str] | None, rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header is not None:
        writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _inert(cell: Any) -> Any:
    """Keep a spreadsheet from running a text as a formula (OWASP: CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell

"""The report's figures of results, as plain plotly data: dictionaries of traces and layout, without plotly itself.

Text from the record goes through ``label`` wherever plotly would read tags in it (titles, hover boxes, bar texts).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence, Set
from typing import Any

from zosimos.campaign.definition.counting import Counting
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import teaching
from zosimos.campaign.record.state import State
from zosimos.campaign.report.formatting import (
    instant,
    measured,
    moment,
    recipe,
    scale_of,
    titled,
    usable,
    with_spread,
)
from zosimos.campaign.report.style import (
    BLUE,
    GREEN,
    GREY,
    PALE,
    RED,
    STATUS_COLOURS,
    Figure,
    Trace,
    axis_of,
    label,
    layout_of,
    size_of,
    span,
)
from zosimos.campaign.report.thinning import drawn, rare, said
from zosimos.core.objective import Objective
from zosimos.core.ranking import Standing, merit
from zosimos.core.records import Measurement, Prediction

SURPRISING = 2.0  # standard deviations from which a result is drawn as a surprise
_STRIP = (("failed", "x"), ("uncertain", "diamond"))  # what stands below the results, and its mark
_STRIP_PX, _PANEL_PX, _GAP_PX = 26, 290, 30
_FEW = 15  # experiments up to which each has its tick


def progress(state: State, objectives: Sequence[Objective]) -> Figure | None:
    """Return each objective's results against the experiment's number, with the best so far and the predictions.

    Experiments that failed or whose outcome is uncertain stand in a strip below. None if nothing has ended.
    """
    experiments = list(enumerate(state.experiments.values(), start=1))
    if not any(experiment.status in ("measured", "failed", "uncertain") for _, experiment in experiments):
        return None
    strip = _strip(experiments)
    below = _GAP_PX + _STRIP_PX if strip else 0
    inner = _PANEL_PX * len(objectives) + below
    share, gap = _PANEL_PX / inner, _GAP_PX / inner
    data: list[Trace] = []
    shown, total, most = _counted(experiments)
    bottom = "y99" if strip else f"y{len(objectives)}" if len(objectives) > 1 else "y"
    x = axis_of("experiment", anchor=bottom, range=[0.2, len(experiments) + 0.8], tickformat="d")
    x |= {"dtick": 1} if len(experiments) <= _FEW else {}
    layout = layout_of(inner + 120, xaxis=x, shapes=[], hovermode="closest")
    if strip:
        layout["yaxis99"] = axis_of("", domain=[0, _STRIP_PX / inner], range=[-1, 1], fixedrange=True)
        layout["yaxis99"] |= {"showgrid": False, "showticklabels": False, "ticks": ""}
    for place, objective in enumerate(objectives):
        suffix = "" if place == 0 else str(place + 1)
        top = 1 - place * share
        low = max(0.0, top - share + (gap if place < len(objectives) - 1 else 0.0))
        layout[f"yaxis{suffix}"] = axis_of(titled(objective.name, objective.unit), domain=[low, top])
        traces, points = _panel(state.spec, experiments, objectives, place, f"y{suffix}")
        data += traces
        shown, total, most = shown + points[0], total + points[1], max(most, points[2])
        aim = objective.target if objective.goal == "target" else state.spec.stop.reach.get(objective.name)
        if aim is not None:
            line = {"color": GREEN, "width": 1, "dash": "dot"}
            shape = {"type": "line", "xref": "paper", "yref": f"y{suffix}", "x0": 0, "x1": 1}
            layout["shapes"].append(shape | {"y0": float(aim), "y1": float(aim), "line": line})
    always = "every result better than those before it, every failure and surprise, every one left out of the models"
    note = said("points", shown, total, always, most=most)
    return {"data": [*data, *strip], "layout": layout, "note": note}


def _panel(
    spec: CampaignSpec,
    experiments: Sequence[tuple[int, Experiment]],
    objectives: Sequence[Objective],
    place: int,
    axis: str,
) -> tuple[list[Trace], tuple[int, int, int]]:
    """Return a panel's traces, how many results and predictions they draw of how many, and how many matter at most."""
    objective, legend, counting = objectives[place], place == 0, Counting(spec)
    predicted = [(i, e, e.candidate.predictions[objective.name]) for i, e in experiments if _foretold(e, objective)]
    found = [(i, e, e.measurements[objective.name]) for i, e in experiments if objective.name in e.measurements]
    good = [row for row in found if row[2].trains]
    rest = [row for row in found if not row[2].trains]
    best: list[tuple[int, float]] = []
    top: Standing | None = None
    for i, experiment, measurement in good:
        if not counting.at(experiment.values):
            continue
        reached = merit(objective, objectives, teaching(experiment.measurements))
        if reached is not None and (top is None or reached > top):
            best.append((i, measurement.value))
            top = reached
    total, most = len(predicted) + len(good) + len(rest), max(len(best), len(rest))
    best = [*(best[k] for k in rare(range(len(best) - 1))), *best[-1:]]
    steps = {i for i, _ in best}
    if best:
        best.append((len(experiments), best[-1][1]))
    odd = {i for i, e, _ in found if abs(e.surprise.get(objective.name, 0.0)) > SURPRISING}
    most = max(most, len(odd))
    predicted = [predicted[k] for k in drawn(len(predicted), [p.mean for _, _, p in predicted], _in(predicted, odd))]
    chosen = drawn(len(good), [m.value for _, _, m in good], _in(good, odd))
    good = [good[k] for k in sorted({*chosen, *_in(good, steps)})]
    rest = [rest[k] for k in rare(range(len(rest)), [m.value for _, _, m in rest])]
    traces: list[Trace] = [
        {
            "name": "predicted (mean ± sd)",
            "mode": "markers",
            "x": [i for i, _, _ in predicted],
            "y": [prediction.mean for _, _, prediction in predicted],
            "error_y": _bars([prediction.spread for _, _, prediction in predicted], PALE),
            "marker": {"symbol": "diamond-open", "size": size_of(len(experiments)), "color": GREY},
            "hovertext": [_told(spec, e, objective) for _, e, _ in predicted],
        },
        {
            "name": "best so far",
            "mode": "lines",
            "x": [i for i, _ in best],
            "y": [value for _, value in best],
            "line": {"shape": "hv", "color": GREEN, "width": 2},
            "hoverinfo": "skip",
        },
    ]
    for name, rows, symbol in (("measured", good, "circle"), ("left out of the models", rest, "circle-open")):
        traces.append(
            {
                "name": f"{name} (± standard uncertainty)" if symbol == "circle" else name,
                "mode": "markers",
                "x": [i for i, _, _ in rows],
                "y": [measurement.value for _, _, measurement in rows],
                "error_y": _bars([measurement.uncertainty for _, _, measurement in rows], BLUE),
                "marker": {"symbol": symbol, "size": size_of(len(experiments)), "color": BLUE},
                "hovertext": [_told(spec, e, objective) for _, e, _ in rows],
            }
        )
    common = {"type": "scatter", "yaxis": axis, "showlegend": legend}
    made = [{"hoverinfo": "text"} | common | trace | {"legendgroup": trace["name"]} for trace in traces if trace["x"]]
    return made, (len(predicted) + len(good) + len(rest), total, most)


def _in(rows: Sequence[tuple[int, Experiment, object]], numbers: Set[int]) -> list[int]:
    """Return the places of the rows that have these experiments' numbers."""
    return [place for place, (number, _, _) in enumerate(rows) if number in numbers]


def _counted(experiments: Sequence[tuple[int, Experiment]]) -> tuple[int, int, int]:
    """Return how many experiments the strip draws of how many, and how many of them are of one status at most."""
    counts = [sum(e.status == status for _, e in experiments) for status, _ in _STRIP]
    return sum(len(rare(range(count))) for count in counts), sum(counts), max(counts)


def _strip(experiments: Sequence[tuple[int, Experiment]]) -> list[Trace]:
    traces: list[Trace] = []
    for status, symbol in _STRIP:
        rows = [(i, e) for i, e in experiments if e.status == status]
        rows = [rows[k] for k in rare(range(len(rows)))]
        if rows:
            traces.append(
                {
                    "type": "scatter",
                    "name": status,
                    "mode": "markers",
                    "x": [i for i, _ in rows],
                    "y": [0] * len(rows),
                    "yaxis": "y99",
                    "marker": {"symbol": symbol, "size": 8, "color": STATUS_COLOURS[status]},
                    "hoverinfo": "text",
                    "hovertext": [f"<b>{label(e.id)}</b> {status}<br>{label(e.reason, 200)}" for _, e in rows],
                }
            )
    return traces


def _foretold(experiment: Experiment, objective: Objective) -> Prediction | None:
    return experiment.candidate.predictions.get(objective.name)


def _bars(sizes: Sequence[float | None], colour: str) -> dict[str, Any]:
    return {"type": "data", "array": [size or 0.0 for size in sizes], "color": colour, "thickness": 1, "width": 0}


def _told(spec: CampaignSpec, experiment: Experiment, objective: Objective) -> str:
    lines = [f"<b>{label(experiment.id)}</b>", label(recipe(spec, experiment.values), 200)]
    measurement = experiment.measurements.get(objective.name)
    if measurement is not None:
        lines.append(label(f"{objective.name} {measured(measurement)} {objective.unit}".rstrip(), 120))
    prediction = _foretold(experiment, objective)
    if prediction is not None:
        told = f"predicted {with_spread(prediction.mean, prediction.spread)} {objective.unit}".rstrip()
        lines.append(label(told, 120))
    return "<br>".join(lines)


def parity(state: State, objectives: Sequence[Objective]) -> Figure | None:
    """Return what was measured against what was predicted, a panel for each objective. None without predictions."""
    panels: list[tuple[Objective, list[tuple[Experiment, Prediction, Measurement]]]] = []
    for objective in objectives:
        rows = []
        for experiment in state.experiments.values():
            prediction, measurement = _foretold(experiment, objective), usable(experiment, objective)
            if prediction is not None and measurement is not None:
                rows.append((experiment, prediction, measurement))
        if rows:
            panels.append((objective, rows))
    if not panels:
        return None
    across = min(2, len(panels))
    down = math.ceil(len(panels) / across)
    data: list[Trace] = []
    height = 400 * down + 100
    layout = layout_of(height, shapes=[], hovermode="closest")
    shown = most = 0
    for place, (objective, rows) in enumerate(panels):
        n = "" if place == 0 else str(place + 1)
        row, column = divmod(place, across)
        gap = _GAP_PX * 3 / height
        tall = (1 - gap * (down - 1)) / down
        left, top = column / across, 1 - row * (tall + gap)
        x = axis_of(f"predicted {titled(objective.name, objective.unit)}", anchor=f"y{n}")
        y = axis_of(f"measured {titled(objective.name, objective.unit)}", anchor=f"x{n}")
        right = left + (0.94 if across > 1 else 1) / across
        layout[f"xaxis{n}"] = x | {"domain": [left + (0.06 if column else 0), right]}
        layout[f"yaxis{n}"] = y | {"domain": [max(0.0, top - tall), top]}
        ends = span([end for _, p, m in rows for end in (p.mean, m.value)])
        diagonal: dict[str, Any] = {"type": "line", "xref": f"x{n}", "yref": f"y{n}", "layer": "below"}
        diagonal |= {"x0": ends[0], "y0": ends[0], "x1": ends[1], "y1": ends[1]}
        layout["shapes"].append(diagonal | {"line": {"color": GREY, "width": 1.5, "dash": "dash"}})
        odd = [k for k, (e, _, _) in enumerate(rows) if abs(e.surprise.get(objective.name, 0.0)) > SURPRISING]
        some = [rows[k] for k in drawn(len(rows), [m.value - p.mean for _, p, m in rows], odd)]
        shown, most = shown + len(some), max(most, len(odd))
        data += _clouds(state.spec, objective, some, n, legend=place == 0)
    total = sum(len(rows) for _, rows in panels)
    note = said("predicted results", shown, total, "every one further off", most=most)
    return {"data": data, "layout": layout, "note": note}


def _clouds(
    spec: CampaignSpec,
    objective: Objective,
    rows: Sequence[tuple[Experiment, Prediction, Measurement]],
    n: str,
    *,
    legend: bool,
) -> list[Trace]:
    traces: list[Trace] = []
    for name, colour, odd in (
        (f"within {SURPRISING:g} standard deviations", BLUE, False),
        ("further off", RED, True),
    ):
        cloud = [row for row in rows if (abs(row[0].surprise.get(objective.name, 0.0)) > SURPRISING) == odd]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "legendgroup": name,
                "showlegend": legend,
                "x": [prediction.mean for _, prediction, _ in cloud] or [None],
                "y": [measurement.value for _, _, measurement in cloud] or [None],
                "error_x": _bars([prediction.spread for _, prediction, _ in cloud], colour),
                "error_y": _bars([measurement.uncertainty for _, _, measurement in cloud], colour),
                "xaxis": f"x{n}",
                "yaxis": f"y{n}",
                "marker": {"size": size_of(len(rows)), "color": colour},
                "hoverinfo": "text",
                "hovertext": [_told(spec, experiment, objective) for experiment, _, _ in cloud],
            }
        )
    return traces


def timeline(state: State) -> Figure | None:
    """Return a bar for each experiment that was started, in as few lanes as its neighbours allow. None without any.

    An experiment still under way reaches to the last event.
    """
    ran = [experiment for experiment in state.experiments.values() if experiment.started_at]
    if not ran:
        return None
    ran.sort(key=lambda experiment: instant(experiment.started_at))
    zero = instant(ran[0].started_at)
    bars: list[tuple[Experiment, float, float, int]] = []
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    lanes = 0
    for experiment in ran:
        start = (instant(experiment.started_at) - zero).total_seconds()
        end = state.at if experiment.status == "running" else experiment.ended_at or state.at
        stop = max(start, (instant(end) - zero).total_seconds())
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            lanes += 1
            free.append(lanes)
        lane = heapq.heappop(free)
        heapq.heappush(busy, (stop, lane))
        bars.append((experiment, start, stop, lane))
    unit, symbol = scale_of(max(stop for _, _, stop, _ in bars))
    total, other = len(bars), [k for k, (experiment, _, _, _) in enumerate(bars) if experiment.status != "measured"]
    bars = [bars[k] for k in drawn(total, [stop - start for _, start, stop, _ in bars], other)]
    data = [_lane_bars(status, bars, unit) for status in STATUS_COLOURS]
    x = axis_of(f"time since the first start ({symbol})", rangemode="tozero")
    y = axis_of("at the same time", autorange="reversed", dtick=max(1, math.ceil(lanes / 12)), tickformat="d")
    layout = layout_of(176 + 34 * min(lanes, 16), xaxis=x, yaxis=y | {"showgrid": False}, barmode="overlay", bargap=0.2)
    layout |= {"uniformtext": {"minsize": 9, "mode": "hide"}, "hovermode": "closest"}
    note = said("experiments", len(bars), total, "every one that did not end with a result", most=len(other))
    return {"data": [trace for trace in data if trace["x"]], "layout": layout, "note": note}


def _lane_bars(status: str, bars: Sequence[tuple[Experiment, float, float, int]], unit: float) -> Trace:
    rows = [bar for bar in bars if bar[0].status == status]
    return {
        "type": "bar",
        "orientation": "h",
        "name": status,
        "showlegend": True,
        "base": [start / unit for _, start, _, _ in rows],
        "x": [(stop - start) / unit for _, start, stop, _ in rows],
        "y": [lane for _, _, _, lane in rows],
        "text": [label(e.id) for e, _, _, _ in rows],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"color": "#ffffff"},
        "marker": {"color": STATUS_COLOURS[status], "line": {"color": "#ffffff", "width": 1}},
        "hoverinfo": "text",
        "hovertext": [_run(e) for e, _, _, _ in rows],
    }


def _run(experiment: Experiment) -> str:
    end = moment(experiment.ended_at) if experiment.status != "running" else "still under way"
    words = f"<b>{label(experiment.id)}</b> {experiment.status}<br>{moment(experiment.started_at)} – {end}"
    return words + (f"<br>{label(experiment.reason, 200)}" if experiment.reason else "")

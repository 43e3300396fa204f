"""The figure of parallel coordinates, as plain plotly data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from zosimos.campaign.definition.model import ParameterSpec
from zosimos.campaign.record.results import teaching
from zosimos.campaign.record.state import State
from zosimos.campaign.report.formatting import titled, usable
from zosimos.campaign.report.style import INK, SEQUENTIAL, Figure, Trace, label, layout_of, span
from zosimos.campaign.report.thinning import drawn, said
from zosimos.core.objective import Objective
from zosimos.core.parameters import Value
from zosimos.core.ranking import by_tier, merit

_LEAST = (0, -math.inf)
_BEST = 50  # lines that are always drawn
_TICK = 20  # characters of a tick's text
_TICKS = 25  # ticks an axis of names has room for


def parallel(state: State, objectives: Sequence[Objective]) -> Figure | None:
    """Return every complete result as a line across its parameters and outcomes, coloured by the main objective.

    Dark is good: the colour is the value, or its distance from the target. None if there are no results.
    """
    lens = state.lens
    rows = [
        experiment
        for experiment in state.experiments.values()
        if all(usable(experiment, objective) for objective in objectives)
        and set(state.spec.space) <= {*lens.row(experiment.values)}
    ]
    if not rows:
        return None
    first = (by_tier(objectives) or objectives)[0]
    rows.sort(key=lambda e: merit(first, objectives, teaching(e.measurements)) or _LEAST)  # the best are drawn last
    total = len(rows)
    rows = [rows[k] for k in drawn(total, first=range(max(0, total - _BEST), total))]
    dimensions = [
        _dimension(name, part, [lens.row(experiment.values)[name] for experiment in rows])
        for name, part in state.spec.space.items()
    ]
    for objective in objectives:
        values = [experiment.measurements[objective.name].value for experiment in rows]
        dimension: dict[str, Any] = {"values": values, "range": span(values)}
        dimensions.append(dimension | {"label": label(titled(objective.name, objective.unit), 26)})
    colour = [experiment.measurements[first.name].value for experiment in rows]
    title = titled(first.name, first.unit)
    if first.goal == "target":
        colour = [abs(value - (first.target or 0.0)) for value in colour]
        title = titled(f"distance of {first.name} from its target", first.unit)
    low, high = span(colour)
    line = {
        "color": colour,
        "colorscale": SEQUENTIAL,
        "reversescale": first.goal != "max",
        "cmin": low,
        "cmax": high,
        "showscale": True,
        "colorbar": {"title": {"text": label(title, 36), "side": "right"}, "thickness": 12, "outlinewidth": 0},
    }
    many = len(dimensions) > 7
    trace: Trace = {"type": "parcoords", "line": line, "dimensions": dimensions, "labelside": "top"}
    trace |= {
        "labelangle": -25 if many else 0,
        "labelfont": {"size": 13, "color": INK},
        "tickfont": {"size": 12, "color": INK},
    }
    trace |= {"rangefont": {"size": 1, "color": "rgba(0,0,0,0)"}}
    note = said("results", len(rows), total, f"the best {_BEST}")
    layout = layout_of(430, margin={"l": 90, "r": 40, "t": 96 if many else 56, "b": 28})
    return {"data": [trace], "layout": layout, "width": 110 * len(dimensions) + 130, "note": note}


def _dimension(name: str, part: ParameterSpec, values: Sequence[Value]) -> dict[str, Any]:
    dimension: dict[str, Any] = {"label": label(titled(name, getattr(part, "unit", "")), 26)}
    traits = part.traits(name)
    if traits.kind == "text" or any(isinstance(value, str) for value in values):
        known = traits.levels if traits.kind == "text" else ()
        choices = list(dict.fromkeys(str(value) for value in (*known, *values)))
        places = {choice: place for place, choice in enumerate(choices)}
        shown = range(0, len(choices), math.ceil(len(choices) / _TICKS))
        dimension["values"] = [places[str(value)] for value in values]
        dimension |= {"range": [-0.5, len(choices) - 0.5], "tickvals": list(shown)}
        return dimension | {"ticktext": _different([choices[place] for place in shown])}
    numbers = [float(value) for value in values]
    reach = [*numbers, *(traits.bounds or ())]
    if 0 < len(traits.levels) <= _TICKS:
        ticks = sorted(float(level) for level in traits.levels)
        dimension |= {"tickvals": ticks, "ticktext": _different([f"{tick:g}" for tick in ticks])}
    if traits.scale == "log" and min(reach) > 0:
        low, high = span([math.log10(value) for value in reach])
        ticks = [low, *(k for k in range(math.ceil(low), math.floor(high) + 1) if low + 0.1 < k < high - 0.1), high]
        dimension["values"] = [math.log10(value) for value in numbers]
        texts = _different([f"{10.0**tick:.3g}" for tick in ticks])
        return dimension | {"range": [low, high], "tickvals": ticks, "ticktext": texts}
    return dimension | {"values": numbers, "range": span(reach)}


def _different(texts: Sequence[str]) -> list[str]:
    """Return tick texts, short, inert and none twice: plotly writes them as plain text and merges equal ones."""
    made: dict[str, None] = {}
    for place, text in enumerate(texts):
        short = (text if len(text) <= _TICK else text[: _TICK - 1] + "…").replace("<", "‹").replace(">", "›")
        made[f"{short} #{place + 1}" if short in made else short] = None
    return list(made)

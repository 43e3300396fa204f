"""The instrument timeline: what each device did and when, from the steps on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.campaign.record.state import State
from zosimos.campaign.report.formatting import instant, scale_of
from zosimos.campaign.report.style import BLUE, GREEN, GREY, ORANGE, RED, Figure, Trace, axis_of, label, layout_of

SHOWN = 1000  # steps; of longer campaigns, the last ones

_COLOURS = {"aspirate": BLUE, "deliver": GREEN, "weigh": ORANGE, "tare": ORANGE, "read": RED}


@dataclass(frozen=True)
class _Bar:
    experiment: str
    step: Step
    device: str
    start: float
    stop: float


def instruments(state: State) -> Figure | None:
    """Return a bar for each step of each device. None if no step names a device."""
    bars, total = _bars(list(state.experiments.values()))
    if not bars:
        return None
    devices = sorted({bar.device for bar in bars})
    unit, symbol = scale_of(max(bar.stop for bar in bars))
    names = list(dict.fromkeys(bar.step.name for bar in bars))
    data = [_trace(name, [bar for bar in bars if bar.step.name == name], unit) for name in names]
    x = axis_of(f"time since the first step ({symbol})", rangemode="tozero")
    y = axis_of("", categoryorder="array", categoryarray=devices[::-1], type="category")
    layout = layout_of(150 + 40 * len(devices), xaxis=x, yaxis=y | {"showgrid": False}, barmode="overlay", bargap=0.3)
    note = "" if len(bars) == total else f"The last {len(bars)} of {total} steps are drawn. The export has all."
    return {"data": data, "layout": layout | {"hovermode": "closest"}, "note": note}


def _bars(experiments: Sequence[Experiment]) -> tuple[list[_Bar], int]:
    """Return the bars of the last steps, and how many steps there are."""
    steps = [
        (experiment.id, step)
        for experiment in experiments
        for step in experiment.steps
        if "device" in step.params and step.status in ("done", "failed")
    ]
    total = len(steps)
    steps = sorted(steps, key=lambda pair: pair[1].seq)[-SHOWN:]
    if not steps:
        return [], 0
    zero = min(instant(step.began) for _, step in steps)
    bars = [
        _Bar(
            name,
            step,
            str(step.params["device"]),
            (instant(step.began) - zero).total_seconds(),
            (max(instant(step.began), instant(step.at)) - zero).total_seconds(),  # the clock may have been set
        )
        for name, step in steps
    ]
    return bars, total


def _trace(name: str, bars: Sequence[_Bar], unit: float) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "name": label(name),
        "showlegend": True,
        "base": [bar.start / unit for bar in bars],
        "x": [max(bar.stop - bar.start, 0.05) / unit for bar in bars],
        "y": [label(bar.device) for bar in bars],
        "marker": {"color": _COLOURS.get(name, GREY)},
        "hoverinfo": "text",
        "hovertext": [_words(bar) for bar in bars],
    }


def _words(bar: _Bar) -> str:
    amount = bar.step.params.get("amount")
    what = bar.step.name if amount is None else f"{bar.step.name} {amount:.4g}"
    place = bar.step.params.get("place") or bar.step.params.get("channel")
    words = f"<b>{label(bar.experiment)}</b> {label(what)}" + (f" at {label(str(place))}" if place else "")
    return f"{words}<br>{bar.stop - bar.start:.2f} s" + ("<br>failed" if bar.step.status == "failed" else "")

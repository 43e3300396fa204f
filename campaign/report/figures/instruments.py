"""The instrument timeline: what each device did and when, from the steps on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.record.experiment import Experiment, Step
from zosimos.campaign.report.drawing import Hint, Sheet
from zosimos.campaign.report.formatting import instant, scale_of, significant
from zosimos.campaign.report.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, label
from zosimos.campaign.report.subject import Subject

SHOWN = 1000  # steps; of longer campaigns, the last ones

_COLOURS = {"aspirate": BLUE, "deliver": GREEN, "weigh": ORANGE, "tare": ORANGE, "read": RED}
_SPARE = (PURPLE, SKY)  # of steps that have no colour of their own


@dataclass(frozen=True)
class _Bar:
    experiment: str
    step: Step
    device: str
    start: float
    stop: float


def instruments(subject: Subject) -> Sheet | str:
    """Return a bar for each step of each device."""
    bars, total = _bars(list(subject.state.experiments.values()))
    if not bars:
        return "No step on record names a device."
    devices = sorted({bar.device for bar in bars})
    unit, symbol = scale_of(max(bar.stop for bar in bars))
    sheet = Sheet(1.1 + 0.34 * len(devices))
    axes = sheet.figure.subplots()
    spare = iter(_SPARE)
    for name in dict.fromkeys(bar.step.name for bar in bars):
        rows = [bar for bar in bars if bar.step.name == name]
        colour = _COLOURS.get(name) or next(spare, GREY)
        spans = [(bar.start / unit, max(bar.stop - bar.start, 0.05) / unit) for bar in rows]
        made = axes.barh(
            [devices.index(bar.device) for bar in rows],
            [length for _, length in spans],
            0.66,
            [start for start, _ in spans],
            color=colour,
            label=label(name, 20),
        )
        for patch, url in zip(made, sheet.urls([_words(bar) for bar in rows]), strict=True):
            patch.set_url(url)
    axes.set_yticks(range(len(devices)), [label(device, 24) for device in devices])
    axes.set_ylim(len(devices) - 0.4, -0.6)
    axes.set_xlabel(f"time since the first step ({symbol})")
    axes.grid(visible=False, axis="y")
    sheet.note = "" if len(bars) == total else f"The last {len(bars)} of {total} steps are drawn. The export has all."
    sheet.legend([axes], columns=7)
    return sheet


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


def _words(bar: _Bar) -> Hint:
    amount = bar.step.params.get("amount")
    what = bar.step.name if amount is None else f"{bar.step.name} {significant(amount, 4)}"
    place = bar.step.params.get("place") or bar.step.params.get("channel")
    words = f"{label(bar.experiment)} {label(what)}" + (f" at {label(str(place))}" if place else "")
    words += f"\n{bar.stop - bar.start:.2f} s" + ("\nfailed" if bar.step.status == "failed" else "")
    return Hint(words, bar.experiment)

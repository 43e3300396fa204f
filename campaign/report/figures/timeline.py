"""The timeline: when each experiment ran, and which ran at the same time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.report.drawing import Hint, Sheet
from zosimos.campaign.report.formatting import instant, moment, scale_of
from zosimos.campaign.report.style import PAPER, STATUS_COLOURS, label
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.thinning import drawn, said

_LANES = 16  # from which the figure grows no more
_ROOM = 0.055  # of the whole time: a bar that is longer has its id in it

Bar = tuple[Experiment, float, float, int]


def timeline(subject: Subject) -> Sheet | str:
    """Return a bar for each experiment that was started, in as few lanes as its neighbours allow.

    An experiment still under way reaches to the last event.
    """
    bars = lanes_of(subject)
    if not bars:
        return "No experiment was started by a lab."
    lanes = max(lane for _, _, _, lane in bars)
    unit, symbol = scale_of(max(stop for _, _, stop, _ in bars))
    total, other = len(bars), [k for k, (experiment, _, _, _) in enumerate(bars) if experiment.status != "measured"]
    end = max(stop for _, _, stop, _ in bars) or 1.0
    bars = [bars[k] for k in drawn(total, [stop - start for _, start, stop, _ in bars], other)]
    sheet = Sheet(1.25 + 0.3 * min(lanes, _LANES))
    axes = sheet.figure.subplots()
    for status, colour in STATUS_COLOURS.items():
        rows = [bar for bar in bars if bar[0].status == status]
        if not rows:
            continue
        lengths, starts = [(stop - start) / unit for _, start, stop, _ in rows], [row[1] / unit for row in rows]
        made = axes.barh(
            [row[3] for row in rows], lengths, 0.8, starts, color=colour, edgecolor=PAPER, linewidth=0.6, label=status
        )
        for patch, url in zip(made, sheet.urls([_run(row[0]) for row in rows]), strict=True):
            patch.set_url(url)
        for experiment, start, stop, lane in rows:
            if stop - start > _ROOM * end and lanes <= _LANES:
                name = label(experiment.id, 8)
                axes.text(
                    (start + stop) / 2 / unit, lane, name, color="#ffffff", fontsize=7.5, ha="center", va="center"
                )
    axes.set_xlabel(f"time since the first start ({symbol})")
    axes.set_ylim(lanes + 0.6, 0.4)
    axes.set_yticks(range(1, lanes + 1, max(1, math.ceil(lanes / 12))))
    axes.grid(visible=False, axis="y")
    sheet.note = said("experiments", len(bars), total, "every one that did not end with a result", most=len(other))
    sheet.legend([axes], columns=6)
    return sheet


def lanes_of(subject: Subject) -> Sequence[Bar]:
    """Return each experiment that was started with its start and end, in seconds from the first, and its lane."""
    state = subject.state
    ran = [experiment for experiment in state.experiments.values() if experiment.started_at]
    ran.sort(key=lambda experiment: instant(experiment.started_at))
    bars: list[Bar] = []
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    lanes = 0
    for experiment in ran:
        zero = instant(ran[0].started_at)
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
    return bars


def _run(experiment: Experiment) -> Hint:
    end = moment(experiment.ended_at) if experiment.status != "running" else "still under way"
    words = f"{label(experiment.id)} {experiment.status}\n{moment(experiment.started_at)} – {end}"
    return Hint(words + (f"\n{label(experiment.reason, 200)}" if experiment.reason else ""), experiment.id)

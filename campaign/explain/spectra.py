"""Spectra: what a series that was measured in an experiment looks like, in a few numbers: its range and its peaks.

A peak is a place higher than those beside it that stands out of what surrounds it (its prominence) by a tenth of the
range of the series, and by three times the uncertainty of its value. Its width is that at half of its prominence, with
straight lines between channels. Peaks, prominences and widths are those of :mod:`scipy.signal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_prominences, peak_widths

from zosimos.campaign.definition.composite import series_of
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.core.errors import StateError
from zosimos.core.series import Series

_STANDS_OUT = 0.1  # of the range of the series
_UNCERTAIN = 3.0  # standard uncertainties
_MOST = 5  # peaks, the highest
_FEWEST = 3  # channels, for a peak


@dataclass(frozen=True)
class Place:
    """A place of a series: where along its axis (a channel's name, where it has none), and the value there."""

    at: float | str
    value: float


@dataclass(frozen=True)
class Peak(Place):
    """A peak, with its width at half of its prominence, in units of the axis; None where there is no axis."""

    width: float | None


@dataclass(frozen=True)
class Spectrum:
    """A series as one experiment has it.

    ``unit`` is that of the axis, ``of`` that of the values. ``measured`` of its ``channels`` have a value.
    """

    series: str
    unit: str
    of: str
    channels: int
    measured: int
    lowest: Place
    highest: Place
    peaks: tuple[Peak, ...]


@dataclass(frozen=True)
class Apart:
    """How far a series of two experiments is apart: root mean square over channels, and the place where most.

    ``unit`` is that of the axis, ``of`` that of the values; ``channels`` are those that both have.
    """

    series: str
    unit: str
    of: str
    channels: int
    rms: float
    most: Place


def spectra(state: State, experiment: str) -> tuple[Spectrum, ...]:
    """Return the series of an experiment, those of which something was measured.

    Raises:
        NotFoundError: there is no such experiment.
        StateError: the campaign measures no series, or the experiment has none of it.
    """
    item, declared = state.experiment(experiment), _declared(state.spec)
    found = [
        _spectrum(one, state.spec, item) for one in declared if any(name in _trusted(item) for name in one.channels)
    ]
    if not found:
        raise StateError(
            f"nothing of {', '.join(one.name for one in declared)} is known of {experiment}",
            field="experiment",
            value=experiment,
            hint="name one that was measured",
        )
    return tuple(found)


def apart(state: State, first: str, second: str) -> tuple[Apart, ...]:
    """Return how far the series of two experiments are apart, the first's values less the second's.

    Raises:
        NotFoundError: there is no such experiment.
        StateError: the campaign measures no series, or they have no channel in common.
    """
    one, other = _trusted(state.experiment(first)), _trusted(state.experiment(second))
    found: list[Apart] = []
    for series in _declared(state.spec):
        both = [place for place, name in enumerate(series.channels) if name in one and name in other]
        if both:
            by = np.array([one[series.channels[place]][0] - other[series.channels[place]][0] for place in both])
            most = int(np.argmax(np.abs(by)))
            place, rms = Place(_axis(series)[both[most]], float(by[most])), float(np.sqrt(np.mean(by**2)))
            of = state.spec.measured[series.name].unit
            found.append(Apart(series.name, series.unit, of, len(both), rms, place))
    if not found:
        raise StateError(f"{first} and {second} have no measured channel in common", field="experiment", value=second)
    return tuple(found)


def _declared(spec: CampaignSpec) -> Sequence[Series]:
    found = list(series_of(spec).values())
    if not found:
        raise StateError(
            "this campaign measures no spectrum",
            field="measured",
            allowed="a series, such as measured: {absorbance: {along: {min: 400, max: 700, step: 10, unit: nm}}}",
        )
    return found


def _trusted(item: Experiment) -> Mapping[str, tuple[float, float]]:
    """Return the values that count, each with its uncertainty (0 where it has none)."""
    return {name: (one.value, one.uncertainty or 0.0) for name, one in item.measurements.items() if one.trains}


def _axis(series: Series) -> Sequence[float | str]:
    return series.axis or series.channels


def _spectrum(series: Series, spec: CampaignSpec, item: Experiment) -> Spectrum:
    known = _trusted(item)
    axis = [place for place, name in zip(_axis(series), series.channels, strict=True) if name in known]
    values = np.array([known[name][0] for name in series.channels if name in known])
    spread = np.array([known[name][1] for name in series.channels if name in known])
    low, high = (Place(axis[at], float(values[at])) for at in (int(values.argmin()), int(values.argmax())))
    peaks = _peaks(axis, values, spread)
    of = spec.measured[series.name].unit
    return Spectrum(series.name, series.unit, of, len(series.channels), len(values), low, high, peaks)


def _peaks(axis: Sequence[float | str], values: NDArray[np.float64], spread: NDArray[np.float64]) -> tuple[Peak, ...]:
    """Return the highest peaks in the order of the axis."""
    if len(values) < _FEWEST or np.ptp(values) == 0.0:
        return ()
    places, _ = find_peaks(values)
    prominences = peak_prominences(values, places)[0]
    least = np.maximum(_STANDS_OUT * np.ptp(values), _UNCERTAIN * spread[places])
    kept = places[prominences >= least]
    kept = np.sort(kept[np.argsort(-values[kept], kind="stable")][:_MOST])
    _, _, left, right = peak_widths(values, kept, rel_height=0.5)
    steps = np.arange(len(values))
    along = None if isinstance(axis[0], str) else np.array(axis, dtype=float)
    widths = [None] * len(kept) if along is None else np.interp(right, steps, along) - np.interp(left, steps, along)
    return tuple(
        Peak(axis[at], float(values[at]), None if width is None else float(width))
        for at, width in zip(kept, widths, strict=True)
    )

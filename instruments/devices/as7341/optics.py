"""The light in the colour sensor's cell: lamp, stray light, channels and noise.

All spectra are arrays on one grid of wavelengths. Sensitivities are Gaussians at the peaks of the data sheet; their
widths, the lamp's spectrum and the noise are (from general knowledge). Counts are scaled so that a cell of water in
10 mA of lamp at gain 8 and 100 ms brings the brightest channel to 70 % of the full scale of 36 000.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.instruments.devices.as7341.wire import CHANNELS, PEAKS_NM

Spectrum: TypeAlias = NDArray[np.float64]

STEP_NM = 5
GRID_NM: Spectrum = np.arange(380.0, 1000.0 + STEP_NM, STEP_NM)
"""Wavelengths in nm, shape (125,)."""

_WIDTHS_NM = (26.0, 30.0, 36.0, 39.0, 39.0, 40.0, 50.0, 52.0)  # full widths at half maximum of F1 to F8
_CLEAR = (600.0, 350.0, 0.15)  # peak and width in nm, height: the clear channel is broad
_NIR = (910.0, 60.0, 1.0)

_PUMP = (450.0, 22.0, 1.0)  # a white LED: a blue pump ...
_PHOSPHOR = (565.0, 130.0, 0.65)  # ... and the phosphor it excites
_EMITTER = (905.0, 50.0, 0.15)  # and a weak infrared emitter beside it

_COUNTS = 0.1236  # counts for each unit of spectral power, nm, ms and gain
_DARK = 0.0025  # counts for each ms and gain
_ELECTRONS_PER_COUNT = 160.0  # at gain 1
_READ_NOISE = 0.7  # counts


def _bell(peak_nm: float, width_nm: float, height: float = 1.0) -> Spectrum:
    bell: Spectrum = height * np.exp(-4.0 * np.log(2.0) * ((GRID_NM - peak_nm) / width_nm) ** 2)
    return bell


SENSITIVITIES: Spectrum = np.array(
    [_bell(peak, width) for peak, width in zip(PEAKS_NM.values(), _WIDTHS_NM, strict=True)]
    + [_bell(*_CLEAR), _bell(*_NIR)]
)
"""Sensitivity of each channel at each wavelength, shape (10, 125), in the order of the channels."""

LAMP_PER_MA: Spectrum = _bell(*_PUMP) + _bell(*_PHOSPHOR) + _bell(*_EMITTER)
"""Spectral power of the lamp for each mA of current, in units of its own."""


def lit(transmittance: Spectrum, light_ma: float, stray: float) -> Spectrum:
    """Return the spectrum that reaches the sensor.

    Args:
        transmittance: of what stands in the light, on the grid.
        light_ma: the lamp's current; its power is proportional to it.
        stray: the part of the lamp's light that goes around it.
    """
    spectrum: Spectrum = light_ma * LAMP_PER_MA * ((1.0 - stray) * transmittance + stray)
    return spectrum


def counts(spectrum: Spectrum, gain: float, t_ms: float) -> Spectrum:
    """Return the expected counts of each channel, dark counts included, not limited by any full scale.

    Args:
        spectrum: what reaches the sensor, on the grid.
        gain: the amplifier's.
        t_ms: integration time.
    """
    expected: Spectrum = gain * t_ms * (_COUNTS * STEP_NM * (SENSITIVITIES @ spectrum) + _DARK)
    return expected


def digitised(expected: Spectrum, gain: float, full_scale: int, random: np.random.Generator) -> dict[str, int]:
    """Return what the converters make of expected counts: shot noise, read noise, whole numbers, no more than full.

    Args:
        expected: counts of each channel.
        gain: sets how many electrons a count stands for.
        full_scale: the largest count.
        random: the noise.
    """
    electrons = _ELECTRONS_PER_COUNT / gain
    noisy = random.poisson(expected * electrons) / electrons + random.normal(0.0, _READ_NOISE, len(CHANNELS))
    whole = np.clip(np.rint(noisy), 0, full_scale).astype(int)
    return dict(zip(CHANNELS, whole.tolist(), strict=True))

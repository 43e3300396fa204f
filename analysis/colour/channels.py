"""From the channels of a colour sensor to CIE XYZ, by a matrix found on known standards.

A few broad channels cannot become XYZ exactly; the matrix is the best linear one for light like the standards'
(ridge regression, so that ten channels and a dozen standards do not fit noise). Its residual on the standards, left
out one at a time, is its uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.analysis.colour.difference import ciede2000, srgb_to_lab, xyz_to_lab, xyz_to_srgb
from zosimos.analysis.methods import Method
from zosimos.core.errors import ExecutionError

Array = NDArray[np.float64]
_RIDGE = 1e-4
_LEAST_STANDARDS = 4  # with fewer, leaving one out says nothing of how good the matrix is


def calibrated(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the matrix from channels to XYZ.

    Args:
        inputs: ``readings``: a reading for each standard; ``certificates``: the CIE XYZ (D65, white Y = 1) of each.

    Returns:
        ``channels``: their names; ``matrix``: 3 rows; ``white``: the largest count of each channel, by which counts are
        divided; ``residual``: the mean CIEDE2000 of the standards, each predicted from the others.

    Raises:
        ExecutionError: a channel was saturated or dark on every standard, or there are too few standards.
    """
    names = sorted(inputs["readings"][0]["counts"])
    counts = np.array([_counts(reading, names) for reading in inputs["readings"]])
    white = counts.max(axis=0)
    if (white <= 0).any():
        raise ExecutionError(
            f"the channel {names[int(np.argmin(white))]} is dark on every standard", hint="is the lamp on?"
        )
    if len(inputs["readings"]) < _LEAST_STANDARDS:
        raise ExecutionError(
            "a colour calibration needs more standards",
            field="standards",
            value=len(inputs["readings"]),
            allowed=f"at least {_LEAST_STANDARDS}",
            hint="add references with their certificates to the lab file",
        )
    known = np.array(inputs["certificates"], dtype=float)
    shares = counts / white
    matrix = _fitted(shares, known)
    misses = []
    for left_out in range(len(known)):
        kept = np.arange(len(known)) != left_out
        predicted = shares[left_out] @ _fitted(shares[kept], known[kept])
        misses.append(ciede2000(xyz_to_lab(np.clip(predicted, 0, None)), xyz_to_lab(known[left_out])))
    return {
        "channels": names,
        "matrix": matrix.T.tolist(),
        "white": white.tolist(),
        "residual": float(np.mean(misses)),
    }


def difference(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the colour of a reading and its difference from a target.

    Args:
        inputs: ``reading``, with the standard error of each channel's mean; ``calibration`` from :func:`calibrated`;
            ``target``: sRGB, 0 to 255.

    Returns:
        ``delta_e`` with its standard uncertainty, that of the counts, and what all results share, the calibration's
        residual; ``L``, ``a`` and ``b`` with theirs, the residual divided evenly among the three; ``lab``; ``rgb``.

    Raises:
        ExecutionError: a channel is saturated, so the colour is not known.
    """
    calibration = inputs["calibration"]
    counts = _counts(inputs["reading"], calibration["channels"])
    target = srgb_to_lab(inputs["target"])
    lab = _lab(counts, calibration)
    value = ciede2000(lab, target)
    spread = inputs["reading"]["spread"]
    residual = float(calibration["residual"])  # the same matrix makes a colour of all readings
    variance, parts = 0.0, np.zeros(3)
    for index, name in enumerate(calibration["channels"]):
        nudged = counts.copy()
        nudged[index] += spread[name]
        moved = _lab(nudged, calibration)
        variance += (ciede2000(moved, target) - value) ** 2
        parts += (np.array(moved) - lab) ** 2
    return {
        "delta_e": {"value": value, "uncertainty": math.sqrt(variance), "u_shared": residual},
        **{
            name: {"value": one, "uncertainty": math.sqrt(part), "u_shared": residual / math.sqrt(3.0)}
            for name, one, part in zip(("L", "a", "b"), lab, parts.tolist(), strict=True)
        },
        "lab": list(lab),
        "rgb": list(xyz_to_srgb(_xyz(counts, calibration))),
    }


def _counts(reading: Mapping[str, Any], names: Sequence[str]) -> Array:
    full = [name for name in names if reading["counts"][name] >= reading["full_scale"]]
    if full:
        raise ExecutionError(
            f"the sensor is saturated in {', '.join(full)}",
            field="reading",
            value=reading["full_scale"],
            allowed=f"below {reading['full_scale']} counts",
            hint="less light, a lower gain or a shorter integration",
        )
    return np.array([float(reading["counts"][name]) for name in names])


def _fitted(shares: Array, known: Array) -> Array:
    """Return the ridge solution of shares @ matrix = known, weighed so that dark standards count as much as light."""
    weights = 1.0 / np.cbrt(np.maximum(known[:, 1:2], 0.005)) ** 2
    left, right = shares * weights, known * weights
    square = left.T @ left + _RIDGE * np.trace(left.T @ left) / left.shape[1] * np.eye(left.shape[1])
    solution: Array = np.linalg.solve(square, left.T @ right)
    return solution


def _xyz(counts: Array, calibration: Mapping[str, Any]) -> list[float]:
    shares = counts / np.array(calibration["white"])
    return [max(0.0, float(row @ shares)) for row in np.array(calibration["matrix"])]


def _lab(counts: Array, calibration: Mapping[str, Any]) -> tuple[float, float, float]:
    return xyz_to_lab(_xyz(counts, calibration))


CALIBRATION = Method(("readings", "certificates"), ("calibration",), calibrated)
DIFFERENCE = Method(
    ("reading", "calibration", "target"),
    ("delta_e", "L", "a", "b", "lab", "rgb"),
    difference,
    takes={"target": "sRGB"},
    units={"delta_e": "", "L": "", "a": "", "b": ""},
)

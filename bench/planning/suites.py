"""The suites: measured tables with one objective each, by file, target and goal.

Each is a plain CSV file whose header names the parameters and the targets; ``ignore`` names columns that are neither.
``all`` is the tables of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Source:
    """A table of a suite: ``file`` in the data folder, the target column and what is wanted of it."""

    file: str
    target: str
    goal: Literal["max", "min"]
    ignore: tuple[str, ...] = ()


_PARTS: Mapping[str, Mapping[str, Source]] = {
    "pools": {
        "crossed_barrel": Source("crossed_barrel.csv", "toughness", "max"),
        "perovskite": Source("perovskite.csv", "instability_index", "min"),
        "agnp": Source("agnp.csv", "loss", "min"),
        "p3ht_cnt": Source("p3ht_cnt.csv", "conductivity_S_cm", "max"),
        "autoam": Source("autoam.csv", "score", "max"),
        "photo_pce10": Source("photo_pce10.csv", "degradation", "min"),
        "direct_arylation": Source("direct_arylation.csv", "yield", "max"),
        "benzylation": Source("benzylation.csv", "impurity", "min"),
        "snar": Source("snar.csv", "impurity", "min"),
    },
    "more": {
        "alkox": Source("alkox.csv", "conversion", "max"),
        "buchwald_a": Source("buchwald_a.csv", "yield", "max"),
        "buchwald_c": Source("buchwald_c.csv", "yield", "max"),
        "suzuki_i": Source("suzuki_i.csv", "yield", "max", ("turnover",)),
        "suzuki_ii": Source("suzuki_ii.csv", "yield", "max", ("turnover",)),
        "chan_lam_full": Source("chan_lam_full.csv", "desired_yield", "max", ("undesired_yield",)),
        "oer_plate_3496": Source("oer_plate_3496.csv", "overpotential", "min"),
        "colors_bob": Source("colors_bob.csv", "difference_to_green", "min"),
        "olympus_perovskites": Source("olympus_perovskites.csv", "hse_gap", "min"),
        "liquid_dce": Source("liquid_dce.csv", "error", "min", ("stdev",)),
        "liquid_water": Source("liquid_water.csv", "error", "min", ("stdev",)),
    },
}
SUITES: Mapping[str, Mapping[str, Source]] = {**_PARTS, "all": {**_PARTS["pools"], **_PARTS["more"]}}

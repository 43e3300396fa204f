"""Make ``pool.csv``: finished experiments on a film that was never coated.

The physics is a sketch, good enough to be interesting and honest about being simulated: blade coating of a conducting
polymer. Conductivity is a carrier density (doping saturates with the additive and falls when it phase-separates)
times a mobility (chain order grows with annealing by a first-order law with an Arrhenius rate, and decays above the
degradation temperature; coating speed aligns chains up to the point where the meniscus breaks), and depends on the
solvent. Each film is measured once to three times with 4 % noise.

Run it from the repository root: ``python examples/make_pool.py > examples/pool.csv``.
"""

from __future__ import annotations

import csv
import math
import random
import sys

ROWS = 240
SOLVENTS = {"toluene": (0.70, 18.0), "chlorobenzene": (1.00, 24.0), "anisole": (0.85, 34.0)}
GAS_CONSTANT = 8.314e-3  # kJ/mol/K


def conductivity(solvent: str, additive: float, speed: float, temperature: float, minutes: float) -> float:
    """Return the conductivity in S/cm; additive in wt %, speed in mm/s, temperature in degC, time in min."""
    quality, best_speed = SOLVENTS[solvent]
    kelvin = temperature + 273.15
    doping = additive / (additive + 2.5) * math.exp(-((max(0.0, additive - 6.0) / 3.0) ** 2))
    rate = math.exp(-45.0 / GAS_CONSTANT * (1.0 / kelvin - 1.0 / 393.15)) / 8.0
    order = 1.0 - math.exp(-rate * minutes)
    damage = math.exp(-minutes / 12.0 * math.exp(-120.0 / GAS_CONSTANT * (1.0 / kelvin - 1.0 / 428.15)))
    alignment = 0.4 + 0.6 * math.exp(-(((speed - best_speed) / 14.0) ** 2))
    return 5.0 + 950.0 * quality * doping * (0.15 + 0.85 * order) * damage * alignment


def main() -> None:
    """Write the table to standard output."""
    chance = random.Random(20261121)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["solvent", "additive_wt_pct", "speed_mm_s", "anneal_degC", "anneal_min", "conductivity_S_cm"])
    for _ in range(ROWS):
        recipe = (
            chance.choice(sorted(SOLVENTS)),
            round(chance.uniform(0.5, 12.0) * 2) / 2,
            round(chance.uniform(5.0, 50.0)),
            round(chance.uniform(60.0, 180.0) / 5) * 5,
            round(math.exp(chance.uniform(math.log(2.0), math.log(60.0)))),
        )
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            measured = conductivity(*recipe) * (1.0 + 0.04 * chance.gauss(0.0, 1.0))
            writer.writerow([*recipe, f"{measured:.4g}"])


if __name__ == "__main__":
    main()

"""Heat and water: how warm a plate with a dish of water on it gets, and how much of the water leaves as vapour.

One body of one temperature (first-order exchange): ``C dT/dt = P - G (T - Ta) - L E(T)``, with the heat capacity ``C``
of plate, dish and water, the heater's power ``P``, losses to the room ``G (T - Ta)``, and the latent heat of the water
that evaporates. ``E`` follows from the vapour pressures at the surface and in the room by a mass-transfer coefficient
(a film of still air; room air above the dish is taken as saturated). Over a step the power is constant, and the step is
exact.

Constants of water: Dean, Lange's Handbook of Chemistry (Antoine, 1 to 100 degC); the plate's are (from general
knowledge) those of a small one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ROOM_C = 22.0
_PLATE_J_PER_K = 60.0
_WATER_J_PER_K_ML = 4.18
_LOSS_W_PER_K = 0.25
_MOST_W = 60.0
_AREA_M2 = 2e-3
_FILM_M_PER_S = 3e-3
_LATENT_J_PER_ML = 2360.0
_ML_PER_MOL = 18.05
_GAS = 8.314
_PA_PER_MMHG = 133.322
_SLOWEST_K = 0.5  # so near the room nothing is worth following


def vapour_pressure(celsius: float) -> float:
    """Return the vapour pressure of water in Pa, by Antoine's equation.

    >>> round(vapour_pressure(100.0), -3)
    101000.0
    """
    return float(10 ** (8.07131 - 1730.63 / (233.426 + celsius)) * _PA_PER_MMHG)


def evaporation(celsius: float) -> float:
    """Return how fast a dish of water of this temperature loses water, in mL/s.

    >>> evaporation(ROOM_C), round(evaporation(60.0) * 60, 3)
    (0.0, 0.04)
    """
    excess = vapour_pressure(celsius) - vapour_pressure(ROOM_C)
    return max(0.0, _FILM_M_PER_S * _AREA_M2 * excess / (_GAS * (celsius + 273.15)) * _ML_PER_MOL)


@dataclass(frozen=True)
class Body:
    """Plate, dish and water.

    Args:
        celsius: its temperature.
        water_ml: the water in the dish.
    """

    celsius: float
    water_ml: float = 0.0

    @property
    def at_rest(self) -> bool:
        """Whether it is as warm as the room."""
        return abs(self.celsius - ROOM_C) < _SLOWEST_K

    def filled(self, water_ml: float) -> Body:
        """Return it with another volume of water in the dish; what came in was as warm as the room.

        >>> Body(60.0, 2.0).filled(1.0), round(Body(60.0, 2.0).filled(10.0).celsius, 1)
        (Body(celsius=60.0, water_ml=1.0), 47.5)
        """
        if water_ml <= self.water_ml:
            return Body(self.celsius, water_ml)
        came, held = (water_ml - self.water_ml) * _WATER_J_PER_K_ML, self._capacity
        return Body((held * self.celsius + came * ROOM_C) / (held + came), water_ml)

    def after(self, seconds: float, aim_c: float | None) -> tuple[Body, float]:
        """Return it after a step, and the volume in mL that evaporated.

        Args:
            seconds: how long.
            aim_c: the temperature that the controller wants at the end of the step; None: the heater is off.
        """
        vapour_ml = min(self.water_ml, evaporation(self.celsius) * seconds)
        cooling_w = vapour_ml * _LATENT_J_PER_ML / seconds
        kept = math.exp(-_LOSS_W_PER_K * seconds / self._capacity)
        power_w = 0.0
        if aim_c is not None:
            ending = (aim_c - kept * self.celsius) / (1.0 - kept)
            power_w = min(_MOST_W, max(0.0, _LOSS_W_PER_K * (ending - ROOM_C) + cooling_w))
        ending = ROOM_C + (power_w - cooling_w) / _LOSS_W_PER_K
        return Body(ending + (self.celsius - ending) * kept, self.water_ml - vapour_ml), vapour_ml

    @property
    def _capacity(self) -> float:
        return _PLATE_J_PER_K + _WATER_J_PER_K_ML * self.water_ml

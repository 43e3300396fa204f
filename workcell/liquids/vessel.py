"""A station's vessel by what was put in and drawn out: whether more fits, and how much is in it then."""

from __future__ import annotations

from zosimos.core.errors import ExecutionError
from zosimos.workcell.labfile import StationSpec

_ROUNDING = 1e-9


def check_room(station: str, spec: StationSpec, target: str, content_ml: float, volume_ml: float, hint: str) -> None:
    """Refuse to fill more into a station's vessel than it holds.

    Args:
        station: its name.
        spec: what the lab file says of it.
        target: the place that is filled; others than the station's own are not looked at.
        content_ml: what is in the vessel.
        volume_ml: what is to be added.
        hint: what to do about it.

    Raises:
        ExecutionError: it does not fit.
    """
    if target not in spec.ports or spec.capacity is None or content_ml + volume_ml <= spec.capacity + _ROUNDING:
        return
    raise ExecutionError(
        f"the vessel of {station} holds {spec.capacity:g} mL, and {content_ml:.4g} mL are in it",
        field=target,
        value=f"{volume_ml:.4g} mL more",
        allowed=f"{spec.capacity - content_ml:.4g} mL more",
        hint=hint,
    )


def content_after(spec: StationSpec, source: str, target: str, content_ml: float, volume_ml: float) -> float:
    """Return what is in a station's vessel once a volume was moved from one place to another, in mL."""
    content_ml += volume_ml if target in spec.ports else 0.0
    return max(0.0, content_ml - volume_ml) if source in spec.ports else content_ml

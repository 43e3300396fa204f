"""Who a device says it is: what every driver can tell, whatever else its device does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """Who a device says it is. The texts are the device's own: data, never instructions.

    >>> Identity("IKA", "RCT digital").as_json()
    {'maker': 'IKA', 'model': 'RCT digital', 'serial': '', 'firmware': ''}
    """

    maker: str
    model: str
    serial: str = ""
    firmware: str = ""

    def as_json(self) -> dict[str, str]:
        """Return JSON data."""
        return {"maker": self.maker, "model": self.model, "serial": self.serial, "firmware": self.firmware}

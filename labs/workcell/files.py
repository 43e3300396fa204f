"""The files of a laboratory: what they say, and the same laboratory with other devices or another world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.campaign.definition import yaml
from zosimos.core.errors import SpecError
from zosimos.workcell.labfile import LabFile

_LAST_PORT = 65535


def served(lab: LabFile, address: str | None, time_scale: float) -> LabFile:
    """Return a lab file whose devices ``zosimos lab serve`` serves, the first at HOST:PORT, the others after it.

    Raises:
        SpecError: there are no such ports.
    """
    if address is None:
        return lab
    host, _, port = address.rpartition(":")
    last = int(port) + len(lab.devices) - 1
    if not 1 <= int(port) <= last <= _LAST_PORT:
        raise SpecError(
            f"the lab's {len(lab.devices)} devices have no port each from {port} on",
            field="lab.served",
            value=address,
            allowed=f"a port from 1 to {_LAST_PORT - len(lab.devices) + 1}",
            hint="write the address that zosimos lab serve was given",
        )
    devices = {
        name: device.model_copy(update={"link": "served", "url": f"socket://{host}:{int(port) + index}"})
        for index, (name, device) in enumerate(lab.devices.items())
    }
    return lab.model_copy(update={"devices": devices, "time_scale": time_scale})


def data_of(files: Mapping[str, bytes], role: str) -> Any:
    """Return what a file of a campaign says.

    Raises:
        SpecError: it is not YAML.
    """
    return yaml.parse(files[role].decode("utf-8", errors="replace"), f"the {role} file")


def in_the_world_of(stand_in: LabFile, lab: LabFile) -> LabFile:
    """Return a lab file whose world holds what another one, which says nothing of a world, has in stock."""
    places = {
        name: place.model_copy(
            update={
                what: amount
                for what in ("stock", "room")
                if name in lab.places and (amount := getattr(lab.places[name], what)) is not None
            }
        )
        for name, place in stand_in.places.items()
    }
    return stand_in.model_copy(update={"places": places})

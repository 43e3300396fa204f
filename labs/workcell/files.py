"""The files of a laboratory: what they say, and the same laboratory with other devices or another world."""

from __future__ import annotations

from collections.abc import Mapping

from zosimos.campaign.definition import yaml
from zosimos.core.errors import SpecError
from zosimos.core.validation import Model, validated
from zosimos.workcell.labfile import LabFile

_LAST_PORT = 65535
_MARKS = {"lab": "devices", "protocol": "steps"}
"""What each file cannot be without: where it is missing, this is some other file."""


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


def described(model: type[Model], files: Mapping[str, bytes], role: str, prefix: str) -> Model:
    """Return what a file of a campaign says: its lab file or its recipe.

    The campaign file names it, and may come from somebody else. What is not such a file at all is never quoted: it may
    be any file of this machine.

    Args:
        model: what it must be.
        files: the campaign's.
        role: which one.
        prefix: what its fields are called in messages.

    Raises:
        SpecError: it is not YAML, or not what it should be.
    """
    source = f"the {role} file"
    data = yaml.parse(files[role].decode("utf-8", errors="replace"), source, quote=False)
    mark = _MARKS[role]
    if not isinstance(data, Mapping) or mark not in data:
        raise SpecError(
            f"{source}: field '{prefix}.{mark}' is missing",
            field=f"{prefix}.{mark}",
            allowed="it must be given",
            hint=f"add {mark}:, or correct the file's name in the campaign file",
        )
    return validated(model, data, prefix)


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

"""The deck: a lab file's devices as drivers, with one envelope over all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zosimos.core.clock import Clock
from zosimos.core.errors import SpecError
from zosimos.core.filenames import file_name
from zosimos.instruments.capability import capability as named
from zosimos.instruments.envelope.envelope import Envelope
from zosimos.instruments.instrument import Instrument, Wiring, driver_class
from zosimos.instruments.rig import Rig, no_rigs, only
from zosimos.instruments.wire.port import open_port
from zosimos.instruments.wire.trace import WireTrace
from zosimos.workcell.lab_parts.devices import DeviceSpec
from zosimos.workcell.labfile import LabFile


class Deck:
    """The devices of a lab.

    Args:
        lab: the lab file.
        clock: the time to run on.
        rig: the simulated devices of this process, if the lab has any.
        wire: the folder for wire traces, if they are wanted.
        may_send: called before bytes leave for a device, with whether they only stop it; raises if they must not.

    Raises:
        SpecError: a driver is unknown or refuses its options.
    """

    def __init__(
        self,
        lab: LabFile,
        clock: Clock,
        rig: Rig | None,
        wire: Path | None = None,
        may_send: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.lab = lab
        self.rig = rig
        self.envelope = Envelope(lab.limits(), may_send)
        self._clock = clock
        self._wire = wire
        simulated = [urlsplit(one.url).netloc for one in lab.devices.values() if one.link == "in-process"]
        self._rigs = no_rigs if rig is None else only(rig, simulated)
        self.instruments = {name: self._made(name, spec) for name, spec in lab.devices.items()}

    def _made(self, name: str, spec: DeviceSpec) -> Instrument:
        driver = driver_class(spec.driver, f"devices.{name}.driver")
        opener: Callable[[], Any] = partial(open_port, spec.url, driver.serial_settings, self._clock, self._rigs)
        now = lambda: self._clock.now().isoformat()  # noqa: E731 - a clock by another name
        trace = WireTrace(self._wire / f"{file_name(name)}.jsonl", name, now) if self._wire is not None else None
        scale = self.lab.time_scale if spec.link == "served" else 1.0
        return driver(Wiring(name, opener, self.envelope, trace, spec.options, scale))

    def device(self, name: str, capability: str) -> Any:
        """Return a device that has a capability.

        Raises:
            SpecError: it has not, or there is no such capability, or the package that brings it is broken.
        """
        found = self.instruments[name]
        if not isinstance(found, named(capability, "protocol.roles").protocol):
            raise SpecError(f"the device {name} is no instrument that {capability}", field=f"devices.{name}.driver")
        return found

    def kept(self, device: str) -> dict[str, Any]:
        """Return what must be on record of a device of this process so that its world can be made again.

        What changes the world by itself did so meanwhile, and is on record with it.
        """
        if self.rig is None or self.lab.devices[device].link != "in-process":
            return {}
        restless = [name for name, one in self.rig.devices.items() if one.restless and name != device]
        meanwhile = {name: self.rig.journal(name) for name in restless}
        return {"world": self.rig.journal(device), **({"meanwhile": meanwhile} if meanwhile else {})}

    def redo(self, device: str, result: Any) -> None:
        """Bring about again, in the world of this process, what a record says a device did."""
        if self.rig is not None and isinstance(result, dict) and "world" in result:
            for name, entry in {**result.get("meanwhile", {}), device: result["world"]}.items():
                self.rig.redo(name, entry)

    def seconds(self) -> float:
        """Return the laboratory's time in seconds; only the difference of two means something."""
        return self._clock.seconds() * self.lab.time_scale

    @property
    def origin(self) -> str:
        """Where measurements come from."""
        return "measured" if all(device.link == "real" for device in self.lab.devices.values()) else "simulated"

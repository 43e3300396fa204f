"""``sim://BENCH/DEVICE`` for pyserial: a simulated device as an ordinary, blocking serial port, in real time.

For programs that are not ours; our own loop never blocks and uses :mod:`zosimos.instruments.wire.port`. A program that
has a rig of its own opens ports on it with :func:`port`. A URL names a rig that an installed lab offers; pyserial
gives it nothing but that name, so the ports that are open at the same time share a rig of that name, which is made
for the first of them and gone with the last. A lab's own rig is never among these.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from serial.serialutil import PortNotOpenError, SerialBase, SerialException

from zosimos.core.errors import ConnectError, SpecError
from zosimos.instruments.rig import Rig, rig_maker

_NAP_S = 0.001
_shared: WeakValueDictionary[str, Rig] = WeakValueDictionary()  # held by open ports only


class Serial(SerialBase):
    """A simulated device's port. Its time is the rig's; reads block in real time."""

    _rig: Rig | None = None
    _given: Rig | None = None
    _device: str
    _port: str | None  # pyserial's own, which its type stubs leave out
    _timeout: float | None

    def open(self) -> None:
        """Open the port.

        Raises:
            SerialException: there is no such rig or device.
        """
        if self._port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        parts = urlsplit(self._port)
        try:
            found, self._device = self._given or _installed(parts.netloc), parts.path.strip("/")
            found.device(self._device).hang_up()
        except (ConnectError, SpecError) as error:
            raise SerialException(error.message) from error
        self._held = b""
        self._rig = found
        self.is_open = True

    def close(self) -> None:
        """Close the port; the device goes on without it."""
        self.is_open = False
        self._rig = None

    @property
    def in_waiting(self) -> int:
        """Number of bytes that can be read at once."""
        self._fill()
        return len(self._held)

    def read(self, size: int = 1) -> bytes:
        """Read up to ``size`` bytes, fewer if the timeout passes."""
        end = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            self._fill()
            if len(self._held) >= size or (end is not None and time.monotonic() >= end):
                data, self._held = self._held[:size], self._held[size:]
                return data
            time.sleep(_NAP_S)

    def write(self, data: Any) -> int:
        """Write bytes to the device.

        Raises:
            PortNotOpenError: the port is closed.
        """
        if self._rig is None:
            raise PortNotOpenError
        self._rig.write(self._device, bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def reset_input_buffer(self) -> None:
        """Throw away what has come in."""
        self._fill()
        self._held = b""

    def reset_output_buffer(self) -> None:
        """Nothing is held back."""

    def _fill(self) -> None:
        if self._rig is None:
            raise PortNotOpenError
        self._held += self._rig.read(self._device)

    _held = b""

    def _reconfigure_port(self, force_update: bool = False) -> None:
        """Accept any setting: a simulated wire has no electrical side."""

    def _update_rts_state(self) -> None:
        """There are no modem lines."""

    def _update_dtr_state(self) -> None:
        """There are no modem lines."""

    def _update_break_state(self) -> None:
        """There are no modem lines."""

    @property
    def cts(self) -> bool:
        """Always clear to send."""
        return True

    @property
    def dsr(self) -> bool:
        """Always ready."""
        return True

    @property
    def ri(self) -> bool:
        """Never ringing."""
        return False

    @property
    def cd(self) -> bool:
        """Always there."""
        return True


def port(rig: Rig, device: str, **settings: Any) -> Serial:
    """Return an open port on a device of a rig of one's own; settings are pyserial's.

    Raises:
        SerialException: the rig has no such device.
    """
    made = Serial(None, **settings)
    made._given = rig  # noqa: SLF001 - pyserial's constructor would take it for a setting of the port
    made.port = f"sim://rig/{device}"
    made.open()
    return made


def _installed(name: str) -> Rig:
    """Return the rig that open ports share; it is made if there is none."""
    found = _shared.get(name)
    if found is None:
        found = _shared[name] = rig_maker(name)(0, time.monotonic)
    return found

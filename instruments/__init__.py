"""Instruments: drivers, wires, simulators, the physical world they share, and the envelope under all of them.

Importing this package teaches pyserial the URL ``sim://BENCH/DEVICE``, so that any library that opens ports with
``serial.serial_for_url`` can talk to our simulators.
"""

import serial

_HANDLERS = "zosimos.instruments.urls"

if _HANDLERS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(_HANDLERS)

"""Deadlines a tenth as long, in the process of a runner only, so that a run of seconds sees all of them pass.

No setting of the program makes them shorter: they are constants, changed here from outside. One that is not there (an
older version, another name) is left aside.
"""

from __future__ import annotations

import importlib
from contextlib import suppress

SCALE = 0.1

CONSTANTS = {
    "zosimos.campaign.ledger.claims": ("LEASE_S", "RENEW_S", "SURE_S", "WATCH_S", "_POLL_S"),
    "zosimos.campaign.execution.supervisor": ("RENEW_S",),
    "zosimos.campaign.execution.journal": ("ANSWER_S", "AGAIN_S"),
    "zosimos.campaign.execution.outage": ("PATIENCE_S", "_PAUSES_S", "_LONGEST_S"),
    "zosimos.campaign.execution.recovery": ("_PATIENCE_S",),
}
"""Modules, and their deadlines in seconds: one each, or several in a row."""


def shortened(scale: float = SCALE) -> None:
    """Make this process's deadlines shorter."""
    for name, constants in CONSTANTS.items():
        with suppress(ModuleNotFoundError):
            module = importlib.import_module(name)
            for constant in constants:
                long = getattr(module, constant, None)
                if long is not None:
                    short = tuple(scale * one for one in long) if isinstance(long, tuple) else scale * long
                    setattr(module, constant, short)

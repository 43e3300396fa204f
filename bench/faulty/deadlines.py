"""Deadlines a tenth as long, in the process of a runner only, so that a run of seconds sees all of them pass.

No setting of the program makes them shorter: they are constants, changed here from outside, wherever a module holds
them. One that is not there under its name is an error: the benchmark would measure something else.

The shortest time that a connection to a server may take stays as it is: below two seconds libpq does not go.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from zosimos.campaign.ledger.database import engine, postgres, sqlite

SCALE = 0.1

CONSTANTS = {
    "zosimos.campaign.ledger.claims": ("LEASE_S", "RENEW_S", "SURE_S", "WATCH_S", "_POLL_S"),
    "zosimos.campaign.ledger.database.sqlite": ("LOCK_S",),
    "zosimos.campaign.ledger.database.postgres": ("SILENT_S", "IDLE_S"),
    "zosimos.campaign.execution.journal": ("ANSWER_S", "AGAIN_S", "READ_S"),
    "zosimos.campaign.execution.outage": ("PATIENCE_S", "_PAUSES_S", "_LONGEST_S"),
    "zosimos.campaign.execution.recovery": ("_PATIENCE_S",),
    "zosimos.campaign.execution.worker": ("SEE_THROUGH_S",),
}
"""Modules, and their deadlines in seconds: one each, or several in a row."""


def shortened(scale: float = SCALE) -> None:
    """Make this process's deadlines shorter.

    Raises:
        AttributeError: the program has no such deadline any more.
    """
    for name, constants in CONSTANTS.items():
        module = importlib.import_module(name)
        for constant in constants:
            long = getattr(module, constant)
            short = tuple(scale * one for one in long) if isinstance(long, tuple) else scale * long
            _replaced(constant, long, short)
    patient = sqlite._PATIENT  # noqa: SLF001 - made of LOCK_S when the module was loaded
    short = f"busy_timeout={round(sqlite.LOCK_S * 1000)}"
    for name in ("READING", "WRITING"):
        pragmas = getattr(sqlite, name)
        _replaced(name, pragmas, tuple(short if one == patient else one for one in pragmas))
    assert short in engine.WRITING
    _replaced("_PATIENT", patient, short)
    here = postgres._HERE  # noqa: SLF001 - as above
    assert "tcp_user_timeout" in here
    here["tcp_user_timeout"] = round(postgres.SILENT_S * 1000)
    on_the_server = postgres._ON_THE_SERVER  # noqa: SLF001 - as above
    asked = (
        f"-c lock_timeout={round(sqlite.LOCK_S * 1000)}ms"
        f" -c idle_in_transaction_session_timeout={round(postgres.IDLE_S * 1000)}ms"
        f" {on_the_server[on_the_server.index('-c tcp_keepalives_idle') :]}"
    )
    _replaced("_ON_THE_SERVER", on_the_server, asked)


def _replaced(constant: str, old: Any, new: Any) -> None:
    """Set a constant in every module of the program that has it, also where it was imported by name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("zosimos.") and getattr(module, constant, None) is old:
            setattr(module, constant, new)

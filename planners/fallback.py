"""Fallback: what is said of a proposer that failed, so that the candidate in its place carries it into the record.

A decision is made again from the record and compared byte by byte, so nothing that differs from process to process may
stand here: addresses of objects are left out of messages, and no traceback is kept.
"""

from __future__ import annotations

import re
from traceback import walk_tb

from zosimos.core.plugins import offered, package_of
from zosimos.core.records import Fallback
from zosimos.planners.registry import REGISTER as PROPOSERS
from zosimos.surrogates.registry import REGISTER as SURROGATES

ADVICE = "advice"
"""Stands for a proposer's name where advice could not be weighed."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_LONGEST = 300  # characters of a message: torch and others append whole tables


def fallback_of(proposer: str, surrogate: str, error: Exception) -> Fallback:
    """Return what is recorded of a proposer's failure.

    Args:
        proposer: its name.
        surrogate: the model it may have used: a plugin's failure inside a built-in proposer is the plugin's.
        error: what it raised.
    """
    message = _ADDRESS.sub("0x...", " ".join(str(error).split()))
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST - 3]}..."
    return Fallback(proposer, type(error).__name__, message, _package(proposer, surrogate, error))


def _package(proposer: str, surrogate: str, error: Exception) -> str:
    """Return the package of the plugin at fault; "" where none is."""
    if proposer not in PROPOSERS.built_in:
        return package_of(PROPOSERS.group, proposer)
    point = None if surrogate in SURROGATES.built_in else offered(SURROGATES.group).get(surrogate)
    if point is None:
        return ""
    top = point.module.partition(".")[0]
    passed = {str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame, _ in walk_tb(error.__traceback__)}
    return package_of(SURROGATES.group, surrogate) if top in passed else ""

"""The colour lab's own files: its lab file, its recipe and its campaign."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from zosimos.campaign.definition import yaml
from zosimos.core.validation import validated
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import Protocol

FOLDER = Path(__file__).parent


@cache
def lab_file() -> LabFile:
    """Return the simulated laboratory."""
    return validated(LabFile, data("lab"), "lab file")


@cache
def recipe() -> Protocol:
    """Return what an experiment does: mix, weigh, read, rinse."""
    return validated(Protocol, data("protocol"), "protocol")


@cache
def data(role: str) -> dict[str, Any]:
    """Return one of the files as plain data: ``lab``, ``protocol`` or ``campaign``."""
    path = FOLDER / f"{role}.yaml"
    found: dict[str, Any] = yaml.parse(yaml.read_text(path), str(path))
    return found

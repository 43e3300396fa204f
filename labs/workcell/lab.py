"""A laboratory made of two files, as a plugin: ``kind: workcell``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zosimos.core.validation import validated
from zosimos.labs.workcell.files import described, served
from zosimos.labs.workcell.options import WorkcellOptions, in_the_recipes_units
from zosimos.labs.workcell.recipe import RecipeLab
from zosimos.workcell.labfile import LabFile
from zosimos.workcell.protocol.model import Protocol


class WorkcellLab(RecipeLab):
    """A lab file and a recipe of the campaign's own.

    Raises:
        SpecError: an option, the lab file or the recipe is wrong, or they do not fit together.
    """

    def __init__(self, options: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        own = validated(WorkcellOptions, options, "lab")
        protocol = described(Protocol, files, "protocol", "protocol")
        lab = described(LabFile, files, "lab", "lab file")
        super().__init__(
            served(lab, own.served, own.time_scale), protocol, in_the_recipes_units(own.constants, protocol)
        )

    @classmethod
    def files(cls, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the lab file and the recipe."""
        own = validated(WorkcellOptions, options, "lab")
        return {"lab": own.file, "protocol": own.protocol}

    @classmethod
    def card(cls) -> None:
        """Return nothing: what can be asked of the laboratory, only its files say."""
        return

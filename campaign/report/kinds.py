"""The kinds of figures: their names, what each shows, and the picture of one of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from zosimos.campaign.report.drawing import Picture, Sheet, styled
from zosimos.campaign.report.subject import Subject
from zosimos.core.errors import SpecError, StateError
from zosimos.core.nearest import did_you_mean


@dataclass(frozen=True)
class Kind:
    """A kind of figure: ``about`` says what it shows; ``of`` is what draws it, ``module:function``."""

    name: str
    about: str
    of: str

    def draw(self, subject: Subject) -> Sheet | str:
        """Return the figure, or in words why there is nothing to draw."""
        module, _, name = self.of.partition(":")
        function = getattr(import_module(module), name)
        return cast("Callable[[Subject], Sheet | str]", function)(subject)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "progress",
            "each result, what was predicted of it, and the best so far",
            "zosimos.campaign.report.figures.progress:progress",
        ),
        Kind(
            "pareto",
            "two or three outcomes against one another, the best named",
            "zosimos.campaign.report.figures.pareto:pareto",
        ),
        Kind(
            "effects",
            "what the models expect as one parameter is changed",
            "zosimos.campaign.report.figures.effects:effects",
        ),
        Kind(
            "contours",
            "what they expect over two parameters, and how sure they are",
            "zosimos.campaign.report.figures.planes:contours",
        ),
        Kind("ternary", "the same over three parts of a mixture", "zosimos.campaign.report.figures.planes:ternary"),
        Kind(
            "importances", "how much each parameter matters", "zosimos.campaign.report.figures.importances:importances"
        ),
        Kind(
            "parity",
            "what was measured against what was predicted before",
            "zosimos.campaign.report.figures.parity:parity",
        ),
        Kind(
            "parallel",
            "every result as a line across parameters and outcomes",
            "zosimos.campaign.report.figures.parallel:parallel",
        ),
        Kind("timeline", "when each experiment ran", "zosimos.campaign.report.figures.timeline:timeline"),
        Kind("instruments", "what each device did and when", "zosimos.campaign.report.figures.instruments:instruments"),
    )
}


def picture(kind: str, subject: Subject) -> Picture:
    """Return the picture of a kind of figure.

    Raises:
        SpecError: there is no such kind.
        StateError: the campaign has nothing to draw yet; says what is missing.
    """
    if kind not in KINDS:
        raise SpecError(
            f"there is no figure called {kind!r}",
            field="kind",
            value=kind,
            allowed=", ".join(KINDS),
            hint=did_you_mean(kind, KINDS, ""),
        )
    found = drawn(kind, subject)
    if isinstance(found, str):
        raise StateError(
            f"campaign {subject.state.id} has no {kind} figure ({KINDS[kind].about}) yet: {found.rstrip('.')}",
            field="kind",
            value=kind,
        )
    return found


def drawn(kind: str, subject: Subject) -> Picture | str:
    """Return the picture of a kind of figure, or in words why there is nothing to draw."""
    with styled(kind):
        sheet = KINDS[kind].draw(subject)
    return sheet if isinstance(sheet, str) else Picture(kind, sheet)

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

_FIGURES = "zosimos.campaign.report.figures"


@dataclass(frozen=True)
class Kind:
    """A kind of figure: ``about`` says what it shows; ``of`` is the module that draws it."""

    name: str
    about: str
    of: str

    def draw(self, subject: Subject) -> Sheet | str:
        """Return the figure, or in words why there is nothing to draw."""
        function = getattr(import_module(self.of), self.name)
        return cast("Callable[[Subject], Sheet | str]", function)(subject)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("progress", "each result, what was predicted of it, and the best so far", f"{_FIGURES}.progress"),
        Kind("pareto", "two or three outcomes against one another, the best named", f"{_FIGURES}.pareto"),
        Kind("effects", "what the models expect as one parameter is changed", f"{_FIGURES}.effects"),
        Kind("contours", "what they expect over two parameters, and how sure they are", f"{_FIGURES}.planes"),
        Kind("ternary", "the same over three parts of a mixture", f"{_FIGURES}.planes"),
        Kind("importances", "how much each parameter matters", f"{_FIGURES}.importances"),
        Kind("parity", "what was measured against what was predicted before", f"{_FIGURES}.parity"),
        Kind("parallel", "every result as a line across parameters and outcomes", f"{_FIGURES}.parallel"),
        Kind("timeline", "when each experiment ran", f"{_FIGURES}.timeline"),
        Kind("instruments", "what each device did and when", f"{_FIGURES}.instruments"),
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
        raise StateError(f"there is no {kind} figure of campaign {subject.state.id}: {found}", field="kind", value=kind)
    return found


def drawn(kind: str, subject: Subject) -> Picture | str:
    """Return the picture of a kind of figure, or in words why there is nothing to draw."""
    with styled(kind):
        sheet = KINDS[kind].draw(subject)
    return sheet if isinstance(sheet, str) else Picture(kind, sheet)

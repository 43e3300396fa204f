"""Model cards: what a fitted surrogate is, what it assumes and where it fails, for people and programs.

The headings follow Mitchell et al. 2019 ("Model Cards for Model Reporting", arXiv 1810.03993), cut down to what a
regression model inside a campaign can say of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from zosimos.core.errors import SpecError

Number: TypeAlias = float | int | str | tuple[float, ...]


@dataclass(frozen=True)
class ModelCard:
    """A fitted surrogate, described.

    Args:
        name: the surrogate's.
        models: what it models, in a sentence.
        hyperparameters: their values after the fit, by name.
        selection: how the values were chosen.
        assumptions: what has to hold for the predictions to be right.
        failures: where it is known to fail.
        source: the paper, and the library that does the work.
        rows: number of rows that trained it.
        notes: what was unusual about the fit; empty if nothing was.

    Raises:
        SpecError: a field that every card must fill is empty.
    """

    name: str
    models: str
    hyperparameters: Mapping[str, Number]
    selection: str
    assumptions: tuple[str, ...]
    failures: tuple[str, ...]
    source: str
    rows: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in ("name", "models", "hyperparameters", "selection", "assumptions", "failures", "source", "rows"):
            if not getattr(self, field):
                raise SpecError(
                    f"the model card says nothing under {field!r}",
                    field=field,
                    allowed="every field but the notes filled in",
                    hint="make the card after a fit, and state what the model assumes and where it fails",
                )

    def as_json(self) -> dict[str, Any]:
        """Return the card as JSON-ready data."""
        return {
            "name": self.name,
            "models": self.models,
            "hyperparameters": {
                name: list(value) if isinstance(value, tuple) else value for name, value in self.hyperparameters.items()
            },
            "selection": self.selection,
            "assumptions": list(self.assumptions),
            "failures": list(self.failures),
            "source": self.source,
            "rows": self.rows,
            "notes": list(self.notes),
        }

    def as_markdown(self) -> str:
        """Return the card as one Markdown section."""
        lines = [
            f"## {self.name}",
            "",
            f"{self.models} Trained on {self.rows} rows.",
            "",
            "| hyper-parameter | value |",
            "|---|---|",
            *(f"| {name} | {_shown(value)} |" for name, value in self.hyperparameters.items()),
            "",
            f"Selection: {self.selection}",
        ]
        for heading, items in (("Assumptions", self.assumptions), ("Fails when", self.failures), ("Notes", self.notes)):
            if items:
                lines += ["", f"{heading}:", "", *(f"- {item}" for item in items)]
        return "\n".join([*lines, "", f"Source: {self.source}", ""])


@runtime_checkable
class Carded(Protocol):
    """A surrogate that describes itself."""

    def card(self) -> ModelCard:
        """Return the card of the last fit.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        ...


def _shown(value: Number) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)

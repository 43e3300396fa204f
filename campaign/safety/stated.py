"""Stated: the substances that a campaign and its laboratory speak of, and where they can meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zosimos.campaign.safety.additions import ChemistrySpec


@dataclass(frozen=True)
class Stated:
    """A text that says what something is.

    Args:
        where: the field that says it, such as ``space.solvent``.
        text: what it says.
        choice: of which choice of a parameter it is said; "" if it is there in every experiment.
        declared: whether it was said to be a substance; else it is only looked at for what must never be there.
        amounts: the most of it in one experiment, each as a number and its unit; None where nobody says.
    """

    where: str
    text: str
    choice: str = ""
    declared: bool = True
    amounts: tuple[tuple[float, str], ...] | None = None

    def meets(self, other: Stated) -> bool:
        """Say whether both can be in one experiment: two choices of one parameter cannot.

        >>> one = Stated("space.solvent", "DMF", "DMF")
        >>> one.meets(Stated("space.solvent", "THF", "THF")), one.meets(Stated("space.base", "KOH", "KOH"))
        (False, True)
        """
        return self.where != other.where or not self.choice or not other.choice or self.choice == other.choice

    def used(self, values: Mapping[str, object]) -> bool:
        """Say whether an experiment at these values uses it: one with another choice, or nothing of it, does not.

        >>> Stated("space.solvent", "DMF", "DMF").used({"solvent": "THF"})
        False
        """
        name = self.where.partition("space.")[2]
        if name not in values:
            return True
        return values[name] == self.choice if self.choice else bool(values[name])


@dataclass(frozen=True)
class Vessel:
    """What can be in one vessel; ``lasting``: over several experiments, so that choices of one parameter meet too."""

    name: str
    contents: tuple[Stated, ...]
    lasting: bool = False


@dataclass(frozen=True)
class LabChemistry:
    """What a laboratory states: the vessels of its recipe, what each can hold, and rules of its own.

    ``places`` are all substances that it states, also those that no step moves.
    """

    places: tuple[Stated, ...] = ()
    vessels: tuple[Vessel, ...] = ()
    rules: ChemistrySpec | None = None


@dataclass(frozen=True)
class Chemistry:
    """All that is stated in a campaign.

    Args:
        stated: every text, once for each place that says it.
        vessels: where they can meet.
        rules: what the laboratory adds to the rules.
        simulated: whether nothing of it is real, so that nothing is more than noticed.
    """

    stated: tuple[Stated, ...]
    vessels: tuple[Vessel, ...] = ()
    rules: ChemistrySpec | None = None
    simulated: bool = False

    @property
    def declared(self) -> bool:
        """Whether anything was said to be a substance."""
        return any(one.declared for one in self.stated)


def together(stated: Sequence[Stated], lab: LabChemistry | None, *, simulated: bool) -> Chemistry:
    """Return what a campaign and its laboratory state; what the campaign states can be in every vessel.

    Args:
        stated: what the campaign file says.
        lab: what the laboratory says; None where there is none, or it says nothing.
        simulated: whether nothing of it is real.
    """
    own = tuple(one for one in stated if one.declared)
    if lab is None:
        return Chemistry(tuple(stated), (Vessel("one experiment", own),), None, simulated)
    vessels = tuple(Vessel(one.name, (*one.contents, *own), one.lasting) for one in lab.vessels)
    return Chemistry(
        (*stated, *lab.places), vessels or (Vessel("one experiment", (*lab.places, *own)),), lab.rules, simulated
    )

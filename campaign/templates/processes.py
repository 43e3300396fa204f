"""Kinds of campaigns without a mixture: a reaction, a coating, the settings of an instrument."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zosimos.campaign.templates.draft import Draft
from zosimos.campaign.templates.questions import (
    BATCH,
    EXPERIMENTS,
    NAME,
    OUTCOMES,
    Found,
    Kind,
    Question,
    chosen,
    closing,
    knobs,
    more_knobs,
    named,
    ranged,
)


def reaction() -> Kind:
    """Return the questions for a reaction: what goes in by name, and its conditions."""
    return _kind(
        "reaction",
        "A reaction: ligand, base and solvent by name, with catalyst loading, temperature and time.",
        [
            named("Reaction"),
            chosen("ligands", "PPh3, XPhos, SPhos, dppf", called="ligand"),
            chosen("bases", "K2CO3, Cs2CO3, Et3N", called="base"),
            chosen("solvents", "toluene, DMF, dioxane", called="solvent"),
            ranged("catalyst", "0.5 to 5 mol% log"),
            ranged("temperature", "40 to 110 °C"),
            ranged("time", "1 to 24 h log"),
            *closing("yield max %"),
        ],
        ["Choices may have descriptors (numbers that say how alike they are), or molecules with their SMILES."],
    )


def coating() -> Kind:
    """Return the questions for a film that is coated from solution and annealed."""
    return _kind(
        "coating",
        "A coating: a film from solution, spun and annealed.",
        [
            named("Coating"),
            chosen("solvents", "toluene, chlorobenzene, anisole", called="solvent"),
            ranged("concentration", "5 to 40 g/L"),
            ranged("spin_speed", "1000 to 6000 rpm"),
            ranged("anneal_temperature", "60 to 180 °C"),
            ranged("anneal_time", "1 to 60 min log"),
            *closing("conductivity max S/cm"),
        ],
    )


def instrument() -> Kind:
    """Return the questions for the settings of an instrument."""
    settings = "settings"
    return _kind(
        "instrument",
        "The settings of an instrument, to make its signal as good as it can be.",
        [
            named("Instrument"),
            Question(
                settings,
                "What can be set? Each with its range, or with its choices: name: one | another",
                "voltage 1 to 5 kV; gas_flow 0.5 to 3 L/min; gain 1 to 10 whole; mode: fast | slow",
                lambda text, found: more_knobs(text, found, settings),
            ),
            *closing("signal_to_noise max", 20, more=False),
        ],
    )


def _kind(name: str, about: str, questions: Sequence[Question], remarks: Sequence[str] = ()) -> Kind:
    return Kind(name, about, questions, _drafted(about, remarks))


def _drafted(about: str, remarks: Sequence[str]) -> Callable[[Found], Draft]:
    def draft(found: Found) -> Draft:
        return Draft(
            about, found[NAME], knobs(found), found[OUTCOMES], found[EXPERIMENTS], found[BATCH], remarks=remarks
        )

    return draft

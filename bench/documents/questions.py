"""Sixty questions in other words than the documents', each with where it is answered: a document and words of it.

They were written before there was a search. Every second one was looked at while it was chosen how to search; the
others are what is reported.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question, and the passages that answer it: by document, words that stand in the right passage."""

    text: str
    answers: tuple[tuple[str, str], ...]


def _asked(*lines: tuple[str, ...]) -> tuple[Question, ...]:
    return tuple(Question(text, tuple(zip(rest[::2], rest[1::2], strict=True))) for text, *rest in lines)


QUESTIONS = _asked(
    ("How hot should the coil be for anisole-like substrates?", "suzuki-flow.pdf", "We recommend 95"),
    ("Why does the product get worse if we heat the tube too far?", "suzuki-flow.pdf", "protodeboronation"),
    ("Can we get away with less metal in the tube reactor?", "suzuki-flow.pdf", "Half the catalyst can be saved"),
    ("What do I do when solid blocks the mixing tee?", "suzuki-flow.pdf", "heating sleeve"),
    ("How much material came out of the overnight production run?", "suzuki-flow.pdf", "38.2 g"),
    (
        "Which inorganic additive neutralising the acid works best in water with micelles?",
        "suzuki-batch.pdf",
        "Tripotassium phosphate gave",
    ),
    ("How fast must the stir bar turn in the vials?", "suzuki-batch.pdf", "1200 rpm"),
    ("Which soap kills the cross-coupling altogether?", "suzuki-batch.pdf", "Sodium dodecyl sulfate"),
    ("How often can the mother liquor be used again?", "suzuki-batch.pdf", "used again five times"),
    ("What is the smallest amount of Pd that brings aryl chlorides to completion?", "suzuki-batch.pdf", "0.75 mol%"),
    ("Who must not handle dimethylformamide?", "safety-dmf.txt", "pregnant"),
    ("What material should I wear on my hands against DMF?", "safety-dmf.txt", "butyl rubber"),
    (
        "How much of the amide solvent may be in the air we breathe during a working day?",
        "safety-dmf.txt",
        "5 ppm (15 mg/m3)",
    ),
    ("Half a litre of DMF is on the floor, what now?", "safety-dmf.txt", "solvent alarm"),
    ("How long may an opened DMF bottle be kept?", "safety-dmf.txt", "kept for six months"),
    ("How do we avoid sparks when filling drums with aromatic solvent?", "safety-toluene.pdf", "green cable"),
    ("What gloves withstand toluene for long?", "safety-toluene.pdf", "Viton"),
    ("Which extinguisher for burning methylbenzene?", "safety-toluene.pdf", "foam or carbon dioxide"),
    ("Why do we not use metal to remove water from toluene any more?", "safety-toluene.pdf", "two fires in this house"),
    ("From what temperature can toluene vapour be ignited?", "safety-toluene.pdf", "lit from 4"),
    (
        "At which amount of salt do the ions move best at room temperature, and where in the freezer?",
        "electrolyte-paper.pdf",
        "0.85 mol/kg at -20",
    ),
    (
        "How long do we wait after the bath changed before we measure impedance?",
        "electrolyte-paper.pdf",
        "forty minutes",
        "notebook-electrolyte.html",
        "forty minutes",
    ),
    ("What goes wrong with too much of the cyclic carbonate?", "electrolyte-paper.pdf", "crystals appear"),
    (
        "Which formula describes the bent curves of conductivity against 1/T?",
        "electrolyte-paper.pdf",
        "Vogel-Fulcher-Tammann",
    ),
    ("Which recipe should batteries for the Arctic have?", "electrolyte-paper.pdf", "Cells for cold regions"),
    (
        "When must the second solvent hit the spinning disc?",
        "spincoat-paper.pdf",
        "24 s after the start",
        "spincoat-paper.pdf",
        "between 22.5 and 25.5 s",
    ),
    (
        "Which dripping liquid is most tolerant of bad timing?",
        "spincoat-paper.pdf",
        "Ethyl acetate forgives",
        "spincoat-paper.pdf",
        "9 s for ethyl acetate",
    ),
    ("How old may the precursor solution be?", "spincoat-paper.pdf", "older than two days"),
    (
        "How are the conductive glass slides prepared before coating?",
        "spincoat-paper.pdf",
        "isopropanol for ten minutes",
    ),
    (
        "How many layers did the model-guided search need compared with space-filling sampling?",
        "spincoat-paper.pdf",
        "needed 60 films",
    ),
    ("How long can vials wait in the cooled tray before analysis?", "sop-hplc.md", "36 hours"),
    ("Where do yields beyond the theoretical maximum come from?", "sop-hplc.md", "evaporated internal standard"),
    ("When is a calibration line good enough for LC?", "sop-hplc.md", "0.999"),
    ("The column back pressure is far too high, what first?", "sop-hplc.md", "reverse the guard column"),
    ("How many hours does the UV lamp last?", "sop-hplc.md", "2000 hours"),
    ("How do I get rid of trapped air in the barrel?", "sop-pump.md", "upside down"),
    ("How precise must repeated dosing of water be?", "sop-pump.md", "0.5 %. If the mean"),
    ("Which syringe for a tiny volume of 15 microlitres?", "sop-pump.md", "use the 0.5 mL syringe"),
    ("How do I rinse the lines after a metal-catalysed run?", "sop-pump.md", "After palladium reactions"),
    ("The pump light flashes red twice", "sop-pump.md", "did not reach its place"),
    ("Why were samples 12 to 19 thrown out?", "notebook-electrolyte.html", "struck out"),
    ("What happened when the warm bottle was opened after the weekend?", "notebook-electrolyte.html", "1.2 ppm"),
    ("Why were the dosed masses a few percent short?", "notebook-electrolyte.html", "lead screw"),
    ("Which additive changed the colour of the solution?", "notebook-electrolyte.html", "pink within an hour"),
    ("Does the robot still try lots of EC below freezing?", "notebook-electrolyte.html", "the robot skips"),
    ("Who studied ligands for crowded chlorides?", "references.bib", "Twelve biaryl phosphines"),
    ("What fraction of the current is carried by the cation?", "references.bib", "lies between 0.28 and 0.41"),
    (
        "When should an autonomous campaign end so that few experiments are wasted?",
        "references.bib",
        "expected improvement is less than",
    ),
    ("How quickly do unprotected perovskite films degrade in moist air?", "references.bib", "within nine days"),
    (
        "At what temperature does NaH in DMF begin to self-heat?",
        "references.bib",
        "40 degrees in DMF",
        "safety-dmf.txt",
        "have exploded above 50",
    ),
    ("Which measured mixture without ethyl methyl carbonate conducts best?", "conductivity.xlsx", "T12"),
    ("conductivity of 10 percent FEC", "conductivity.xlsx", "T15"),
    ("What did we measure for twice the usual salt, 2 mol/kg?", "conductivity.xlsx", "T16"),
    (
        "How well does the best solvent mixture conduct at 60 degrees?",
        "conductivity.xlsx",
        "T03",
        "electrolyte-paper.pdf",
        "19.6 mS/cm",
    ),
    ("result without any ethylene carbonate", "conductivity.xlsx", "T18"),
    ("Which experiment used an aryl iodide?", "couplings.csv", "F16"),
    ("yield of the doubly ortho-blocked bromide", "couplings.csv", "F08"),
    ("What did toluene as solvent give in flow?", "couplings.csv", "F15"),
    ("Did the trifluoroborate salt work?", "couplings.csv", "F13"),
    ("Which run damaged a glass syringe?", "couplings.csv", "F11", "suzuki-flow.pdf", "etched the glass syringes"),
)

DEVELOPMENT, REPORTED = QUESTIONS[::2], QUESTIONS[1::2]

"""Questions in other words than the documents', each with where it is answered: a document and words of it.

``TERSE`` are sixty questions that often do not name what they are about, as among people who stand before the same
instrument, and that share few words with the answer, or none. They were written before there was a search. ``NAMED``
are sixty that say what they are about, as one writes to a colleague in another building. They were written when the
terse ones had shown how far words and embeddings carry. How to search was chosen by the first half of ``TERSE``
(every second one) and by all of ``NAMED``, of which one half had been measured before sections were taken along.
``LAST`` are thirty more of the kind of ``NAMED``, about other facts. They were written when all of that was settled,
and nothing was changed after they were measured. Reported are these and the second half of ``TERSE``, which was
measured once before sections were taken along and the closer look was given its weight, and once after.
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


TERSE = _asked(
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

NAMED = _asked(
    (
        "What temperature is best for coupling bromoanisole in the continuous Suzuki reactor?",
        "suzuki-flow.pdf",
        "We recommend 95",
    ),
    (
        "How many minutes must anisole bromides stay in the heated coil to react completely?",
        "suzuki-flow.pdf",
        "needed 12 min",
    ),
    ("Does more than one percent of palladium improve the continuous coupling?", "suzuki-flow.pdf", "From 1.0 mol% on"),
    ("Why did the flow line get blocked and how was that solved?", "suzuki-flow.pdf", "heating sleeve"),
    ("What output per hour does the continuous Suzuki process have compared to batch?", "suzuki-flow.pdf", "3.5 g/h"),
    (
        "Which base is recommended for the micellar coupling in water and how do the others compare?",
        "suzuki-batch.pdf",
        "Tripotassium phosphate gave",
    ),
    ("What happens to the aqueous Suzuki reaction if it is stirred too slowly?", "suzuki-batch.pdf", "below 800 rpm"),
    (
        "Is sodium dodecyl sulphate a possible surfactant for couplings in water?",
        "suzuki-batch.pdf",
        "Sodium dodecyl sulfate",
    ),
    ("How warm may the surfactant mixture become before the yield drops?", "suzuki-batch.pdf", "surfactant clouds out"),
    (
        "How is leftover palladium taken out of the product of the micellar coupling?",
        "suzuki-batch.pdf",
        "wash with a solution of cysteine",
    ),
    ("Is it allowed to work with DMF while expecting a child?", "safety-dmf.txt", "pregnant"),
    ("Which gloves are safe with DMF and for how many hours?", "safety-dmf.txt", "butyl rubber"),
    ("What is the exposure limit for DMF vapour at the workplace?", "safety-dmf.txt", "5 ppm (15 mg/m3)"),
    ("What should be done after spilling a large amount of DMF?", "safety-dmf.txt", "solvent alarm"),
    (
        "Is sodium hydride in DMF dangerous when it gets warm?",
        "safety-dmf.txt",
        "have exploded above 50",
        "references.bib",
        "40 degrees in DMF",
    ),
    (
        "How can electrostatic charging be prevented when toluene is transferred between containers?",
        "safety-toluene.pdf",
        "green cable",
    ),
    ("Which glove material should be used for long contact with toluene?", "safety-toluene.pdf", "Viton"),
    ("How should a toluene fire be put out?", "safety-toluene.pdf", "foam or carbon dioxide"),
    ("How is toluene dried now, and why was sodium given up?", "safety-toluene.pdf", "two fires in this house"),
    ("How much toluene may be stored in one laboratory?", "safety-toluene.pdf", "At most ten litres"),
    (
        "At what salt concentration does the carbonate electrolyte conduct best at low temperature?",
        "electrolyte-paper.pdf",
        "0.85 mol/kg at -20",
    ),
    (
        "Which share of ethylene carbonate is too high, and what happens then?",
        "electrolyte-paper.pdf",
        "crystals appear",
    ),
    (
        "Which equation fits the temperature dependence of the electrolyte conductivity?",
        "electrolyte-paper.pdf",
        "Vogel-Fulcher-Tammann",
    ),
    (
        "How much do vinylene carbonate and other additives lower the conductivity?",
        "electrolyte-paper.pdf",
        "Neither shifts",
    ),
    (
        "Which electrolyte composition suits batteries used in cold climates?",
        "electrolyte-paper.pdf",
        "Cells for cold regions",
    ),
    (
        "How many seconds after the start of spinning should chlorobenzene be dropped on the perovskite film?",
        "spincoat-paper.pdf",
        "24 s after the start",
        "spincoat-paper.pdf",
        "between 22.5 and 25.5 s",
    ),
    (
        "Which antisolvent leaves the widest time window for clear perovskite films?",
        "spincoat-paper.pdf",
        "Ethyl acetate forgives",
        "spincoat-paper.pdf",
        "9 s for ethyl acetate",
    ),
    (
        "How are the ITO glass substrates cleaned before spin coating?",
        "spincoat-paper.pdf",
        "isopropanol for ten minutes",
    ),
    (
        "What volume of antisolvent is enough to cover the whole substrate?",
        "spincoat-paper.pdf",
        "did not cover the corners",
    ),
    (
        "How reproducible are films of the robot compared to films made by hand?",
        "spincoat-paper.pdf",
        "31 % for films made by hand",
    ),
    ("For how long are HPLC samples stable in the autosampler?", "sop-hplc.md", "36 hours"),
    ("Which column and flow rate does the HPLC method for couplings use?", "sop-hplc.md", "0.45 mL/min"),
    ("What are the acceptance criteria of the HPLC calibration?", "sop-hplc.md", "0.999"),
    ("How is carry-over of boronic esters in the chromatograph avoided?", "sop-hplc.md", "needle seat"),
    ("What explains HPLC yields above one hundred percent?", "sop-hplc.md", "evaporated internal standard"),
    ("How are air bubbles removed from a syringe pump?", "sop-pump.md", "upside down"),
    ("Which tolerance has the gravimetric calibration of the syringe pumps?", "sop-pump.md", "0.5 %. If the mean"),
    ("How do I clean a syringe pump after a palladium reaction?", "sop-pump.md", "After palladium reactions"),
    ("How long does the seal of a syringe pump last?", "sop-pump.md", "200000 strokes"),
    ("What do the blinking red alarms of the pump mean?", "sop-pump.md", "did not reach its place"),
    (
        "Why were electrolyte samples made from the EMC drum struck from the table?",
        "notebook-electrolyte.html",
        "struck out",
    ),
    (
        "Why was the true temperature in the conductivity cells higher than that of the bath?",
        "notebook-electrolyte.html",
        "thermocouple inside a cell",
    ),
    (
        "What did lithium difluoro(oxalato)borate do to the electrolyte?",
        "notebook-electrolyte.html",
        "pink within an hour",
    ),
    (
        "What was the cause of the hydrogen fluoride alarm in the electrolyte lab?",
        "notebook-electrolyte.html",
        "1.2 ppm",
    ),
    ("Why did the electrolyte robot dispense too little mass in April?", "notebook-electrolyte.html", "lead screw"),
    (
        "Which paper compares phosphine ligands for hindered aryl chlorides?",
        "references.bib",
        "Twelve biaryl phosphines",
    ),
    ("What lithium transference numbers were found by NMR?", "references.bib", "lies between 0.28 and 0.41"),
    (
        "Is there literature on when an autonomous laboratory should stop its campaign?",
        "references.bib",
        "expected improvement is less than",
    ),
    ("How fast do bare perovskite films degrade in humid air?", "references.bib", "within nine days"),
    ("Is there a benchmark for robots that mix food dyes to match a colour?", "references.bib", "Ten laboratories"),
    ("What conductivity has the table for ten percent fluoroethylene carbonate?", "conductivity.xlsx", "T15"),
    ("What was measured at 2.0 mol/kg of LiPF6?", "conductivity.xlsx", "T16"),
    (
        "What is the conductivity of EC 30, EMC 20, DMC 50 at 60 degC?",
        "conductivity.xlsx",
        "T03",
        "electrolyte-paper.pdf",
        "19.6 mS/cm",
    ),
    ("Which conductivity was measured with EC 50 and EMC 50 without DMC?", "conductivity.xlsx", "T10"),
    ("What is the conductivity with vinylene carbonate as additive in the table?", "conductivity.xlsx", "T13"),
    ("What yield did 4-iodoanisole give?", "couplings.csv", "F16"),
    ("How well did the hindered bromomesitylene couple?", "couplings.csv", "F08"),
    ("What was the yield of the coupling in toluene and water?", "couplings.csv", "F15"),
    ("Which yield did potassium phenyltrifluoroborate reach?", "couplings.csv", "F13"),
    (
        "In which coupling run was the syringe etched by phosphate?",
        "couplings.csv",
        "F11",
        "suzuki-flow.pdf",
        "etched the glass syringes",
    ),
)

LAST = _asked(
    (
        "Why is fluoropolymer tubing preferred to steel for the continuous Suzuki coupling?",
        "suzuki-flow.pdf",
        "the metal adheres badly",
    ),
    (
        "How long could the Suzuki flow process be operated without losing conversion?",
        "suzuki-flow.pdf",
        "held at its optimum for eleven hours",
        "suzuki-flow.pdf",
        "A run of eleven hours",
    ),
    ("What pressure is kept in the Suzuki flow line, and for what reason?", "suzuki-flow.pdf", "at 7 bar"),
    ("What is the cost of the surfactant for one micellar coupling?", "suzuki-batch.pdf", "1.9 EUR"),
    ("How is the solid product isolated from the micellar coupling?", "suzuki-batch.pdf", "sintered funnel"),
    (
        "How does the waste per product of the micellar coupling change with recycling?",
        "suzuki-batch.pdf",
        "fell from 41 to 7",
    ),
    ("What first aid is needed when DMF gets onto the skin?", "safety-dmf.txt", "take off all wet clothes"),
    (
        "Into which waste container does used DMF belong?",
        "safety-dmf.txt",
        "halogen-free solvent waste, never together",
    ),
    ("At what temperature does DMF boil and what is its flash point?", "safety-dmf.txt", "boiling point 153"),
    ("What are the explosion limits of toluene vapour in air?", "safety-toluene.pdf", "1.1 to 7.1"),
    ("What are the long-term health effects of breathing toluene?", "safety-toluene.pdf", "harms hearing and memory"),
    ("Which rules apply when distilling toluene?", "safety-toluene.pdf", "Never distil to dryness"),
    ("How dry must the solvents be for the LiPF6 electrolytes?", "electrolyte-paper.pdf", "less than 10 ppm"),
    (
        "In which frequency range was the impedance of the electrolytes measured?",
        "electrolyte-paper.pdf",
        "100 kHz to 50 Hz",
    ),
    (
        "What happens to LiPF6 electrolytes that are kept at 60 degC?",
        "electrolyte-paper.pdf",
        "salt begins to decompose",
    ),
    ("What are the components of the perovskite ink?", "spincoat-paper.pdf", "1.3 M lead iodide"),
    (
        "At what temperature and for how long are the perovskite films annealed?",
        "spincoat-paper.pdf",
        "100 degC for 45 min",
    ),
    (
        "What effect had the failed drier of the glove box on the perovskite films?",
        "spincoat-paper.pdf",
        "dew point rose",
    ),
    ("How should the HPLC be shut down at the end of the day?", "sop-hplc.md", "60 % acetonitrile"),
    ("Which filter material must be avoided for HPLC samples of couplings?", "sop-hplc.md", "nylon holds back"),
    ("How much water can hang as a drop at the nozzle of the syringe pump?", "sop-pump.md", "hold 8 uL"),
    (
        "How should syringe pumps be left when they are not used for several days?",
        "sop-pump.md",
        "plunger at half stroke",
    ),
    (
        "What is the maximum pressure that the glass syringe barrels withstand?",
        "sop-pump.md",
        "Glass barrels stand 7 bar",
    ),
    (
        "After how many samples did Bayesian optimisation of the electrolyte find the optimum?",
        "notebook-electrolyte.html",
        "27 of them",
    ),
    (
        "What went wrong with electrolytes of 40 percent EC at minus twenty degrees?",
        "notebook-electrolyte.html",
        "froze in two of three",
    ),
    (
        "Which study describes the length of slugs and mass transfer in capillaries?",
        "references.bib",
        "Slugs shorter than two",
    ),
    ("Which publication is about the wear of seals in dosing pumps?", "references.bib", "Seals of three polymers"),
    ("Which conductivity was measured for EC 30 and DMC 70 without EMC?", "conductivity.xlsx", "T12"),
    ("What yield was obtained with 3-bromopyridine?", "couplings.csv", "F09"),
    ("What was the result of the coupling of 4-chloroanisole?", "couplings.csv", "F10"),
)

DEVELOPMENT = {"terse": TERSE[::2], "named": NAMED}
REPORTED = {"terse": TERSE[1::2], "named": LAST}

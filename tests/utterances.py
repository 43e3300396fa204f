"""What people might type, written before the offline brain was and never changed to suit it.

Each line is the words and the tool that serves them best; None where no tool of ours does. Bounds come with the change
they ask for. The campaign has the parameters red, yellow and blue, each from 0 to 0.5 mL.
"""

from __future__ import annotations

from typing import Any

INTENTS: list[tuple[str, str | None]] = [
    ("how is it going?", "status"),
    ("where are we", "status"),
    ("status please", "status"),
    ("what's the best result so far", "status"),
    ("how many experiments are left?", "status"),
    ("are we there yet", "status"),
    ("is it still running?", "status"),
    ("give me a quick summary", "status"),
    ("list the experiments", "list_experiments"),
    ("show me what you tried last", "list_experiments"),
    ("which recipes have been tested", "list_experiments"),
    ("why did you pick e0003?", "explain"),
    ("tell me more about experiment 2", "explain"),
    ("explain e0001", "explain"),
    ("carry on", "propose_resume"),
    ("you can continue now", "propose_resume"),
    ("please go on with the campaign", "propose_resume"),
    ("resume", "propose_resume"),
    ("start again", "propose_resume"),
    ("take a break", "propose_pause"),
    ("wait a moment before the next one", "propose_pause"),
    ("undo that", "propose_undo"),
    ("take back the last change", "propose_undo"),
    ("revert my last steering", "propose_undo"),
    ("oops, put it back the way it was", "propose_undo"),
    ("order more blue dye", None),
    ("what is the meaning of life", None),
    ("switch to the purple dye", None),
    ("clean the cells with ethanol", None),
    ("make it 20 degrees warmer", None),
    ("thanks, that's great", None),
    ("delete the ledger", None),
]

BOUNDS: list[tuple[str, dict[str, Any]]] = [
    ("keep blue below 0.3 mL", {"space.blue.max": 0.3}),
    ("use no more than 200 uL of red", {"space.red.max": 0.2}),
    ("blue must not exceed 0.25 mL", {"space.blue.max": 0.25}),
    ("yellow should be at least 0.1 mL", {"space.yellow.min": 0.1}),
    ("set the maximum of red to 0.4", {"space.red.max": 0.4}),
    ("limit yellow to between 0.1 and 0.3 mL", {"space.yellow.min": 0.1, "space.yellow.max": 0.3}),
    ("blue from 0.05 to 0.2 mL please", {"space.blue.min": 0.05, "space.blue.max": 0.2}),
    ("never go above 0.35 mL for yelow", {"space.yellow.max": 0.35}),
    ("don't use less than 50 µL blue", {"space.blue.min": 0.05}),
    ("red <= 0.2 mL", {"space.red.max": 0.2}),
    ("cap the blue at 0.3", {"space.blue.max": 0.3}),
    ("too much blue, stay under a third of a millilitre", {"space.blue.max": 0.333}),
]

GOALS: list[tuple[str, dict[str, Any]]] = [
    (
        "match the colour (40, 120, 80) in at most 25 experiments with under 60 mL in total",
        {"lab.target": [40, 120, 80], "budget.experiments": 25, "lab.budget": 60.0},
    ),
    ("make #28786e in 20 runs", {"lab.target": [40, 120, 110], "budget.experiments": 20}),
    (
        "find rgb(200, 90, 60), two at a time, no more than 40 experiments, ask me before each batch",
        {"lab.target": [200, 90, 60], "batch": 2, "budget.experiments": 40, "approval": "batch"},
    ),
    (
        "Match (120,60,20). Use 2 mL per mixture and keep blue under 0.1 mL.",
        {"lab.target": [120, 60, 20], "lab.volume": 2.0, "space.blue.max": 0.1},
    ),
    (
        "I want the colour 10, 90, 160 within 3 hours; stop when delta_e is below 2",
        {"lab.target": [10, 90, 160], "budget.time": 10800.0, "stop.reach.delta_e": 2.0},
    ),
    (
        "reproduce sRGB (90, 140, 60) using at most 45 ml of liquid altogether",
        {"lab.target": [90, 140, 60], "lab.budget": 45.0},
    ),
]

"""An example of each command, shown at the end of its help."""

from __future__ import annotations

START = (
    "By hand: zosimos ask FILE -o table.xlsx suggests experiments, you fill it in, zosimos tell last table.xlsx "
    "reads it back. With a lab: zosimos run FILE. To see what it is like: zosimos demo. More: zosimos COMMAND --help."
)
EXAMPLES = {
    "new": "zosimos new reaction -o reaction.yaml",
    "ask": "zosimos ask paint.yaml -n 6 -o to-do.xlsx",
    "tell": "zosimos tell last to-do.xlsx --dry-run",
    "design": "zosimos design box-behnken --factor temp=20:80 --factor time=10:60 --factor pH=3:9 -o design.xlsx",
    "carry-over": "zosimos carry-over last new.yaml --dry-run",
    "correct": "zosimos correct last e0003 viscosity=523 --reason 'typo'",
    "retract": "zosimos retract last e0007 --reason 'spilled'",
    "drop": "zosimos drop last e0005 --reason 'out of solvent'",
    "note": "zosimos note last 'the pump sounded odd' --experiment e0007",
    "demo": "zosimos demo",
    "run": "zosimos run colour.yaml --seed 7",
    "resume": "zosimos resume last",
    "halt": "zosimos halt last --reason 'smells burnt'",
    "pause": "zosimos pause last --reason 'lunch'",
    "abort": "zosimos abort last --reason 'leak'",
    "approvals": "zosimos approvals last",
    "approve": "zosimos approve k3p2m9xq",
    "reject": "zosimos reject k3p2m9xq --reason 'too hot'",
    "resolve": "zosimos resolve last e0012 redo",
    "list": "zosimos list",
    "status": "zosimos status last",
    "show": "zosimos show last e0007",
    "explain": "zosimos explain last e0007",
    "effects": "zosimos effects last",
    "hypotheses": "zosimos hypotheses last",
    "watch": "zosimos watch last",
    "report": "zosimos report last -o report.html",
    "plot": "zosimos plot last progress -o progress.png",
    "export": "zosimos export last --format xlsx -o results.xlsx",
    "steer": "zosimos steer last --set space.temperature.max=70 --reason 'it foams'",
    "advise": "zosimos advise last --point temperature=55,solvent=water --reason 'worked last year'",
    "plan": "zosimos plan 'match the colour #4a7 in 20 experiments' --lab colour -o plan.yaml",
    "chat": "zosimos chat last",
    "validate": "zosimos validate paint.yaml",
    "dry-run": "zosimos dry-run colour.yaml",
    "schema": "zosimos schema campaign",
    "plugins": "zosimos plugins",
    "head": "zosimos head last",
    "verify": "zosimos verify last",
    "repair": "zosimos repair last --reason 'written by another program'",
    "replay": "zosimos replay last",
    "backup": "zosimos backup -o friday.zosimos",
    "restore": "zosimos restore friday.zosimos --to new.db",
    "copy": "zosimos copy last --to archive.db",
}

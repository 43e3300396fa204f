"""Modules that were moved: their old names work for one more release, and say where to look now.

A finder knows the old names; it comes first, because folders that were left empty would be found by them too. What it
gives is an empty module that passes every attribute on to the module under its new name, so classes are the same
objects whichever way they are reached.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_SAME_NAME = {
    ("campaign", "campaign.control"): "commands rehearse",
    ("campaign", "campaign.decisions"): "decide replay stopping",
    ("campaign", "campaign.definition"): "yaml",
    ("campaign", "campaign.execution"): "loop recovery session",
    ("campaign.control", "campaign.decisions"): "advice_checks advising",
    ("campaign", "campaign.record"): "approvals experiment find fold results state steps versions",
    ("campaign", "workcell"): "protocol",
    ("campaign.laboratory", "workcell"): "deck labfile",
    ("campaign.laboratory", "workcell.execution"): "executor interpreter preflight recorder",
    ("campaign.protocol", "workcell.protocol"): "check model needs",
    (
        "campaign.spec",
        "campaign.definition",
    ): "build chemistry costs expect fields hypotheses knobs knowledge limits model read steer together",
    ("planners", "planners.acquisition"): "knowledge_gradient scalarisation",
    ("planners", "planners.candidates"): "maximin polytope sampling simplex",
    ("planners", "planners.goal"): "conditions cost hypotheses knowledge prior",
    (
        "planners",
        "planners.models",
    ): "belief extrapolation pool_scale recipe_scale residuals",
    ("planners", "planners.proposers"): "confirmation opening",
    ("surrogates", "surrogates.ensembles"): "deep_ensemble forest networks",
    ("surrogates", "surrogates.feasibility"): "dirichlet",
    (
        "surrogates",
        "surrogates.gaussian",
    ): "exact gp heteroscedastic inducing kernels noise saas sparse",
    ("surrogates", "surrogates.mechanistic"): "discrepancy mechanism",
}
"""From (old folder, new folder) to the modules that kept their name."""

_RENAMED = {
    "agent.compatible": "agent.models.client",
    "agent.model": "agent.models.names",
    "campaign.executor": "campaign.lab",
    "campaign.laboratory": "workcell",
    "campaign.laboratory.accounts": "workcell.usage",
    "campaign.laboratory.fitness": "workcell.compatibility",
    "campaign.laboratory.holds": "workcell.execution.scheduling",
    "campaign.laboratory.past": "workcell.execution.history",
    "campaign.laboratory.probing": "workcell.liquids.probing",
    "campaign.laboratory.strokes": "workcell.liquids.strokes",
    "campaign.outlook": "campaign.decisions.forecast",
    "campaign.proposals": "campaign.control.changes",
    "campaign.spec": "campaign.definition",
    "campaign.spending": "campaign.decisions.budget",
    "campaign.telling": "campaign.control.manual_results",
    "campaign.watch": "campaign.decisions.anomalies",
    "instruments.bench": "instruments.rig",
    "planners.acquisitions": "planners.acquisition.functions",
    "planners.amounts": "planners.candidates.mixtures",
    "planners.claims": "planners.goal.rules",
    "planners.climbing": "planners.candidates.repair",
    "planners.codec": "planners.candidates.encoding",
    "planners.fidelity": "planners.models.multi_fidelity",
    "planners.goal.settings": "planners.policy",
    "planners.foremost": "planners.proposers.top_rows",
    "planners.gain": "planners.acquisition.improvement",
    "planners.input_error": "planners.models.input_noise",
    "planners.moves": "planners.candidates.perturbation",
    "planners.program": "planners.candidates.milp",
    "planners.replicate": "planners.proposers.replication",
    "planners.search": "planners.acquisition.optimise",
    "planners.settings": "planners.policy",
    "planners.sources": "planners.models.transfer",
    "planners.tiers": "planners.acquisition.lexicographic",
    "surrogates.fault_runs": "surrogates.feasibility.fault_hmm",
    "surrogates.infeasibility": "surrogates.feasibility.probability",
}
"""From old name to new name."""

MOVED = {
    f"zosimos.{old}.{name}": f"zosimos.{new}.{name}"
    for (old, new), names in _SAME_NAME.items()
    for name in names.split()
} | {f"zosimos.{old}": f"zosimos.{new}" for old, new in _RENAMED.items()}


class MovedModules:
    """Finds modules by the names that they had before."""

    def find_spec(self, name: str, *_: object) -> Any:
        """Return how to load a module by its old name; None for any other name."""
        if name not in MOVED:
            return None
        return ModuleSpec(name, self, is_package=any(other.startswith(f"{name}.") for other in MOVED))  # type: ignore[arg-type]  # a loader by shape

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the module's making to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Pass attributes on to the module under its new name."""
        new = MOVED[module.__name__]
        warnings.warn(
            f"{module.__name__} is {new} now; the old name goes with the next release",
            DeprecationWarning,
            stacklevel=2,
        )
        found = importlib.import_module(new)
        module.__doc__ = found.__doc__
        vars(module)["__getattr__"] = lambda name: getattr(found, name)  # PEP 562


def install() -> None:
    """Make the old names work in this process, once."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, MovedModules())

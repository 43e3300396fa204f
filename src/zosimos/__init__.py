"""Zosimos: an autonomous self-driving-lab agent system.

``import zosimos as zo`` gives one flat list of names; each is loaded when it is first used (PEP 562), so that
importing this package loads nothing heavy: no torch, no database, no plotting. What is not in ``__all__`` is private.
The rooms of the project are real folders at the repository root; here they are reached as ``zosimos.<room>``.

>>> import zosimos as zo
>>> opt = zo.Optimizer({"x": zo.Continuous(0, 1)}, zo.maximize("y"))
>>> first, second = opt.ask(2)
>>> opt.tell(first, y=1.5)
'e0001'
"""

from importlib import import_module as _import_module
from pathlib import Path as _Path
from typing import TYPE_CHECKING as _TYPE_CHECKING

from zosimos._moved import install as _install_old_names

if _TYPE_CHECKING:
    from zosimos import testing
    from zosimos.analysis.methods import Method
    from zosimos.campaign.lab import Executor, Lab, Probe
    from zosimos.campaign.predicted import Predicted
    from zosimos.campaign.record.experiment import Step
    from zosimos.campaign.templates.kinds import template
    from zosimos.core.errors import (
        AgentError,
        ConnectError,
        DamagedError,
        DataError,
        DeadlockError,
        EnvelopeError,
        ExecutionError,
        FencedError,
        InputError,
        InstrumentError,
        LedgerAwayError,
        LedgerError,
        LockedError,
        ModelError,
        NewerVersionError,
        NotFoundError,
        OutcomeUnknownError,
        PlanError,
        PlanningError,
        PreflightError,
        RefusedError,
        ReplyError,
        SettingsError,
        SpecError,
        SpentError,
        StateError,
        TamperedError,
        UnitError,
        ZosimosError,
    )
    from zosimos.core.parameter import Parameter
    from zosimos.core.records import Candidate, Measurement, Observation, Prediction
    from zosimos.core.validation import Part, quantity, validated
    from zosimos.faces.python.campaign import Campaign
    from zosimos.faces.python.candidates import Experiment, Suggestion
    from zosimos.faces.python.designs import design, write_design
    from zosimos.faces.python.effects import effects
    from zosimos.faces.python.goals import maximize, minimize, target
    from zosimos.faces.python.limits import Cardinality, Linear, Simplex
    from zosimos.faces.python.listing import campaigns, compare
    from zosimos.faces.python.optimizer import Optimizer
    from zosimos.faces.python.parameters import Categorical, Continuous, Discrete, Integer
    from zosimos.instruments.capabilities.dispenses import Dispenses
    from zosimos.instruments.capabilities.measures_spectrum import MeasuresSpectrum
    from zosimos.instruments.capabilities.weighs import Weighs
    from zosimos.instruments.capability import Act, Capability
    from zosimos.instruments.envelope.effect import Effect
    from zosimos.instruments.envelope.verbs import Safe, Verb
    from zosimos.instruments.identity import Identity
    from zosimos.instruments.instrument import Instrument, Wiring
    from zosimos.instruments.simulator import SimulatorSetup, WireSimulator
    from zosimos.instruments.wire.framing import Lines
    from zosimos.instruments.wire.port import SerialSettings
    from zosimos.instruments.wire.profile import Announcement, LinkProfile, Sentinel
    from zosimos.instruments.world.noise import Noise
    from zosimos.instruments.world.vessel import Vessel
    from zosimos.instruments.world.world import World
    from zosimos.planners.advice import Advisor
    from zosimos.planners.protocol import Planner, ProposalContext, Proposer
    from zosimos.surrogates.protocol import Surrogate
    from zosimos.workcell.action import Action
    from zosimos.workcell.execution.station_run import StationRun
    from zosimos.workcell.execution.unsettled import Unsettled
    from zosimos.workcell.protocol.amount import Amount, InUnit
    from zosimos.workcell.protocol.fields import Brings, Needs, Place
    from zosimos.workcell.protocol.known import Known
    from zosimos.workcell.reach import Reach

# A clone made without symbolic links (Windows) has no rooms beside this file: look for them at the repository root.
_root = _Path(__file__).resolve().parents[2]
if not (_Path(__file__).parent / "agent").is_dir() and (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))

__version__: str

_install_old_names()

_MODULES = {
    "zosimos.analysis.methods": ("Method",),
    "zosimos.campaign.lab": ("Executor", "Lab", "Probe"),
    "zosimos.campaign.predicted": ("Predicted",),
    "zosimos.campaign.record.experiment": ("Step",),
    "zosimos.campaign.templates.kinds": ("template",),
    "zosimos.core.errors": (
        "AgentError",
        "ConnectError",
        "DamagedError",
        "DataError",
        "DeadlockError",
        "EnvelopeError",
        "ExecutionError",
        "FencedError",
        "InputError",
        "InstrumentError",
        "LedgerAwayError",
        "LedgerError",
        "LockedError",
        "ModelError",
        "NewerVersionError",
        "NotFoundError",
        "OutcomeUnknownError",
        "PlanError",
        "PlanningError",
        "PreflightError",
        "RefusedError",
        "ReplyError",
        "SettingsError",
        "SpecError",
        "SpentError",
        "StateError",
        "TamperedError",
        "UnitError",
        "ZosimosError",
    ),
    "zosimos.core.parameter": ("Parameter",),
    "zosimos.core.records": ("Candidate", "Measurement", "Observation", "Prediction"),
    "zosimos.core.validation": ("Part", "quantity", "validated"),
    "zosimos.faces.python.campaign": ("Campaign",),
    "zosimos.faces.python.candidates": ("Experiment", "Suggestion"),
    "zosimos.faces.python.designs": ("design", "write_design"),
    "zosimos.faces.python.effects": ("effects",),
    "zosimos.faces.python.goals": ("maximize", "minimize", "target"),
    "zosimos.faces.python.limits": ("Cardinality", "Linear", "Simplex"),
    "zosimos.faces.python.listing": ("campaigns", "compare"),
    "zosimos.faces.python.optimizer": ("Optimizer",),
    "zosimos.faces.python.parameters": ("Categorical", "Continuous", "Discrete", "Integer"),
    "zosimos.instruments.capabilities.dispenses": ("Dispenses",),
    "zosimos.instruments.capabilities.measures_spectrum": ("MeasuresSpectrum",),
    "zosimos.instruments.capabilities.weighs": ("Weighs",),
    "zosimos.instruments.capability": ("Act", "Capability"),
    "zosimos.instruments.envelope.effect": ("Effect",),
    "zosimos.instruments.envelope.verbs": ("Safe", "Verb"),
    "zosimos.instruments.identity": ("Identity",),
    "zosimos.instruments.instrument": ("Instrument", "Wiring"),
    "zosimos.instruments.simulator": ("SimulatorSetup", "WireSimulator"),
    "zosimos.planners.advice": ("Advisor",),
    "zosimos.instruments.wire.framing": ("Lines",),
    "zosimos.instruments.wire.port": ("SerialSettings",),
    "zosimos.instruments.wire.profile": ("Announcement", "LinkProfile", "Sentinel"),
    "zosimos.instruments.world.noise": ("Noise",),
    "zosimos.instruments.world.vessel": ("Vessel",),
    "zosimos.instruments.world.world": ("World",),
    "zosimos.planners.protocol": ("Planner", "ProposalContext", "Proposer"),
    "zosimos.surrogates.protocol": ("Surrogate",),
    "zosimos.testing": ("testing",),
    "zosimos.workcell.action": ("Action",),
    "zosimos.workcell.protocol.amount": ("Amount", "InUnit"),
    "zosimos.workcell.protocol.fields": ("Brings", "Needs", "Place"),
    "zosimos.workcell.protocol.known": ("Known",),
    "zosimos.workcell.reach": ("Reach",),
    "zosimos.workcell.execution.station_run": ("StationRun",),
    "zosimos.workcell.execution.unsettled": ("Unsettled",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Act",
    "Action",
    "Advisor",
    "AgentError",
    "Amount",
    "Announcement",
    "Brings",
    "Campaign",
    "Candidate",
    "Capability",
    "Cardinality",
    "Categorical",
    "ConnectError",
    "Continuous",
    "DamagedError",
    "DataError",
    "DeadlockError",
    "Discrete",
    "Dispenses",
    "Effect",
    "EnvelopeError",
    "ExecutionError",
    "Executor",
    "Experiment",
    "FencedError",
    "Identity",
    "InUnit",
    "InputError",
    "Instrument",
    "InstrumentError",
    "Integer",
    "Known",
    "Lab",
    "LedgerAwayError",
    "LedgerError",
    "Linear",
    "Lines",
    "LinkProfile",
    "LockedError",
    "Measurement",
    "MeasuresSpectrum",
    "Method",
    "ModelError",
    "Needs",
    "NewerVersionError",
    "Noise",
    "NotFoundError",
    "Observation",
    "Optimizer",
    "OutcomeUnknownError",
    "Parameter",
    "Part",
    "Place",
    "PlanError",
    "Planner",
    "PlanningError",
    "Predicted",
    "Prediction",
    "PreflightError",
    "Probe",
    "ProposalContext",
    "Proposer",
    "Reach",
    "RefusedError",
    "ReplyError",
    "Safe",
    "Sentinel",
    "SerialSettings",
    "SettingsError",
    "Simplex",
    "SimulatorSetup",
    "SpecError",
    "SpentError",
    "StateError",
    "StationRun",
    "Step",
    "Suggestion",
    "Surrogate",
    "TamperedError",
    "UnitError",
    "Unsettled",
    "Verb",
    "Vessel",
    "Weighs",
    "WireSimulator",
    "Wiring",
    "World",
    "ZosimosError",
    "__version__",
    "campaigns",
    "compare",
    "design",
    "effects",
    "maximize",
    "minimize",
    "quantity",
    "target",
    "template",
    "testing",
    "validated",
    "write_design",
]


def __getattr__(name: str) -> object:
    """Load a public name at its first use."""
    if name == "__version__":
        found: object = _installed_version()
        globals()[name] = found
        return found
    if name not in _HOMES:
        if name.startswith("_"):
            raise AttributeError(f"module 'zosimos' has no attribute {name!r}")
        from zosimos.core.nearest import did_you_mean

        hint = did_you_mean(name, __all__, "dir(zosimos) lists what there is")
        raise AttributeError(f"module 'zosimos' has no attribute {name!r}: {hint}")
    module = _import_module(_HOMES[name])
    found = module if name == "testing" else getattr(module, name)
    globals()[name] = found
    return found


def _installed_version() -> str:
    """Return the version, whose reader takes as long to load as everything else here."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zosimos")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0.0.0+checkout"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {name for name in globals() if name.startswith("_") and name[1] != "_"})

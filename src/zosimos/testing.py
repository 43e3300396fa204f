"""Conformance kits: does what you wrote keep the contract? Run them in your own tests, with pytest or without.

A kit is a function that returns checks by name; in pytest each is a test of its own::

    CHECKS = dict(zo.testing.proposer_checks(MyProposer))

    @pytest.mark.parametrize("name", CHECKS)
    def test_my_proposer(name):
        CHECKS[name]()

Its ``check_...`` companion runs all of them and names the first that fails.

>>> import zosimos as zo
>>> from zosimos.planners.proposers.random import RandomProposer
>>> zo.testing.check_proposer(RandomProposer)
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from zosimos.analysis.testing import check_method, method_checks
    from zosimos.campaign.testing import (
        advisor_checks,
        check_advisor,
        check_executor,
        check_lab,
        executor_checks,
        lab_checks,
    )
    from zosimos.core.conformance import Check, run_all
    from zosimos.core.testing import check_parameter, parameter_checks
    from zosimos.instruments.testing import check_instrument, instrument_checks
    from zosimos.planners.testing import check_planner, check_proposer, planner_checks, proposer_checks
    from zosimos.surrogates.testing import check_surrogate, surrogate_checks
    from zosimos.workcell.testing import action_checks, check_action

_MODULES = {
    "zosimos.analysis.testing": ("check_method", "method_checks"),
    "zosimos.campaign.testing": (
        "advisor_checks",
        "check_advisor",
        "check_executor",
        "check_lab",
        "executor_checks",
        "lab_checks",
    ),
    "zosimos.core.conformance": ("Check", "run_all"),
    "zosimos.core.testing": ("check_parameter", "parameter_checks"),
    "zosimos.instruments.testing": ("check_instrument", "instrument_checks"),
    "zosimos.planners.testing": ("check_planner", "check_proposer", "planner_checks", "proposer_checks"),
    "zosimos.surrogates.testing": ("check_surrogate", "surrogate_checks"),
    "zosimos.workcell.testing": ("action_checks", "check_action"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Check",
    "action_checks",
    "advisor_checks",
    "check_action",
    "check_advisor",
    "check_executor",
    "check_instrument",
    "check_lab",
    "check_method",
    "check_parameter",
    "check_planner",
    "check_proposer",
    "check_surrogate",
    "executor_checks",
    "instrument_checks",
    "lab_checks",
    "method_checks",
    "parameter_checks",
    "planner_checks",
    "proposer_checks",
    "run_all",
    "surrogate_checks",
]


def __getattr__(name: str) -> object:
    """Load a kit at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'zosimos.testing' has no attribute {name!r}; there are {', '.join(__all__)}")
    found: object = getattr(_import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

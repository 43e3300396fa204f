"""Conformance kit for instruments: run it in your own tests, as one call or as a test for each check.

The driver talks to its simulator in virtual time, over a wire that the kit spoils in every way it should survive, and
the simulator's world is the judge: what moved, what the device stands at, what is under way. What a driver can do is
found by the installed capabilities whose Protocol it keeps (:mod:`.capability`), which bring what reads and what acts;
for what a driver can do beyond them, pass both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from zosimos.instruments.capability import Act, Acts
from zosimos.instruments.conformance import contract, judgement
from zosimos.instruments.conformance.kit import DriverFactory, Kit, SimulatorFactory

__all__ = ["Act", "Acts", "DriverFactory", "SimulatorFactory", "check_instrument", "instrument_checks"]

_CHECKS: Mapping[str, Callable[[Kit], None]] = {
    "identity": contract.identity,
    "use": contract.use,
    "strangers": contract.strangers,
    "permits": contract.permits,
    "query-list": contract.query_list,
    "queries-change-nothing": judgement.queries,
    "matter": judgement.matter,
    "verbs": judgement.verbs,
    "silence": contract.silence,
    "garbage": contract.garbage,
    "lost-port": contract.lost_port,
    "safe-state": judgement.safe_state,
    "after-an-error": judgement.after_an_error,
    "close": contract.close,
    "state": contract.state,
}


def instrument_checks(
    make_driver: DriverFactory,
    make_simulator: SimulatorFactory,
    *,
    readings: Acts | None = None,
    effects: Acts | None = None,
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield every check by name, each to be called by itself: it raises ``AssertionError`` where the driver fails.

    In a test file of your own, each becomes a test::

        CHECKS = dict(instrument_checks(Stirrer, stirrer))

        @pytest.mark.parametrize("name", CHECKS)
        def test_the_stirrer_conforms(name: str) -> None:
            CHECKS[name]()

    Args:
        make_driver: makes the driver from its wiring; the lab file's options are the factory's own business.
        make_simulator: makes a new simulator, with a world of its own in which every effect can be done.
        readings: what only asks; by default what the driver's capabilities offer.
        effects: what changes something, in an order in which all of it can be done; likewise. An :class:`Act` also says
            which effect must come of it.
    """
    kit = Kit(make_driver, make_simulator, readings, effects)
    for name, check in _CHECKS.items():
        yield name, partial(check, kit)


def check_instrument(
    make_driver: DriverFactory,
    make_simulator: SimulatorFactory,
    *,
    readings: Acts | None = None,
    effects: Acts | None = None,
) -> None:
    """Check that a driver keeps the contract of :class:`Instrument`, and its simulator that of ``WireSimulator``.

    Every check is run, whatever the others found; arguments as of :func:`instrument_checks`.

    Raises:
        AssertionError: it does not; the message names each check that failed and says what was expected.
    """
    failed: dict[str, Exception] = {}
    for name, check in instrument_checks(make_driver, make_simulator, readings=readings, effects=effects):
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever a driver raises fails its check, and not the other checks
            failed[name] = error
    if failed:
        words = (
            f"{name}: {error}" if isinstance(error, AssertionError) else f"{name}: {type(error).__name__}: {error}"
            for name, error in failed.items()
        )
        raise AssertionError("\n".join(words)) from next(iter(failed.values()))

"""Each capability brings acts for the conformance kit that ask all of it; a driver of ours is put through them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from tests.exceptions import Exceptions
from tests.instruments.test_conformance import KINDS

from zosimos.instruments.capability import Capability, capabilities
from zosimos.instruments.conformance.kit import Kit, able
from zosimos.instruments.conformance.wire import NotingEnvelope, SpoiltWire
from zosimos.instruments.instrument import Instrument

NOT_TRIED = Exceptions(
    {"dispenses: initialised": "what makes a device ready asks it, before any act"},
    at_most=1,
)
"""What a driver with a capability can be asked and the kit's acts do not ask."""

OURS = capabilities()


def methods(capability: Capability) -> Iterator[str]:
    """What a driver with a capability can be asked."""
    for name, member in vars(capability.protocol).items():
        if inspect.iscoroutinefunction(member):
            yield name


def tried(kind: str) -> tuple[set[str], set[str], set[str]]:
    """Return the capabilities of a driver, the methods that its acts call, and the verbs for which it took leave."""
    found: set[str] = set()
    called: set[str] = set()
    verbs: set[str] = set()

    def noting(name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(call)
        async def noted(*given: Any, **named: Any) -> Any:
            called.add(name)
            return await call(*given, **named)

        return noted

    async def act(driver: Instrument, _: SpoiltWire, envelope: NotingEnvelope) -> None:
        found.update(one.name for one in able(driver))
        await driver.connect()
        acts = kit.everything(driver)
        for name in {name for one in able(driver) for name in methods(one)}:
            setattr(driver, name, noting(name, getattr(driver, name)))
        for one in acts.values():
            await one.call(driver)
        verbs.update(effect.verb for effect, _ in envelope.permitted)

    kit = Kit(*KINDS[kind])
    kit.run(act)
    return found, called, verbs


@functools.cache
def trials() -> list[tuple[set[str], set[str], set[str]]]:
    return [tried(kind) for kind in KINDS]


@pytest.mark.parametrize("name", OURS)
def test_a_capability_is_tried_on_a_driver_of_ours(name: str) -> None:
    assert any(name in found for found, _, _ in trials()), "add a driver that has it to KINDS of test_conformance.py"


def test_the_acts_of_a_capability_ask_all_of_it() -> None:
    left = [
        f"{name}: {method}"
        for name, capability in OURS.items()
        for method in methods(capability)
        if not any(name in found and method in called for found, called, _ in trials())
    ]
    NOT_TRIED.check(left, "give the capability acts that ask these")


@pytest.mark.parametrize("name", OURS)
def test_every_verb_that_needs_leave_is_taken_leave_for(name: str) -> None:
    wanted = {verb.name for verb in OURS[name].verbs if verb.safe is None}
    taken = {verb for found, _, verbs in trials() if name in found for verb in verbs}
    assert wanted <= taken, "give the capability acts that do these"

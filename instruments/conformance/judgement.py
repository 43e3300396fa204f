"""Checks that the world judges: what a driver brought about in its device, whatever it says of itself.

What was sent is replayed past the driver in the situations in which it would do harm: a query with a full syringe, what
had leave as a halt with a device at rest. A driver that cheats its own envelope is found out by what then happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from zosimos.core.errors import ExecutionError
from zosimos.instruments.capability import Act
from zosimos.instruments.conformance.kit import (
    Kit,
    moves_matter,
    must_work,
    tolerance,
    tolerance_ml,
    uncounted,
    volume_ml,
)
from zosimos.instruments.conformance.wire import NotingEnvelope, SpoiltWire
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.instrument import Instrument

_LOOK_S = 0.05
_BEGINS_AT_MOST_S = 60.0
_AFTER_S = 60.0
_STOPS: Mapping[str, Callable[[Instrument], Awaitable[None]]] = {
    "safe_state": lambda driver: driver.safe_state(),
    "stop": lambda driver: driver.stop(),
}


def matter(kit: Kit) -> None:
    """The matter that each effect moves is what was asked for and what was permitted, and nothing moves afterwards."""

    async def act(driver: Instrument, wire: SpoiltWire, envelope: NotingEnvelope) -> None:
        assert not moves_matter(driver) or wire.simulator.world is not None, (
            "the simulator of a device that moves volumes must say in which world it does (WireSimulator.world)"
        )
        await driver.connect()
        wire.moved_ml()
        for name, one in kit.effects(driver).items():
            before = len(envelope.permitted)
            await must_work(driver, name, one)
            moved = wire.moved_ml()
            effects = [effect for effect, _ in envelope.permitted[before:]]
            permitted = sum(volume_ml(effect) or 0.0 for effect in effects)
            if one.effect is not None or not any(uncounted(driver, effect) for effect in effects):
                assert abs(moved - permitted) <= tolerance_ml(driver, permitted), (
                    f"{name} moved {moved:.6g} mL where {permitted:.6g} mL were permitted"
                )
            asked = volume_ml(one.effect) if one.effect is not None else None
            if asked is not None:
                assert abs(moved - asked) <= tolerance_ml(driver, asked), (
                    f"{name} moved {moved:.6g} mL where {asked:.6g} mL were asked for"
                )
            await asyncio.sleep(_AFTER_S)
            late = wire.moved_ml()
            assert late <= tolerance_ml(driver, 0.0), f"{name} moved {late:.6g} mL more after it had returned"

    kit.run(act)


def verbs(kit: Kit) -> None:
    """Each effect leaves under its own verb, channel and amount, and the device then stands as it says."""

    async def act(driver: Instrument, wire: SpoiltWire, envelope: NotingEnvelope) -> list[bytes]:
        await driver.connect()
        for name, one in kit.effects(driver).items():
            before, sent = len(envelope.permitted), len(wire.sent)
            await must_work(driver, name, one)
            await wire.quiet()
            if one.effect is None:
                continue
            effects = [left.effect for left in wire.sent[sent:] if left.effect is not None]
            permitted = [effect for effect, _ in envelope.permitted[before:]]
            assert len(effects) == len(permitted), f"{name}: what was permitted must leave as it was permitted, once"
            _assert_left_as(name, one.effect, effects, tolerance(driver, one.effect))
            _assert_stands(name, one.effect, wire.simulator.standing())
        for stop in _STOPS.values():
            await stop(driver)
        await wire.quiet()
        safe = [left.data for left in wire.sent if left.effect is not None and left.effect.is_safe]
        await _assert_changes_nothing(wire, safe, "had leave as what only makes things safer")
        return safe

    safe, _ = kit.run(act)

    async def fresh(_: Instrument, wire: SpoiltWire, __: NotingEnvelope) -> None:
        await _assert_changes_nothing(wire, safe, "had leave as what only makes things safer")

    kit.run(fresh)


def queries(kit: Kit) -> None:
    """What leaves without leave, the sentinel too, changes nothing in the device or the world, whenever it is asked."""

    async def everything(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> list[bytes]:
        await driver.connect()
        for one in kit.everything(driver).values():
            await one.call(driver)
        return [left.data for left in wire.sent if left.effect is None]

    asked, _ = kit.run(everything)

    async def after_each(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        await driver.connect()
        for one in [Act(_nothing), *kit.effects(driver).values()]:
            await one.call(driver)
            await wire.quiet()
            await _assert_changes_nothing(wire, asked, "left as a query")

    kit.run(after_each)


def safe_state(kit: Kit) -> None:
    """The device itself is safe after a stop: at rest, in the middle of an effect, and without any grant."""

    async def at_rest(driver: Instrument, wire: SpoiltWire, envelope: NotingEnvelope) -> None:
        await driver.connect()
        for effect in kit.effects(driver).values():
            await effect.call(driver)
        envelope.revoke()
        for name in (*_STOPS, *_STOPS):
            await _stopped(driver, wire, name, "after every effect")
        await asyncio.sleep(_AFTER_S)
        await _stopped(driver, wire, "safe_state", "a minute later")

    kit.run(at_rest)
    for stop in _STOPS:
        for name in _names(kit):
            for broken_off in (True, False):
                kit.run(partial(_interrupted, kit, name, stop, broken_off))


def after_an_error(kit: Kit) -> None:
    """Once an effect ended in an error the driver is quiet: it sends nothing more, and no task of it runs on."""

    async def act(name: str, fault: str, driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        await driver.connect()
        await _until(kit, driver, name)
        tasks = len(asyncio.all_tasks())
        wire.fault = fault
        try:
            await kit.effects(driver)[name].call(driver)
        except ExecutionError:
            sent = len(wire.sent)
            await asyncio.sleep(_AFTER_S)
            more = [left.data for left in wire.sent[sent:]]
            assert not more, f"{name}: nothing may run on after an error ({fault}), but {more!r} was sent"
            assert len(asyncio.all_tasks()) <= tasks, f"{name}: no task may run on after an error ({fault})"
            wire.fault = ""
            await _stopped(driver, wire, "safe_state", f"once the device answers again after {name}")
            return
        raise AssertionError(f"{name} must be an error where the wire is {fault}")

    for fault in ("silent", "garbage", "lost"):
        for name in _names(kit):
            kit.run(partial(act, name, fault))


async def _nothing(_: Any) -> None:
    """Do nothing: the situation right after connecting."""


def _names(kit: Kit) -> list[str]:
    """Return the names of the effects."""

    async def act(driver: Instrument, _: SpoiltWire, __: NotingEnvelope) -> list[str]:
        return list(kit.effects(driver))

    return kit.run(act)[0]


async def _until(kit: Kit, driver: Instrument, last: str) -> None:
    """Do the effects that come before one."""
    for name, effect in kit.effects(driver).items():
        if name == last:
            return
        await effect.call(driver)


async def _interrupted(
    kit: Kit,
    name: str,
    stop: str,
    broken_off: bool,
    driver: Instrument,
    wire: SpoiltWire,
    envelope: NotingEnvelope,
) -> None:
    """Stop as soon as the device is at an effect, whether the one who asked for it has gone or still waits for it."""
    await driver.connect()
    await _until(kit, driver, name)
    await wire.quiet()
    doing = asyncio.ensure_future(kit.effects(driver)[name].call(driver))
    end = asyncio.get_running_loop().time() + _BEGINS_AT_MOST_S
    while wire.simulator.due() is None and not doing.done() and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(_LOOK_S)
        wire.rig.settle()
    if broken_off:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
    envelope.revoke()
    try:
        await _stopped(driver, wire, stop, f"in the middle of {name}")
        _, waiting = await asyncio.wait([doing], timeout=_AFTER_S)
    finally:
        doing.cancel()
        (ended,) = await asyncio.gather(doing, return_exceptions=True)
    assert not waiting, f"{name} must end once {stop} has stopped it"
    known = not isinstance(ended, Exception) or isinstance(ended, ExecutionError)
    assert known, f"{name}, stopped by {stop}, must end in an ExecutionError, but raised {ended!r}"


async def _stopped(driver: Instrument, wire: SpoiltWire, name: str, when: str) -> None:
    """Stop, and see in the device that it is safe and that nothing moves any more."""
    try:
        await _STOPS[name](driver)
    except ExecutionError as error:
        raise AssertionError(f"{name} must work {when}, and work again: {error}") from error
    wire.moved_ml()
    await asyncio.sleep(_AFTER_S)
    late = wire.moved_ml()
    assert late <= 1e-9, f"{name} {when}: {late:.6g} mL moved after it had returned"
    unsafe = wire.simulator.unsafe()
    assert not unsafe, f"{name} {when} must bring the device into its safe state, but {unsafe}"


def _assert_left_as(name: str, meant: Effect, effects: list[Effect], tolerance: float) -> None:
    """Check that among what left there is the effect that was asked for, whole."""
    alike = [one for one in effects if (one.device, one.verb, one.channel) == (meant.device, meant.verb, meant.channel)]
    seen = "; ".join(str(effect) for effect in effects) or "nothing"
    assert alike, f"{name} must leave as {meant}, but left as {seen}"
    if meant.amount is not None:
        amount = sum(one.amount or 0.0 for one in alike)
        assert abs(amount - meant.amount) <= tolerance, f"{name} must leave as {meant}, but left as {seen}"


def _assert_stands(name: str, meant: Effect, standing: Mapping[str, float | str]) -> None:
    """Check that the device stands as was asked, where its simulator says how it stands."""
    if meant.verb not in standing:
        return
    wanted = meant.channel if meant.amount is None else meant.amount
    stands = standing[meant.verb]
    near = isinstance(stands, float | int) and abs(stands - float(wanted)) <= 1e-6 * max(1.0, abs(float(wanted)))
    assert near or stands == wanted, f"after {name} the device must stand at {wanted}, but stands at {stands}"


async def _assert_changes_nothing(wire: SpoiltWire, frames: list[bytes], how: str) -> None:
    before = wire.standing()
    for data in dict.fromkeys(frames):
        await wire.replay(data)
        _assert_same(before, wire.standing(), f"{data!r}, which {how},")


def _assert_same(before: Mapping[str, Any], after: Mapping[str, Any], what: str) -> None:
    """Check that nothing changed, and say what did."""
    for part, was in before.items():
        changed = {name: after[part][name] for name in after[part] if after[part][name] != was.get(name)}
        assert not changed, (
            f"{what} must change nothing, but changed {part}: {changed} (what a simulator counts by the way, such as "
            "readings, belongs into its `incidental`)"
        )

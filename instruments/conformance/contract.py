"""Checks of the contract: who answers, what is refused, and that no fault of the wire becomes a value."""

from __future__ import annotations

import json

from zosimos.core.errors import ConnectError, EnvelopeError, ExecutionError
from zosimos.instruments.capability import Act
from zosimos.instruments.conformance.kit import Kit, must_fail, must_work
from zosimos.instruments.conformance.wire import STRANGERS, NotingEnvelope, SpoiltWire
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument

_CONNECT = {"connect": Act(lambda one: one.connect())}


def identity(kit: Kit) -> None:
    """A device is the same at every time of asking, and what it says of itself can be shown."""

    async def act(driver: Instrument, _: SpoiltWire, __: NotingEnvelope) -> tuple[Identity, Identity]:
        return await driver.connect(), await driver.identify()

    (first, second), _ = kit.run(act)
    assert first == second, "a device must be the same at every time of asking"
    assert first.maker, "an identity must have a maker"
    assert first.model, "an identity must have a model"
    for name, text in first.as_json().items():
        assert text.isprintable(), f"an identity's {name} must be printable, but is {text!r}"
        assert len(text) <= 200, f"an identity's {name} must be short"


def use(kit: Kit) -> None:
    """Every effect and reading works, however the bytes come."""

    async def act(driver: Instrument, _: SpoiltWire, __: NotingEnvelope) -> None:
        await driver.connect()
        for name, one in kit.everything(driver).items():
            await must_work(driver, name, one)

    for fault in ("", "in pieces"):
        kit.run(act, fault=fault)


def strangers(kit: Kit) -> None:
    """No other device is taken for the right one."""

    async def act(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        try:
            await driver.connect()
        except ConnectError:
            return
        raise AssertionError(f"{wire.fault} must not be taken for a {driver.kind}")

    for stranger in STRANGERS:
        kit.run(act, fault=stranger)


def permits(kit: Kit) -> None:
    """Nothing leaves for an effect that is not granted."""

    async def act(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        for name, effect in kit.effects(driver).items():
            if effect.effect is not None and effect.effect.is_safe:
                continue  # it needs no grant; the check of the safe state sees to it
            try:
                await effect.call(driver)
            except EnvelopeError:
                sent = [one.data for one in wire.sent]
                assert not sent, f"{name}: nothing may be sent without leave, but {sent!r} was"
                continue
            raise AssertionError(f"{name} must be refused where the limits are empty")

    kit.run(act, granted=False)


def query_list(kit: Kit) -> None:
    """No effect's bytes pass as a query, nor anything made of a query's; the sentinel is a query."""

    async def act(driver: Instrument, wire: SpoiltWire, envelope: NotingEnvelope) -> None:
        profile = driver._link_profile()  # noqa: SLF001 - what every driver must define is checked here
        sentinel = profile.sentinel.payload
        assert profile.queries(sentinel), f"the sentinel must be on the list of queries, but {sentinel!r} is not"
        await driver.connect()
        for effect in kit.effects(driver).values():
            await effect.call(driver)
        acts = [payload for effect, payload in envelope.permitted if not effect.is_safe]
        assert acts or not kit.effects(driver), "an effect must ask the envelope for leave"
        for payload in [*acts, b"", b"\r\n", b"\x00", *(one + b"\r\n" + one for one in acts)]:
            before = len(wire.sent)
            try:
                await driver._ask(payload)  # noqa: SLF001 - what every driver inherits is tested here
            except EnvelopeError:
                assert len(wire.sent) == before, f"nothing may be sent for a refused query, here {payload!r}"
                continue
            raise AssertionError(f"{payload!r} must not be on the list of queries")

    kit.run(act)


def silence(kit: Kit) -> None:
    """A device that says nothing is an error, never a value."""

    async def act(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        await driver.connect()
        wire.fault = "silent"
        await must_fail(driver, kit.readings(driver), ExecutionError, "the device is silent")
        await must_fail(driver, kit.effects(driver), ExecutionError, "the device is silent")

    kit.run(act)

    async def connect(driver: Instrument, _: SpoiltWire, __: NotingEnvelope) -> None:
        await must_fail(driver, _CONNECT, ConnectError, "nobody answers")

    kit.run(connect, fault="silent")


def garbage(kit: Kit) -> None:
    """Garbage is an error, and the driver works again after it."""

    async def act(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        await driver.connect()
        wire.fault = "garbage"
        for _turn in range(3):
            await must_fail(driver, kit.readings(driver), ExecutionError, "only garbage comes back")
        await must_fail(driver, kit.effects(driver), ExecutionError, "only garbage comes back")
        wire.fault = ""
        for name, reading in kit.readings(driver).items():
            assert await reading.call(driver) is not None, f"{name} must work again after garbage"

    kit.run(act)


def lost_port(kit: Kit) -> None:
    """A port that is gone is an error, and is found again."""

    async def act(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        await driver.connect()
        for name, reading in kit.readings(driver).items():
            wire.fault = "lost"
            for _turn in range(2):
                await must_fail(driver, {name: reading}, ExecutionError, "the port is gone")
            wire.fault = ""
            assert await reading.call(driver) is not None, f"{name} must work once the port is there again"

    kit.run(act)


def close(kit: Kit) -> None:
    """Closing lets the port go and sends nothing; a closed driver can connect again."""

    async def act(driver: Instrument, wire: SpoiltWire, _: NotingEnvelope) -> None:
        await driver.close()
        await driver.connect()
        await driver.close()
        sent = len(wire.sent)
        await driver.close()
        assert len(wire.sent) == sent, "closing must send nothing"
        assert (await driver.connect()).model, "a closed driver must be able to connect again"

    kit.run(act)


def state(kit: Kit) -> None:
    """A simulator's state survives JSON, and asking for it changes nothing."""

    async def act(driver: Instrument, _: SpoiltWire, __: NotingEnvelope) -> None:
        await driver.connect()
        for one in kit.everything(driver).values():
            await one.call(driver)

    _, used = kit.run(act)
    kept = used.state()
    text = json.dumps(kept, sort_keys=True, allow_nan=False)
    again = kit.make_simulator()
    again.restore(json.loads(text))
    assert json.dumps(again.state(), sort_keys=True) == text, "a simulator's state must survive JSON and restore"
    assert used.state() == kept, "asking for the state must not change it"

"""The envelope: nothing gets past it, whatever thinks above it."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zosimos.core.clock import Clock, run
from zosimos.core.errors import EnvelopeError, SpecError
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DELIVER, HALT, HOME
from zosimos.instruments.capabilities.measures_spectrum import EXPOSE, LIGHT, TURRET
from zosimos.instruments.capabilities.weighs import TARE
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.envelope import Envelope, Permit
from zosimos.instruments.envelope.limits import Budget, Counted, Limit, Limits
from zosimos.instruments.envelope.verbs import declared
from zosimos.instruments.identity import Identity
from zosimos.instruments.instrument import Instrument, Wiring
from zosimos.instruments.wire.framing import Lines
from zosimos.instruments.wire.link import LinkProfile, Sentinel
from zosimos.instruments.wire.port import Port

LEAST, MOST, TOTAL = 0.01, 1.0, 5.0
STOCKS = frozenset({"1", "2"})
LIMITS = Limits(
    {
        "pump": {
            ASPIRATE: Limit(STOCKS, LEAST, MOST),
            DELIVER: Limit(frozenset({"5"}), 0.0, MOST),
            HOME: Limit(frozenset({"9"})),
        },
        "lamp": {LIGHT: Limit(least=0.0, most=20.0), EXPOSE: Limit(least=1.0, most=500.0)},
    },
    (Budget("stock", (Counted("pump", ASPIRATE, STOCKS),), TOTAL),),
)


@dataclass
class RecordingPort:
    """A device that obeys everything, and writes down what it was told."""

    told: list[bytes] = field(default_factory=list)
    _replies: list[bytes] = field(default_factory=list)

    async def write(self, data: bytes) -> None:
        self.told.append(data)
        self._replies.append(b"hi\r\n" if data == b"hello\r\n" else b"done\r\n")

    async def read(self, deadline: float) -> bytes:
        if not self._replies:
            await asyncio.sleep(max(0.0, deadline - asyncio.get_running_loop().time()))
            return b""
        await asyncio.sleep(0.001)
        return self._replies.pop(0)

    async def close(self) -> None: ...

    @property
    def effects(self) -> list[bytes]:
        return [data.removesuffix(b"\r\n") for data in self.told if data.startswith(b"do ")]


class Obedient(Instrument):
    """A driver that sends whatever it is asked to, if the envelope lets it."""

    def _link_profile(self) -> LinkProfile:
        return LinkProfile(Lines(), Sentinel(b"hello", b"hi".__eq__), {b"hello", b"ask"}.__contains__)

    async def identify(self) -> Identity:
        return Identity("nobody", "obedient")

    async def safe_state(self) -> None:
        await self._do(Effect(self.name, HALT), b"halt")

    async def do(self, effect: Effect, payload: bytes) -> bytes:
        return await self._do(effect, payload)

    async def ask(self, payload: bytes) -> bytes:
        return await self._ask(payload)

    @property
    def link(self) -> Any:
        return self._link


def with_pump(
    act: Callable[[Obedient, RecordingPort, Envelope], Awaitable[None]], limits: Limits = LIMITS, name: str = "pump"
) -> RecordingPort:
    port = RecordingPort()

    async def main(_: Clock) -> None:
        async def opener() -> Port:
            return port

        envelope = Envelope(limits)
        await act(Obedient(Wiring(name, opener, envelope)), port, envelope)

    run(main, "virtual")
    return port


def allowed(effect: Effect, spent: Fraction) -> bool:
    """Say by other means than the envelope's whether an effect is inside the limits."""
    if type(effect.device) is not str or type(effect.channel) is not str or type(effect.verb) is not str:
        return False
    amount = effect.amount
    if amount is not None and (type(amount) not in (int, float) or amount != amount or abs(amount) == math.inf):
        return False
    if effect.verb == HALT:
        return amount is None or abs(amount) <= 10**12
    if effect.verb == LIGHT and amount == 0:
        return True
    if effect.device == "pump" and effect.verb == HOME:
        return effect.channel == "9" and amount is None
    if amount is None:
        return False
    slack = Fraction(1, 10**9)
    if effect.device == "pump" and effect.verb == ASPIRATE:
        fits = Fraction(LEAST) - slack <= Fraction(amount) <= Fraction(MOST) + slack
        return effect.channel in ("1", "2") and fits and spent + Fraction(amount) <= Fraction(TOTAL) + slack
    if effect.device == "pump" and effect.verb == DELIVER:
        return effect.channel == "5" and -slack <= Fraction(amount) <= Fraction(MOST) + slack
    return False


DEVICES: Sequence[Any] = (
    "pump",
    "pump",
    "pump",
    "lamp",
    "Pump",
    "pump ",
    "рump",
    "pu\u00admp",
    "",
    None,
    7,
    b"pump",
    ["pump"],
)


class Alike(str):
    """Says that it is whatever it is compared with, and has the hash of a halt."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return hash(HALT)


VERBS: Sequence[Any] = (
    *declared(), ASPIRATE, ASPIRATE, DELIVER, Alike("aspirate"), Alike("halt"), Alike("heat"),
    "aspirate", "halt", "Halt", "heat", "asрirate", "tare\u200b", "", None, 3, ("aspirate",), {"verb": "halt"},
)  # fmt: skip
CHANNELS: Sequence[Any] = (
    "1",
    "1",
    "2",
    "5",
    "9",
    "",
    "１",
    "²",
    "1 ",
    "01",
    "1\n",
    "1A3000R",
    1,
    True,
    None,
    b"1",
    ["1"],
)
AMOUNTS: Sequence[Any] = (
    None, 0.5, 1.0, 0.01, 0.0, -0.0, -0.5, -1e-10, 1e-10, 1e-300, 5e-324, 1.0 + 1e-10, 1.0 + 1e-8, 1.0000001, 20.0, 1,
    1e308, -1e308, 10**400, -(10**400), 10**5000, math.nan, -math.nan, math.inf, -math.inf, True, False, "0.5", "１",
    "nan", "", b"0.5", [0.5], {"mL": 0.5}, (0.5,), 0.5 + 0j, object(), Fraction(1, 2),
)  # fmt: skip


def hostile(chance: random.Random) -> Effect:
    amount = chance.choice(AMOUNTS) if chance.random() < 0.6 else chance.uniform(-0.2, 1.4)
    return Effect(chance.choice(DEVICES), chance.choice(VERBS), chance.choice(CHANNELS), amount)


def test_of_ten_thousand_hostile_effects_none_gets_past() -> None:
    chance = random.Random(7)
    effects = [hostile(chance) for _ in range(10_000)]
    expected: list[bytes] = []

    async def act(driver: Obedient, port: RecordingPort, envelope: Envelope) -> None:
        spent = Fraction(0)
        for number, effect in enumerate(effects):
            payload = b"do %d" % number
            before = len(port.told)
            if allowed(effect, spent) and effect.device == "pump":
                await driver.do(effect, payload)
                expected.append(payload)
                if effect.verb == ASPIRATE:
                    spent += Fraction(effect.amount)  # type: ignore[arg-type]  # it is a number
                continue
            with pytest.raises(EnvelopeError) as caught:
                await driver.do(effect, payload)
            assert str(caught.value)
            if not allowed(effect, spent):
                assert len(port.told) == before
        assert float(spent) == pytest.approx(TOTAL - envelope.left(LIMITS.budgets[0]))

    port = with_pump(act)
    assert port.effects == expected
    assert 50 < len(expected) < 1000


@pytest.mark.slow
@given(
    st.builds(
        Effect,
        st.one_of(st.sampled_from(DEVICES), st.text(max_size=6)),
        st.one_of(st.sampled_from(VERBS), st.text(max_size=10)),  # type: ignore[arg-type]  # that is the point
        st.one_of(st.sampled_from(CHANNELS), st.text(max_size=3)),
        st.one_of(st.sampled_from(AMOUNTS), st.floats(), st.integers()),
    )
)
@settings(max_examples=500)
def test_the_envelope_refuses_exactly_what_is_outside_the_limits(effect: Effect) -> None:
    envelope = Envelope(LIMITS)
    if allowed(effect, Fraction(0)):
        envelope.check(effect)
        return
    if effect.device == "lamp":
        return  # granted some things of its own, below
    with pytest.raises(EnvelopeError):
        envelope.permit(effect, b"x")
    assert envelope.left(LIMITS.budgets[0]) == TOTAL


def test_a_verb_without_a_channel_takes_none() -> None:
    envelope = Envelope(LIMITS)
    envelope.check(Effect("lamp", LIGHT, amount=20.0))
    for effect in (
        Effect("lamp", LIGHT, "1", 5.0),
        Effect("lamp", LIGHT, amount=20.1),
        Effect("lamp", LIGHT),
        Effect("lamp", TURRET, "1"),
    ):
        with pytest.raises(EnvelopeError, match="refused"):
            envelope.check(effect)


def test_a_limit_that_is_no_number_allows_nothing() -> None:
    for least, most in ((math.nan, 1.0), (0.0, math.nan), (1.0, 0.0)):
        envelope = Envelope(Limits({"pump": {LIGHT: Limit(least=least, most=most)}}))
        with pytest.raises(EnvelopeError, match="outside the limits"):
            envelope.check(Effect("pump", LIGHT, amount=0.5))


def test_refusal_names_what_is_allowed_and_that_nothing_was_sent() -> None:
    with pytest.raises(EnvelopeError) as caught:
        Envelope(LIMITS).check(Effect("pump", ASPIRATE, "1", 3.0))
    error = caught.value
    assert (error.field, error.allowed) == ("pump.aspirate", "0.01 to 1 mL")
    assert "nothing was sent" in error.hint


# --- the way to safety


@pytest.mark.parametrize("limits", [Limits(), Limits({"lamp": {LIGHT: Limit(least=5.0, most=20.0)}})])
def test_a_lamp_may_always_be_put_out_whatever_the_limits_start_at(limits: Limits) -> None:
    envelope = Envelope(limits)
    envelope.redeem(envelope.permit(Effect("lamp", LIGHT, amount=0.0), b"off"), "lamp", b"off")
    for amount in (1e-6, -1e-6, 4.9, 20.1, None):
        with pytest.raises(EnvelopeError):
            envelope.check(Effect("lamp", LIGHT, amount=amount))


def test_each_verb_that_is_safe_at_some_amount_may_go_there_without_a_grant() -> None:
    safe = {verb.name: verb.safe for verb in declared().values() if verb.safe is not None}
    assert set(safe) == {HALT, LIGHT}
    for verb, at in safe.items():
        Envelope(Limits()).check(Effect("any", verb, amount=at.amount))


# --- budgets


def shared(first: str = "pump", second: str = "other") -> tuple[Envelope, Budget]:
    budget = Budget("stock", tuple(Counted(one, ASPIRATE, STOCKS) for one in (first, second)), TOTAL)
    grant = {ASPIRATE: Limit(STOCKS, 0.0, 1.0)}
    return Envelope(Limits({first: grant, second: grant}, (budget,))), budget


def test_pumps_that_share_a_budget_draw_from_one_sum() -> None:
    envelope, budget = shared()
    envelope.count(Effect("pump", ASPIRATE, "1", 1.5))
    envelope.count(Effect("other", ASPIRATE, "2", 1.5))
    assert envelope.left(budget) == pytest.approx(2.0)
    for pump in ("pump", "other"):
        envelope.permit(Effect(pump, ASPIRATE, "1", 0.9), b"x")
    for pump in ("pump", "other"):
        with pytest.raises(EnvelopeError, match="budget 'stock' would be exceeded") as caught:
            envelope.check(Effect(pump, ASPIRATE, "1", 0.3))
        assert caught.value.allowed == "0.2 of 5 mL are left"


@given(st.lists(st.tuples(st.sampled_from(["pump", "other"]), st.floats(0.0, 1.0)), max_size=60))
def test_a_shared_budget_is_never_exceeded_in_whatever_order_pumps_draw(draws: list[tuple[str, float]]) -> None:
    envelope, budget = shared()
    spent = Fraction(0)
    for pump, amount in draws:
        try:
            envelope.permit(Effect(pump, ASPIRATE, "1", amount), b"x")
        except EnvelopeError:
            assert spent + Fraction(amount) > Fraction(TOTAL)
            continue
        spent += Fraction(amount)
    assert spent <= Fraction(TOTAL) + Fraction(1, 10**8)
    assert envelope.left(budget) == pytest.approx(TOTAL - float(spent))


def test_a_budget_over_different_units_is_refused() -> None:
    with pytest.raises(SpecError, match="has no sum") as caught:
        Budget("all", (Counted("pump", ASPIRATE, STOCKS), Counted("lamp", LIGHT, STOCKS)), 1.0)
    assert caught.value.value == "mA, mL"


def test_two_budgets_of_one_name_are_refused() -> None:
    with pytest.raises(SpecError, match="two budgets 'stock'"):
        Limits({}, (*LIMITS.budgets, *LIMITS.budgets))


@pytest.mark.slow
def test_a_budget_cannot_be_sneaked_past_by_small_amounts() -> None:
    limits = Limits({"pump": {ASPIRATE: Limit(STOCKS, 0.0, 1.0)}}, LIMITS.budgets)
    envelope, spent, refusals = Envelope(limits), Fraction(0), 0
    chance = random.Random(3)
    for _ in range(20_000):
        amount = chance.choice((0.3, 0.1, 1e-3, 1e-9, -1e-9, -5e-10, 1e-12, 0.0))
        try:
            envelope.permit(Effect("pump", ASPIRATE, chance.choice("12"), amount), b"x")
        except EnvelopeError:
            refusals += 1
            continue
        spent += max(Fraction(0), Fraction(amount))
    assert refusals > 1000
    assert spent <= Fraction(TOTAL) + Fraction(1, 10**8)


def test_negative_amounts_give_nothing_back() -> None:
    envelope = Envelope(LIMITS)
    for _ in range(1000):
        envelope.count(Effect("pump", ASPIRATE, "1", -1.0))
    assert envelope.left(LIMITS.budgets[0]) == TOTAL


def test_what_an_earlier_session_did_counts() -> None:
    envelope = Envelope(LIMITS)
    envelope.count(Effect("pump", ASPIRATE, "2", 4.5))
    with pytest.raises(EnvelopeError, match="budget 'stock' would be exceeded"):
        envelope.check(Effect("pump", ASPIRATE, "1", 0.6))
    envelope.check(Effect("pump", ASPIRATE, "1", 0.5))


def test_effects_at_the_same_time_share_one_budget() -> None:
    async def act(driver: Obedient, port: RecordingPort, _: Envelope) -> None:
        effects = [Effect("pump", ASPIRATE, "1", 0.4) for _ in range(40)]
        done = await asyncio.gather(
            *(driver.do(effect, b"do %d" % number) for number, effect in enumerate(effects)), return_exceptions=True
        )
        assert sum(one == b"done" for one in done) == 12
        assert sum(isinstance(one, EnvelopeError) for one in done) == 28

    assert len(with_pump(act).effects) == 12


# --- permits


class Forged(Permit):
    """Looks like any other permit."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return True


def test_permits_are_good_once_for_one_device_and_these_bytes() -> None:
    effect = Effect("pump", HOME, "9")

    async def act(driver: Obedient, port: RecordingPort, envelope: Envelope) -> None:
        await driver.link.ready()
        before = len(port.told)

        async def refused(permit: Any, payload: bytes = b"do it") -> None:
            with pytest.raises(EnvelopeError):
                await driver.link.command(payload, permit)
            assert len(port.told) == before

        real = envelope.permit(effect, b"do it")
        for forged in (Permit(effect, b"do it"), replace(real), Forged(effect, b"do it"), None, object(), b"do it"):
            await refused(forged)
        await refused(real, b"do more")
        await refused(real)  # the try used it up
        await refused(Envelope(LIMITS).permit(effect, b"do it"))

        other = envelope.permit(Effect("lamp", LIGHT, amount=1.0), b"do it")
        await refused(other)

        mutated = envelope.permit(effect, b"do little")
        object.__setattr__(mutated, "payload", b"do it")
        await refused(mutated)
        turned = envelope.permit(Effect("lamp", LIGHT, amount=1.0), b"do it")
        object.__setattr__(turned, "effect", effect)
        await refused(turned)

        good = envelope.permit(effect, b"do it")
        assert await driver.link.command(b"do it", good) == b"done"
        before = len(port.told)
        await refused(good)

    assert with_pump(act).effects == [b"do it"]


def test_a_permit_holds_the_bytes_as_they_were() -> None:
    envelope, payload = Envelope(LIMITS), bytearray(b"A1R")
    permit = envelope.permit(Effect("pump", HOME, "9"), payload)  # type: ignore[arg-type]  # mutable on purpose
    payload[:] = b"A9R"
    with pytest.raises(EnvelopeError):
        envelope.redeem(permit, "pump", bytes(payload))


def test_halting_needs_no_leave_and_nothing_else_goes_without() -> None:
    async def act(driver: Obedient, port: RecordingPort, _: Envelope) -> None:
        for verb in declared():
            if verb != HALT:
                with pytest.raises(EnvelopeError):
                    await driver.do(Effect("pump", verb), b"do it")
        assert port.told == []
        await driver.safe_state()

    port = with_pump(act, Limits())
    assert port.effects == []
    assert port.told[-1] == b"halt\r\n"


@pytest.mark.parametrize("payload", [b"do it", b"halt", b"ask ", b"Ask", b"ask\r\ndo it", b"", b"\x00", "аsk".encode()])
def test_a_query_that_is_not_on_the_list_is_refused(payload: bytes) -> None:
    async def act(driver: Obedient, port: RecordingPort, _: Envelope) -> None:
        with pytest.raises(EnvelopeError, match="list of queries"):
            await driver.ask(payload)
        assert port.told == []
        assert await driver.ask(b"ask") == b"done"

    with_pump(act)


# --- limits are frozen


def test_limits_cannot_be_changed() -> None:
    limit = LIMITS.devices["pump"][ASPIRATE]
    for target, name, value in (
        (LIMITS, "devices", {}),
        (LIMITS, "budgets", ()),
        (limit, "most", 50.0),
        (limit, "channels", frozenset("123")),
        (LIMITS.budgets[0], "total", 1e9),
        (Effect("pump", HOME, "9"), "channel", "1"),
        (Permit(Effect("pump", HOME, "9"), b"x"), "payload", b"y"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(target, name, value)
    devices: Any = LIMITS.devices
    with pytest.raises(TypeError):
        devices["lamp"] = {}
    with pytest.raises(TypeError):
        devices["pump"][TARE] = Limit()
    with pytest.raises(AttributeError):
        limit.channels.add("3")  # type: ignore[attr-defined]


def test_limits_do_not_follow_what_they_were_made_from() -> None:
    verbs = {HOME: Limit(frozenset({"9"}))}
    limits = Limits({"pump": verbs})
    verbs[LIGHT] = Limit(least=0.0, most=1.0)
    with pytest.raises(EnvelopeError):
        Envelope(limits).check(Effect("pump", LIGHT, amount=0.5))
    assert limits == Limits({"pump": {HOME: Limit(frozenset({"9"}))}})

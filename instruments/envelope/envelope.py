"""The envelope: turns an effect into a permit, or refuses; the wire carries no effect's bytes without one.

A permit is good once, for one device and exactly the bytes it was issued for. What a device or verb is not granted in
the limits, it may not do, and a verb that no installed capability declares may not be done at all: the envelope fails
closed. Only the way to safety is always open: an effect that can only make things safer (a lamp to 0, a halt) needs no
grant and knows no limit. What is safe is what the verb's capability declares, whatever a driver claims. Amounts count
towards the campaign's budgets when the permit is issued, so that an effect whose outcome stays unknown has been paid
for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zosimos.core.errors import EnvelopeError
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.limits import Budget, Limit, Limits
from zosimos.instruments.envelope.verbs import declared

_ROUNDING = 1e-9
_LARGEST = 1e12


@dataclass(frozen=True, eq=False)
class Permit:
    """Leave to send these bytes to this device, once. Only the envelope's own permits count, by identity."""

    effect: Effect
    payload: bytes


class Envelope:
    """Checks effects against limits.

    Args:
        limits: what is allowed.
        may_send: called before bytes leave, with whether they only stop a device; raises if they must not leave.
    """

    def __init__(self, limits: Limits, may_send: Callable[[bool], None] = lambda _: None) -> None:
        self._limits = limits
        self._may_send = may_send
        self._spent = dict.fromkeys((budget.name for budget in limits.budgets), 0.0)
        self._open: dict[int, tuple[Permit, str, bytes]] = {}  # by identity, with what each was issued for

    def check(self, effect: Effect) -> None:
        """Refuse an effect that is outside the limits or would exceed a budget.

        Raises:
            EnvelopeError: it is; names the device, the value and what is allowed.
        """
        _check_form(effect)
        if effect.verb not in declared():
            raise _refusal(effect, f"no capability declares {effect.verb}", ", ".join(sorted(declared())) or "nothing")
        if effect.is_safe:
            return
        limit = self._limits.devices.get(effect.device, {}).get(effect.verb)
        if limit is None:
            granted = sorted(self._limits.devices.get(effect.device, {}))
            raise _refusal(effect, f"{effect.device} may not {effect.verb}", ", ".join(granted) or "nothing")
        if effect.channel not in limit.channels and (limit.channels or effect.channel):
            allowed = ", ".join(sorted(limit.channels)) or "no channel"
            raise _refusal(effect, f"{effect.verb} is not allowed at {effect.channel!r}", allowed)
        _check_amount(effect, limit)
        for budget in self._limits.budgets:
            if budget.covers(effect) and self._spent[budget.name] + (effect.amount or 0.0) > budget.total + _ROUNDING:
                left = f"{max(0.0, self.left(budget)):.6g} of {budget.total:g} {budget.unit}".rstrip() + " are left"
                raise _refusal(effect, f"the budget {budget.name!r} would be exceeded", left)

    def most(self, device: str, verb: str) -> float:
        """Return the largest amount of one effect; 0 where it is not granted."""
        limit = self._limits.devices.get(device, {}).get(verb)
        return limit.most if limit is not None and limit.most is not None else 0.0

    def permit(self, effect: Effect, payload: bytes) -> Permit:
        """Return leave to send an effect's bytes, and count its amount.

        Raises:
            EnvelopeError: the effect is outside the limits.
        """
        self.check(effect)
        self.count(effect)
        permit = Permit(effect, bytes(payload))
        self._open[id(permit)] = permit, effect.device, permit.payload
        return permit

    def redeem(self, permit: Permit, device: str, payload: bytes) -> None:
        """Use a permit up.

        Raises:
            EnvelopeError: it is none of this envelope's, was used before, or is for another device or other bytes.
        """
        issued, for_device, for_payload = self._open.pop(id(permit), (None, "", b""))
        if issued is not permit:
            raise EnvelopeError(f"{device}: no bytes without a permit", field=device)
        if for_device != device or for_payload != payload:
            raise EnvelopeError(f"{device}: the permit is for {for_device}, or for other bytes", field=device)

    def require_right(self, *, stopping: bool) -> None:
        """Refuse to let any byte leave once this process has no right to the devices.

        Args:
            stopping: whether the bytes only stop a device.

        Raises:
            LedgerError: another process has the right, or may have it.
        """
        self._may_send(stopping)

    def count(self, effect: Effect) -> None:
        """Count an effect towards the budgets, such as one that an earlier session did."""
        for budget in self._limits.budgets:
            if budget.covers(effect):
                self._spent[budget.name] += max(0.0, effect.amount or 0.0)

    def left(self, budget: Budget) -> float:
        """Return how much of a budget is left for all that shares it, in the budget's unit."""
        return budget.total - self._spent[budget.name]

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The campaign's budgets."""
        return self._limits.budgets


def _check_form(effect: Effect) -> None:
    """Refuse what is no effect: a text for a number, a look-alike of a text or of an effect.

    Types are compared exactly: a subclass could say that it equals a verb that is safe. Parts are named, never
    formatted.
    """
    if type(effect) is not Effect:
        raise _no_effect((effect,))
    parts: tuple[object, ...] = (effect.device, effect.verb, effect.channel, effect.amount)
    device, verb, channel, amount = parts
    texts = all(type(text) is str for text in (device, verb, channel))
    if not (texts and (amount is None or type(amount) in (int, float))):
        raise _no_effect(parts)
    if isinstance(amount, int | float) and not abs(amount) <= _LARGEST:
        raise EnvelopeError(
            f"refused: {device} cannot {verb} without a bound",
            field=f"{device}.{verb}",
            allowed="a finite number",
            hint="nothing was sent",
        )


def _no_effect(parts: tuple[object, ...]) -> EnvelopeError:
    return EnvelopeError(
        "refused: that is no effect",
        field="effect",
        value=", ".join(type(part).__name__ for part in parts),
        allowed="an Effect of a device's name, a verb's name, a channel's name, a number or none",
        hint="nothing was sent",
    )


def _check_amount(effect: Effect, limit: Limit) -> None:
    if limit.least is None or limit.most is None:
        if effect.amount is not None:
            raise _refusal(effect, f"{effect.verb} takes no amount", "none")
        return
    unit = effect.unit
    allowed = f"{limit.least:g} to {limit.most:g} {unit}".rstrip()
    amount = effect.amount
    if amount is None:
        raise _refusal(effect, f"{effect.verb} needs an amount", allowed)
    if not limit.least - _ROUNDING <= amount <= limit.most + _ROUNDING:
        raise _refusal(effect, f"{effect.verb} {amount:g} {unit} is outside the limits".replace("  ", " "), allowed)


def _refusal(effect: Effect, message: str, allowed: str) -> EnvelopeError:
    return EnvelopeError(
        f"refused: {message}",
        field=f"{effect.device}.{effect.verb}",
        value=str(effect),
        allowed=allowed,
        hint="nothing was sent; only the lab file can widen the limits, before a campaign",
    )

"""Probing: did a stroke happen? The plunger says, and the balance must agree."""

from __future__ import annotations

from zosimos.campaign.lab import Probe
from zosimos.core.errors import ExecutionError
from zosimos.instruments.capabilities.dispenses import ASPIRATE, DISPENSES, Dispenses
from zosimos.instruments.capabilities.weighs import TARE, WEIGHS, Weighs
from zosimos.workcell.execution.unsettled import Unsettled
from zosimos.workcell.liquids.content import content_of

_SLACK_G = 0.02
_SLACK_SHARE = 0.03
_LEAST_G = 0.002  # less than that a balance in a lab does not tell


async def stroke_happened(unsettled: Unsettled) -> Probe:
    """Say whether a stroke that was announced and never reported did happen.

    A stroke is absolute: before it the plunger stood at its start, after it at its end, and a pump finishes what it was
    told even if nobody listens any more. Liquid that went into or out of a station's vessel must also show on the
    station's balance since it was tared.
    """
    effect, step = unsettled.effect, unsettled.step
    pump: Dispenses = unsettled.device(DISPENSES.name)
    state = await pump.settled()
    start, amount = float(step.params["start"]), float(effect.amount or 0.0)
    end = start + amount if effect.verb == ASPIRATE else start - amount
    near = 1.5 * pump.resolution_ml
    at_start, at_end = abs(state.volume_ml - start) <= near, abs(state.volume_ml - end) <= near
    if at_start == at_end:
        return Probe(
            "unknown", why=f"the plunger stands at {state.volume_ml:.4g} mL, between {start:.4g} and {end:.4g}"
        )
    doubt = await _weighed(unsettled, happened=at_end)
    if doubt:
        return Probe("unknown", why=doubt)
    return Probe("done", unsettled.result()) if at_end else Probe("undone")


async def _weighed(unsettled: Unsettled, *, happened: bool) -> str:
    """Return what the balance says against the plunger; empty if it agrees, or cannot say."""
    deck, step, station = unsettled.deck, unsettled.step, unsettled.station
    balance = next((name for name in station.devices.values() if isinstance(deck.instruments[name], Weighs)), None)
    if balance is None or step.params["place"] not in station.ports:
        return ""
    since = unsettled.before
    tared = max((one.index for one in since if one.name == TARE and one.status == "done"), default=None)
    if tared is None:
        return ""
    content = content_of(deck.lab, station, since, tared)
    if content.volume_ml < 0:
        return ""  # drained beyond what was put in since: air came along, so the volumes say nothing of the weight
    if happened:
        content.take(deck.lab, station, step)
    expected = max(0.0, content.mass_g)
    try:
        weight = await deck.device(balance, WEIGHS.name).weigh()
    except ExecutionError as error:
        return f"the balance cannot confirm it: {error.message}"
    if step.name == ASPIRATE or content.volume_ml < 0:
        return ""  # a drain may draw air: less weight than expected proves nothing
    # No more than half of the stroke: or a stroke that went elsewhere could not be told from one that arrived.
    half = float(step.params["amount"]) * content.loaded(step) / 2
    slack = max(_LEAST_G, min(_SLACK_G + _SLACK_SHARE * expected, half))
    if abs(weight.value_g - expected) > slack:
        said = "happened" if happened else "did not happen"
        return f"the plunger says it {said}, but {balance} shows {weight.value_g:.4f} g, not {expected:.4f} g"
    return ""

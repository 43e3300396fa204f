"""How step events change the list of an experiment's steps: part of :mod:`zosimos.campaign.record.fold`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.bodies import flag, mapped, number, text
from zosimos.campaign.record.experiment import Step

ASK = "ask"
_AGAIN = ("intended", "undone")


def intended(steps: list[Step], body: Mapping[str, Any], event: Event) -> None:
    """Take in an effect that was announced, for the first time or again.

    Raises:
        ValueError: it is out of order.
    """
    index, attempt = number(body, "step"), number(body, "attempt")
    step = Step(index, text(body, "name"), mapped(body, "params"), flag(body, "repeatable"), attempt, began=event.at)
    step.at, step.seq = event.at, event.seq
    if index == len(steps) and attempt == 1:
        steps.append(step)
    elif index == len(steps) - 1 and attempt == steps[index].attempt + 1 and steps[index].status in _AGAIN:
        steps[index] = step
    else:
        raise ValueError(f"step {index}, attempt {attempt}, is out of order")


def settled(
    status: Literal["done", "undone", "failed"], steps: list[Step], body: Mapping[str, Any], event: Event
) -> None:
    """Take in how an announced effect ended.

    Raises:
        ValueError: it was not under way.
    """
    index = number(body, "step")
    if index not in range(len(steps)):
        raise ValueError(f"step {index} was never announced")
    step = steps[index]
    if step.attempt != body["attempt"] or step.status != "intended":
        raise ValueError(f"step {step.index}, attempt {body['attempt']}, is not under way")
    step.status, step.how, step.at, step.seq = status, text(body, "how"), event.at, event.seq
    step.result = body.get("result")


def read(steps: list[Step], body: Mapping[str, Any], event: Event) -> None:
    """Take in a reading.

    Raises:
        ValueError: it is out of order.
    """
    index = number(body, "step")
    if index != len(steps):
        raise ValueError(f"reading {index} is out of order")
    step = Step(index, text(body, "name"), mapped(body, "params"), True, 1, "done", body["result"], "read")
    if body["failed"] is not None:
        step.status, step.result = "failed", text(body, "failed")
    step.began, step.at, step.seq = text(body, "began"), text(body, "ended"), event.seq
    steps.append(step)


def asked(steps: list[Step], body: Mapping[str, Any], event: Event) -> None:
    """Take in that an operator was asked to do something.

    Raises:
        ValueError: it is out of order.
    """
    if body["step"] != len(steps):
        raise ValueError(f"question {body['step']} is out of order")
    step = Step(body["step"], ASK, {"text": body["text"]}, True, 1, how=ASK, began=event.at)
    step.at, step.seq = event.at, event.seq
    steps.append(step)


def answered(steps: list[Step], index: int, body: Mapping[str, Any], event: Event) -> None:
    """Take in the operator's answer.

    Raises:
        ValueError: nobody had asked.
    """
    step = steps[index]
    if step.name != ASK or step.status != "intended":
        raise ValueError(f"step {index} is no open question")
    step.status, step.result = ("done", None) if body["yes"] else ("failed", body["reason"])
    step.at, step.seq = event.at, event.seq

"""Errors one can read: what went wrong between us and a chat server, in words, without the key."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from zosimos.agent.models.answers import CutOffError
from zosimos.agent.models.bounded import TooLongError
from zosimos.agent.models.turn import Limits
from zosimos.agent.quotation import disarmed
from zosimos.core.errors import ModelError

_SHOWN = 300
_BACKOFF_S = 0.5
_AGAIN = (408, 409, 429)


class Readable:
    """Makes errors for a person of what one model's client raises.

    Args:
        name: the model, as the server calls it.
        key: the key, which is shown nowhere.
    """

    def __init__(self, name: str, key: str) -> None:
        self._name = name
        self._key = key

    def error(self, error: Exception, limits: Limits) -> ModelError:
        """Return what the client raised as an error for a person."""
        if not isinstance(error, openai.OpenAIError):
            return self._no_completion(error)
        what, hint = self._told(error, limits)
        shown = self._shown(str(error)) or self._name
        return ModelError(what, field="model", value=shown, hint=f"{hint}; or use --model offline")

    def late(self, seconds: float) -> ModelError:
        """Return the error of a request that took too long."""
        return ModelError(
            f"the model {self._name} did not answer in time: {seconds:.3g} s",
            field="model",
            value=self._name,
            hint="try again, or a smaller model; or use --model offline",
        )

    def busy(self, pause: float, patience: float) -> ModelError:
        """Return the error of a server that asks for a longer pause than is waited for."""
        return ModelError(
            f"the server of {self._name} is busy and asks to wait {pause:.3g} s; at most {patience:.3g} s are waited",
            field="model",
            value=self._name,
            hint="try again later; or use --model offline",
        )

    def nothing(self, cut: bool) -> ModelError:
        """Return the error of an answer that says nothing and calls nothing."""
        why = ": it came to its limit of tokens before it said anything" if cut else ""
        return ModelError(
            f"the model {self._name} said nothing{why}",
            field="model",
            value=self._name,
            hint="say it in other words, or ask another model; or use --model offline",
        )

    def _no_completion(self, error: Exception) -> ModelError:
        return ModelError(
            f"the model {self._name} answered something that is no chat completion",
            field="model",
            value=self._shown(f"{type(error).__name__}: {error}"),
            hint="check that --base-url leads to a server that speaks OpenAI's protocol; it usually ends in /v1",
        )

    def _told(self, error: openai.OpenAIError, limits: Limits) -> tuple[str, str]:
        name = self._name
        match error:
            case openai.RateLimitError():
                return f"the model {name} is busy, or its quota is used up (429)", "wait, then try again"
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                return (
                    f"the server of {name} refuses the key",
                    "check the key in the environment; none goes to an address that only zosimos.toml names",
                )
            case openai.NotFoundError():
                return f"the server knows no model {name}, or nothing is at that address", "check both"
            case openai.APIStatusError(status_code=code) if code >= 500:
                return f"the server of {name} failed ({code})", "try again later, or another model"
            case openai.APIStatusError(status_code=code):
                return f"the server of {name} refuses the request ({code})", "see what it says"
            case openai.APITimeoutError():
                return f"the model {name} did not answer in time", "try again, or a smaller model"
            case openai.OpenAIError() if any(isinstance(one, TooLongError) for one in causes(error)):
                most = limits.answer_bytes
                return f"the model {name} answered without an end: more than {most} bytes", "try another model"
            case openai.OpenAIError() if _lost(error):
                return f"the answer of {name} was cut off before its end", "try again"
            case openai.APIConnectionError():
                return f"the server of {name} cannot be reached", "check --base-url and whether it runs"
            case _:
                return f"the model {name} gave no answer one can use", "try again, or another model"

    def _shown(self, text: str) -> str:
        """Return what a server said, shortened, disarmed and without the key."""
        if len(self._key) > 4:
            text = text.replace(self._key, "***")
        return disarmed(re.sub(r"\bsk-[\w*-]+", "***", text)[:_SHOWN])


def pause_before(error: Exception, attempt: int) -> float | None:
    """Return how many seconds to wait before a request is made again; None where that would be of no use.

    Args:
        error: what came of it.
        attempt: how many were made before, from 0.
    """
    backoff = _BACKOFF_S * 2.0**attempt
    if isinstance(error, openai.APIStatusError):
        code = error.status_code
        if error.code == "insufficient_quota" or (code not in _AGAIN and code < 500) or code == 501:
            return None
        asked = _asked(error.response.headers)
        return backoff if asked is None else asked
    return backoff if _lost(error) else None


def _lost(error: BaseException) -> bool:
    """Say whether there was a connection, and it was lost."""
    lost = {"RemoteProtocolError", "ReadError", "WriteError"}  # of the HTTP library's errors, whichever it is
    return any(isinstance(one, CutOffError) or type(one).__name__ in lost for one in causes(error))


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came of: frameworks wrap what clients raise, which wrap what came over the wire."""
    while error is not None:
        yield error
        error = error.__cause__


def _asked(headers: object) -> float | None:
    """Return the pause that a server asks for: in milliseconds, in seconds, or until a date."""
    get = getattr(headers, "get")  # noqa: B009 - whichever HTTP library it is of
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        until = parsedate_to_datetime(get("retry-after", ""))
        return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None

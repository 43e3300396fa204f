"""A model behind OpenAI's chat protocol, through langchain-openai: any server, few retries, errors one can read."""

from __future__ import annotations

import re
from typing import Any, Self

import openai
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from zosimos.agent.quotation import disarmed
from zosimos.core.errors import ModelError

TIMEOUT_S = 60.0
RETRIES = 2  # of 429, 5xx and lost connections; the client waits between them as the server asks
_SHOWN = 300


class CompatibleModel(ChatOpenAI):
    """A chat model whose every failure is a ModelError."""

    @classmethod
    def of(cls, name: str, base_url: str, api_key: str, timeout_s: float = TIMEOUT_S) -> Self:
        """Return the model of a name at an address.

        Args:
            name: as the server calls it.
            base_url: the address up to ``/v1``.
            api_key: what the server wants to see.
            timeout_s: how long one attempt may take.
        """
        return cls(
            model=name,
            base_url=base_url,
            api_key=SecretStr(api_key),
            timeout=timeout_s,
            max_retries=RETRIES,
            use_responses_api=False,
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        try:
            found = super()._generate(messages, stop, run_manager, **kwargs)
            if not found.generations:
                raise ValueError("no choices")  # noqa: TRY301 - one message for every answer of another shape
        except openai.OpenAIError as error:
            raise self._readable(error) from error
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            # what the client does with an answer that is no JSON, or JSON of another shape
            raise ModelError(
                f"the model {self.model_name} answered something that is no chat completion",
                field="model",
                value=self._shown(f"{type(error).__name__}: {error}"),
                hint="check that --base-url leads to a server that speaks OpenAI's protocol; it usually ends in /v1",
            ) from error
        return found

    def _readable(self, error: openai.OpenAIError) -> ModelError:
        name = self.model_name
        match error:
            case openai.RateLimitError():
                what, hint = f"the model {name} is busy, or its quota is used up (429)", "wait, then try again"
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                what, hint = (
                    f"the server of {name} refuses the key",
                    "check the key in the environment; none goes to an address that only zosimos.toml names",
                )
            case openai.NotFoundError():
                what, hint = f"the server knows no model {name}, or nothing is at that address", "check both"
            case openai.APIStatusError(status_code=code) if code >= 500:
                what, hint = f"the server of {name} failed ({code})", "try again later, or another model"
            case openai.APIStatusError(status_code=code):
                what, hint = f"the server of {name} refuses the request ({code})", "see what it says"
            case openai.APITimeoutError():
                what, hint = f"the model {name} did not answer in time", "try again, or a smaller model"
            case openai.APIConnectionError():
                what, hint = f"the server of {name} cannot be reached", "check --base-url and whether it runs"
            case _:
                what, hint = f"the model {name} gave no answer one can use", "try again, or another model"
        return ModelError(what, field="model", value=self._shown(str(error)), hint=f"{hint}; or use --model offline")

    def _shown(self, text: str) -> str:
        """Return what a server said, shortened, disarmed and without the key."""
        key = self.openai_api_key.get_secret_value() if isinstance(self.openai_api_key, SecretStr) else ""
        if len(key) > 4:
            text = text.replace(key, "***")
        return disarmed(re.sub(r"\bsk-[\w*-]+", "***", text)[:_SHOWN])

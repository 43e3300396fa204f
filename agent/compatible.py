"""A model behind OpenAI's chat protocol, through langchain-openai: any server, few retries, errors one can read.

Servers differ in what they know. What one refuses (status 400: tools, a choice of them, a temperature) is left out from
then on; where tools are, they are described in words, and calls are read from what the model says. One request has
:data:`TOTAL_S` in all, however a server drips.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import httpx
import openai
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from zosimos.agent.data import as_data
from zosimos.agent.quotation import disarmed
from zosimos.agent.spoken_calls import calls_in, without_thoughts
from zosimos.agent.wire import Bounded, completion
from zosimos.core import background
from zosimos.core.errors import ModelError

TIMEOUT_S = 60.0
TOTAL_S = 150.0
"""How long a request may take in all, attempts and waits included."""
RETRIES = 2  # of 429, 5xx and lost connections; the client waits between them as the server asks
_SHOWN = 300
_OPTIONAL = ("tool_choice", "temperature", "parallel_tool_calls", "stream_options", "response_format", "tools")
_TOOLS = """

You may call a tool, or several, by answering with JSON and nothing else: {"name": "TOOL", "arguments": {...}}. These
are the tools:
"""


class CompatibleModel(ChatOpenAI):
    """A chat model whose every failure is a ModelError."""

    _without: set[str] = PrivateAttr(default_factory=set)  # what the server refused
    _calls_natively: bool = PrivateAttr(False)
    _total_s: float = PrivateAttr(TOTAL_S)

    @classmethod
    def of(cls, name: str, base_url: str, api_key: str, timeout_s: float = TIMEOUT_S, total_s: float = TOTAL_S) -> Self:
        """Return the model of a name at an address.

        Args:
            name: as the server calls it.
            base_url: the address up to ``/v1``.
            api_key: what the server wants to see.
            timeout_s: how long one attempt may take without a sign of life.
            total_s: how long a request may take in all.
        """
        found = cls(
            model=name,
            base_url=base_url,
            api_key=SecretStr(api_key),
            timeout=timeout_s,
            max_retries=RETRIES,
            temperature=0.0,
            use_responses_api=False,
            http_client=httpx.Client(transport=Bounded(), timeout=timeout_s),
        )
        found._total_s = total_s
        return found

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        try:
            found = self._answered(messages, stop, run_manager, kwargs)
            if not found.generations:
                raise ValueError("no choices")  # noqa: TRY301 - one message for every answer of another shape
        except openai.OpenAIError as error:
            raise self._readable(error) from error
        except TimeoutError as error:
            raise ModelError(
                f"the model {self.model_name} did not answer in {self._total_s:g} s",
                field="model",
                value=self.model_name,
                hint="try again, or a smaller model; or use --model offline",
            ) from error
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            # what the client does with an answer that is no JSON, or JSON of another shape
            raise ModelError(
                f"the model {self.model_name} answered something that is no chat completion",
                field="model",
                value=self._shown(f"{type(error).__name__}: {error}"),
                hint="check that --base-url leads to a server that speaks OpenAI's protocol; it usually ends in /v1",
            ) from error
        for generation in found.generations:
            self._understand(generation.message, _names(kwargs.get("tools", ())))
        return found

    def _answered(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        run_manager: CallbackManagerForLLMRun | None,
        kwargs: dict[str, Any],
    ) -> ChatResult:
        """Ask, each time without what the server has refused."""
        while True:
            told = _in_words(messages, kwargs.get("tools", ())) if "tools" in self._without else messages
            asking = background.started(partial(super()._generate, told, stop, run_manager, **kwargs))
            try:
                return asking.result(self._total_s)
            except openai.APIStatusError as error:
                refused = self._refused(error, kwargs)
                if not refused:
                    raise
                self._without.add(refused)

    def _refused(self, error: openai.APIStatusError, kwargs: dict[str, Any]) -> str:
        """Return what a server may be without: what it names, or else what it is likeliest not to know."""
        if error.status_code not in (400, 404, 422, 500, 501) or isinstance(error, openai.NotFoundError):
            return ""
        sent = {"temperature", *(name for name in kwargs if kwargs[name] is not None)} - self._without
        left = [name for name in _OPTIONAL if name in sent]
        named = next((name for name in left if name in str(error)), "")
        blind = next((name for name in ("tool_choice", "tools") if name in left), "")
        if error.status_code >= 500:  # an accident, unless it says what of
            return named if re.search(r"\bsupport|\bunknown|\bjinja", str(error), re.IGNORECASE) else ""
        return named or blind

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        without = self._without | ({"tool_choice", "parallel_tool_calls"} if "tools" in self._without else set())
        return {name: value for name, value in payload.items() if name not in without}

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        return super()._create_chat_result(completion(response), generation_info)

    def _understand(self, message: BaseMessage, offered: Sequence[str]) -> None:
        """Take thoughts out of a message, and calls that were written as text where the model makes no others."""
        if not isinstance(message, AIMessage):
            return
        if message.tool_calls:
            self._calls_natively = True
        text = without_thoughts(message.text)
        calls, rest = ([], text) if self._calls_natively or not offered else calls_in(text, offered)
        message.content = rest
        message.tool_calls += [
            {"name": call.name, "args": dict(call.arguments), "id": f"spoken-{place}", "type": "tool_call"}
            for place, call in enumerate(calls, start=1)
        ]

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


def _names(tools: Sequence[dict[str, Any]]) -> list[str]:
    return [str(tool.get("function", {}).get("name", "")) for tool in tools]


def _in_words(messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]]) -> list[BaseMessage]:
    """Return messages for a server that knows no tools: these are described, calls and what came of them told."""
    described = _TOOLS + json.dumps([tool.get("function", tool) for tool in tools], ensure_ascii=False)
    told: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, SystemMessage):
            told.append(SystemMessage(message.text + described))
        elif isinstance(message, ToolMessage):
            told.append(HumanMessage(f"The tool {message.name} returned: {as_data(message.text)}"))
        elif isinstance(message, AIMessage) and message.tool_calls:
            calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
            told.append(AIMessage(json.dumps(calls if len(calls) > 1 else calls[0], ensure_ascii=False)))
        else:
            told.append(message)
    return told

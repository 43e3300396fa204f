"""A model behind OpenAI's chat protocol, through langchain-openai: any server, limits that hold, errors one can read.

What a server refuses is left out from then on, down to the tools, which are then described in words. Calls that a model
writes as text are read where it is not known to make them as the protocol says. An answer that says nothing is an
error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Self

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI
from pydantic import PrivateAttr, SecretStr

from zosimos.agent.models.bounded import BoundedClient
from zosimos.agent.models.calls import calls_in, without_thoughts
from zosimos.agent.models.exchange import exchange
from zosimos.agent.models.prices import Price, cost_usd
from zosimos.agent.models.readable import Readable, causes, pause_before
from zosimos.agent.models.refusals import STREAM, TOOLS, refused_part, without
from zosimos.agent.models.turn import Turn, current
from zosimos.agent.models.usage import Usage
from zosimos.agent.quotation import disarmed
from zosimos.core import background

RETRIES = 2  # of 429, 5xx and lost connections, after the pause that the server asks for
_GRACE_S = 0.1  # in which a request that ends by itself may say why
_CHARACTERS = 4  # of a token in English, about
_GOES_ON = " […]"  # where an answer came to its limit of tokens
_LOOKED_AT = 10_000  # characters of an answer, for one that can be seen


class CompatibleModel(ChatOpenAI):
    """A chat model whose every failure is a ModelError, within the limits of the turn that is under way."""

    _refused: frozenset[str] = PrivateAttr(frozenset())
    _native: bool = PrivateAttr(False)
    _http: BoundedClient = PrivateAttr()
    _own_price: Price | None = PrivateAttr(None)

    @classmethod
    def of(cls, name: str, base_url: str, api_key: str, *, native: bool = False, price: Price | None = None) -> Self:
        """Return the model of a name at an address.

        Args:
            name: as the server calls it.
            base_url: the address up to ``/v1``.
            api_key: what the server wants to see.
            native: whether it is known to make calls as the protocol says; else that is found out.
            price: what a person says that it costs; None: what the tables say.
        """
        http = BoundedClient(api_key)
        found = cls(
            model=name,
            base_url=base_url,
            api_key=SecretStr(api_key),
            http_client=http,
            max_retries=0,  # ours know how much time is left
            use_responses_api=False,
            disable_streaming=True,
        )
        found._http, found._native, found._own_price = http, native, price
        return found

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        turn = current()
        streamed = {} if turn.hearing is None else {"stream": True, "stream_options": {"include_usage": True}}
        options = {"temperature": 0.0, "stop": stop, **streamed, **kwargs}
        options = {name: value for name, value in options.items() if value is not None}
        began = turn.now()
        found = self._answered(messages, options, run_manager, turn)
        message = found.generations[0].message
        assert isinstance(message, AIMessage), "answers are made to be an assistant's"
        turn.spend(self._label, self._usage(message, messages, options), turn.now() - began)
        read = self._read(message, options, len(messages))
        cut = (found.generations[0].generation_info or {}).get("finish_reason") == "length"
        if not (read.tool_calls or read.invalid_tool_calls):
            if not disarmed(read.text[:_LOOKED_AT]).strip():
                raise self._readable().nothing(cut)
            read.content = read.text + _GOES_ON if cut else read.text
        tools, choice, left_out = options.get(TOOLS) or (), options.get("tool_choice"), sorted(self._refused)
        turn.heard(exchange(self._label, messages, read, tools=tools, choice=choice, left_out=left_out))
        return ChatResult(
            generations=[ChatGeneration(message=read, generation_info=found.generations[0].generation_info)],
            llm_output=found.llm_output,
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the signature is langchain's
        **kwargs: Any,
    ) -> ChatResult:
        """Answer in a thread: the client's asynchronous half knows none of these limits."""
        return await asyncio.to_thread(self._generate, messages, stop, None, **kwargs)

    def _answered(
        self, messages: list[BaseMessage], options: Mapping[str, Any], run: CallbackManagerForLLMRun | None, turn: Turn
    ) -> ChatResult:
        """Return the answer to the most of a request that the server takes, and remember what that is.

        Raises:
            ModelError: there is none.
        """
        refused, first, attempt = self._refused, None, 0
        while True:
            asked, sent = without(refused, messages, options)
            try:
                found = self._requested(asked, sent, run, turn)
            except openai.OpenAIError as error:
                part = refused_part(error, sent) if isinstance(error, openai.APIStatusError) else None
                if part is not None:
                    refused, first = refused | {part}, first or error
                    continue
                pause = pause_before(error, attempt) if attempt < RETRIES else None
                if pause is None:
                    told = first if first is not None and isinstance(error, type(first)) else error
                    raise self._readable().error(told, turn.limits) from error
                if pause >= turn.patience():
                    raise self._readable().busy(pause, turn.patience()) from error
                turn.wait(pause)
                attempt += 1
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
                # what the client does with an answer that is no JSON, or JSON of another shape
                raise self._readable().error(error, turn.limits) from error
            else:
                self._refused = refused
                return found

    def _requested(
        self, messages: Sequence[BaseMessage], options: dict[str, Any], run: CallbackManagerForLLMRun | None, turn: Turn
    ) -> ChatResult:
        """Make one request; leave it behind when its time is over, as looking an address up has no limit of its own."""
        seconds = turn.seconds(self._label, Usage(cost_usd=self._price(0, 0)))
        body = {part: options[part] for part in STREAM if part in options and STREAM[0] in options}
        options = {part: value for part, value in options.items() if part not in STREAM}
        options |= {"extra_body": body} if body else {}  # else the client would hand the stream on as it is
        request = partial(super()._generate, list(messages), None, run, timeout=seconds, **options)
        job = background.started(request)
        try:
            found = job.result(seconds + _GRACE_S)
        except TimeoutError as error:
            self._http.cut()
            raise self._readable().late(seconds) from error
        except openai.APITimeoutError as error:
            raise self._readable().late(seconds) from error
        except openai.APIConnectionError as error:  # some versions of the client wrap what they do not know
            if any(isinstance(one, TimeoutError) for one in causes(error)):
                raise self._readable().late(seconds) from error
            raise
        if not found.generations or not isinstance(found.generations[0].message, AIMessage):
            raise ValueError("no choices")
        return found

    def _read(self, message: AIMessage, options: Mapping[str, Any], place: int) -> AIMessage:
        """Return an answer without thoughts, and with the calls that it holds as text."""
        text = without_thoughts(message.text)
        calls = message.tool_calls
        in_words = TOOLS in self._refused
        if calls:
            self._native = True
        elif options.get(TOOLS) and not message.invalid_tool_calls and (in_words or not self._native):
            found, text = calls_in(text, *_offered(options), set_off=not in_words)
            calls = [
                {"name": name, "args": given, "id": f"text-{place}-{at}", "type": "tool_call"}
                for at, (name, given) in enumerate(found, start=1)
            ]
        return message.model_copy(update={"content": text, "tool_calls": calls})

    @property
    def _label(self) -> str:
        """What the model is called on the command line and on record."""
        return f"openai:{self.model_name}"

    def _usage(self, message: AIMessage, messages: Sequence[BaseMessage], options: Mapping[str, Any]) -> Usage:
        """Return what a call took, as the server counted it; what it left out is estimated from the length of texts.

        A server that says 0 did not count: no prompt is of no tokens, and neither is an answer.
        """
        counted = message.usage_metadata
        tokens_in, tokens_out, cached = 0, 0, 0
        if counted is not None:
            tokens_in, tokens_out = counted["input_tokens"], counted["output_tokens"]
            cached = counted.get("input_token_details", {}).get("cache_read") or 0
        estimated = not (tokens_in and tokens_out)
        if not tokens_in:
            sent = sum(len(one.text) + _length(getattr(one, "tool_calls", ())) for one in messages)
            tokens_in = -(-(sent + len(str(options.get(TOOLS) or ""))) // _CHARACTERS)
        if not tokens_out:
            tokens_out = -(-(len(message.text) + _length(message.tool_calls)) // _CHARACTERS)
        return Usage(tokens_in, tokens_out, self._price(tokens_in, tokens_out, cached), 1, estimated)

    def _price(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float | None:
        if self._own_price is not None:
            return self._own_price.of(tokens_in, tokens_out)
        return cost_usd(self.model_name, self.openai_api_base or "", tokens_in, tokens_out, cached)

    def _readable(self) -> Readable:
        key = self.openai_api_key.get_secret_value() if isinstance(self.openai_api_key, SecretStr) else ""
        return Readable(self.model_name, key)


def _length(calls: Any) -> int:
    """Return of how many characters tool calls are."""
    return sum(len(str(call)) for call in calls)


def _offered(options: Mapping[str, Any]) -> tuple[Collection[str], tuple[str, Collection[str]] | None]:
    """Return the names of the tools that are offered, and the one that must be called with its arguments' names."""
    tools = {str(tool.get("function", {}).get("name")): tool.get("function", {}) for tool in options[TOOLS]}
    choice = options.get("tool_choice")
    must = choice.get("function", {}).get("name") if isinstance(choice, Mapping) else None
    return tools, (must, tools[must].get("parameters", {}).get("properties", {})) if must in tools else None

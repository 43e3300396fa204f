"""A chain of models: the first that answers does, and what happened to those before it is kept to be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from zosimos.core.errors import ModelError


class ChainModel(BaseChatModel):
    """Models that are asked one after the other, each only where those before it cannot be asked or say nothing.

    A model that failed is not asked again by the same chain: who waited a minute for it does not wait again.
    """

    models: dict[str, BaseChatModel]
    _failed: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def _llm_type(self) -> str:
        return "zosimos-chain"

    @property
    def failed(self) -> dict[str, str]:
        """Why models could not be asked, by name."""
        return dict(self._failed)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this chain with tools that each of its models may call."""
        return self.bind(offered=[convert_to_openai_tool(tool) for tool in tools], wanted=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the signature is langchain's
        *,
        offered: Sequence[dict[str, Any]] = (),
        wanted: str | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        last: ModelError | None = None
        for name, model in self.models.items():
            if name in self._failed:
                continue
            asked = model.bind_tools(list(offered), tool_choice=wanted) if offered else model
            try:
                said = asked.invoke(messages, stop=stop, **kwargs)
                if not said.text.strip() and not said.tool_calls:
                    raise ModelError(f"the model {name} said nothing", field="model", value=name)  # noqa: TRY301 - as any
            except ModelError as error:
                self._failed[name] = error.message
                last = error
                continue
            return ChatResult(generations=[ChatGeneration(message=said)])
        if last is not None and len(self.models) == 1:
            raise last
        raise ModelError(
            "none of the models can be asked",
            field="model",
            value="; ".join(f"{name}: {why}" for name, why in self._failed.items()),
            hint="try again later, or add offline to the models, which needs no server",
        )

"""A chain of models: the first that can be asked and says something answers; what failed is kept, to be told.

langchain's own fallbacks ask a model that failed anew at every step of a turn, and note nowhere that they went on to
another; its middleware for them works in an agent only, and a plan is made without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from zosimos.agent.models.turn import current
from zosimos.core.errors import ModelError


class ModelChain(BaseChatModel):
    """Models, each asked only where those before it cannot be asked or give nothing.

    A model that failed is left out for the rest of the turn, and asked again in the next. ``links`` are the models by
    name, or why one cannot be asked at all. ``last_resort`` answers where what models may take together is used up.
    """

    links: dict[str, BaseChatModel | ModelError]
    last_resort: BaseChatModel | None = None

    @property
    def _llm_type(self) -> str:
        return "zosimos-chain"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this chain with tools that each of its models may call."""
        return self.bind(offered=list(tools), tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the signature is langchain's
        *,
        offered: Sequence[Any] = (),
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        turn = current()
        failed = turn.failed
        for name, link in self.links.items():
            if name in failed:
                continue
            try:
                if isinstance(link, ModelError):
                    raise link
                said = _bound(link, offered, tool_choice).invoke(messages, stop=stop, **kwargs)
            except ModelError as error:
                failed[name] = error.message
                if len(self.links) == 1 and not (turn.spent and self.last_resort is not None):
                    raise
                continue
            return ChatResult(generations=[ChatGeneration(message=said)])
        if turn.spent and self.last_resort is not None:
            said = _bound(self.last_resort, offered, tool_choice).invoke(messages, stop=stop, **kwargs)
            return ChatResult(generations=[ChatGeneration(message=said)])
        raise ModelError(
            "none of the models can be asked",
            field="model",
            value="; ".join(f"{name}: {why}" for name, why in failed.items()),
            allowed="models of which at least one answers",
            hint="try again later, or add offline as the last: it needs no server",
        )


def kept_on(model: BaseChatModel) -> ModelChain:
    """Return a model in whose place the rules without a model answer once what models may take together is used up."""
    from zosimos.agent.offline.brain import OfflineModel

    links = dict(model.links) if isinstance(model, ModelChain) else {called(model): model}
    return ModelChain(links=links, last_resort=OfflineModel())


def called(model: BaseChatModel) -> str:
    """Return what a model is called on the command line and on record."""
    if isinstance(model, ModelChain):
        return ",".join(model.links)
    name = getattr(model, "model_name", None)
    return f"openai:{name}" if name else str(model._llm_type)  # noqa: SLF001 - langchain's name of a kind of model


def _bound(
    model: BaseChatModel, offered: Sequence[Any], tool_choice: str | None
) -> Runnable[LanguageModelInput, AIMessage]:
    return model.bind_tools(offered, tool_choice=tool_choice) if offered else model

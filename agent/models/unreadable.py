"""Calls that cannot be read: a model whose arguments are no JSON is told, and may try again within its limits."""

from __future__ import annotations

from typing import Any

from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, ToolMessage

_SHOWN = 500


class UnreadableCalls(AgentMiddleware[Any, Any, Any]):
    """Answers calls that no tool can get, in the place of the tool."""

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:  # noqa: ARG002 - langchain's signature
        """Say of each such call what is wrong; where no other call is left, the model is asked again."""
        last = state["messages"][-1]
        if not isinstance(last, AIMessage) or not last.invalid_tool_calls:
            return None
        told = [
            ToolMessage(
                f"The arguments are not JSON, so nothing was done: {str(call.get('args'))[:_SHOWN]}",
                tool_call_id=str(call.get("id")),
                name=str(call.get("name")),
                status="error",
            )
            for call in last.invalid_tool_calls
        ]
        return {"messages": told} if last.tool_calls else {"messages": told, "jump_to": "model"}

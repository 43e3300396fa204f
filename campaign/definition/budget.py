"""The budget in a campaign file: what experiments, and the language models beside them, may use up."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from zosimos.campaign.definition.fields import Duration, PlainNumber, Whole, unsaid_left_out
from zosimos.core.validation import Part


class BudgetSpec(Part):
    """What the campaign may use up."""

    experiments: Whole = Field(ge=1, description="number of experiments, failed ones included")
    time: Duration | None = Field(None, description="time since the start, such as '8 h'")
    cost: PlainNumber | None = Field(None, gt=0, description="cost of all experiments together, in the unit of costs")
    model_tokens: Whole | None = Field(
        None, ge=1, description="tokens of all that language models are asked and answer, in chat and as advisors"
    )
    model_usd: PlainNumber | None = Field(
        None, gt=0, description="US dollars that language models may cost, in chat and as advisors"
    )

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said and specs on record do not know: digests over them stay what they were."""
        return unsaid_left_out(handler(self), "model_tokens", "model_usd")

"""A plan as a campaign file: YAML that a person likes to read, the goal and the assumptions as comments on top.

Words come from anywhere. In a comment they stand on their own lines with every line break taken out, so that none can
begin a field; and the finished text is read back and compared before anybody sees it.
"""

from __future__ import annotations

import textwrap

from zosimos.agent.plan import Plan
from zosimos.campaign.definition import yaml
from zosimos.campaign.definition.read import parse_spec
from zosimos.core.errors import PlanError

_WIDTH = 110


def as_yaml(plan: Plan) -> str:
    """Return the campaign file of a plan.

    Raises:
        PlanError: the text would not be read back as the same campaign.
    """
    lines = _comment(f"Goal: {plan.words}")
    if plan.assumptions:
        lines += ["#", "# Assumed:"]
        lines += [line for text in plan.assumptions for line in _comment(text, "# - ", "#   ")]
    if plan.left_out:
        lines += ["#", "# Left out, because no field says it:"]
        lines += [line for text in plan.left_out for line in _comment(text, "# - ", "#   ")]
    text = "\n".join(lines) + "\n\n" + yaml.dump(plan.data)
    if parse_spec(yaml.parse(text)) != plan.spec:
        raise PlanError("the plan cannot be written as a campaign file", hint="say the goal in plainer words")
    return text


def _comment(text: str, first: str = "# ", following: str = "# ") -> list[str]:
    """Return text as comment lines; split() knows every line break that YAML knows."""
    plain = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return textwrap.wrap(plain, _WIDTH, initial_indent=first, subsequent_indent=following) or [first.rstrip()]

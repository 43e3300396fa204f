"""Agents of the tests of the MCP server: their tokens, and the file that names them."""

from __future__ import annotations

from zosimos.faces.mcp.agents import token_sha256

TOKENS = {"claude": "token-of-claude", "looker": "token-of-looker", "stranger": "token-of-stranger"}
AGENTS = f"""\
agents:
  claude:
    token_sha256: {token_sha256(TOKENS["claude"])}
    may: [look, "propose:pause", "propose:bounds", "propose:settings", "propose:correction"]
    proposals_per_day: 6
  looker:
    token_sha256: {token_sha256(TOKENS["looker"])}
    may: [look]
    calls_per_minute: 5
  stranger:
    token_sha256: {token_sha256(TOKENS["stranger"])}
    may: [look, propose]
    campaigns: ["secret-*"]
"""

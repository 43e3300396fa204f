"""The MCP server: programs of others (agents) look at campaigns and propose changes; a person decides elsewhere."""

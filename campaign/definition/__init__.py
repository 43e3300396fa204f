"""The spec: what a campaign is to do, as a validated YAML document, and the typed diffs that steer it."""

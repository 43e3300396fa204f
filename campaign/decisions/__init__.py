"""Decisions: what to try next and when to stop, as pure functions of recorded inputs."""

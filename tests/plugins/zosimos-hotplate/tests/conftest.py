"""How hypothesis looks for examples: the same ones each time, however slow the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "hotplate", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("hotplate")

"""What all tests share: property tests draw the same examples each time and have no deadline on a slow machine."""

from hypothesis import settings

settings.register_profile("zosimos", deadline=None, derandomize=True, database=None)
settings.load_profile("zosimos")

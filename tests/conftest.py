"""What all tests share: property tests draw the same examples each time and have no deadline on a slow machine."""

import signal

from hypothesis import settings

settings.register_profile("zosimos", deadline=None, derandomize=True, database=None)
settings.load_profile("zosimos")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # tests begun in the background of a shell inherit that, and so would the commands that they interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)

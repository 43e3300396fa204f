"""The parts of a lab file: devices with their limits, places and what is in them, the simulated world."""

"""Drivers, transports and simulators for instruments, and the envelope under them. It holds nothing yet."""

"""Wires: ports, frames, exchanges with a deadline, and a trace of every byte."""

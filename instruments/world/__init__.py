"""The physical world that all simulators of a lab share."""

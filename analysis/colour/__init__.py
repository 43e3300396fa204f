"""Colour: from the channels of a sensor to CIE XYZ, to Lab, to the difference from a target."""

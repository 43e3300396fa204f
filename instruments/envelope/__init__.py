"""The envelope: what may be done to each device, checked below everything that thinks."""

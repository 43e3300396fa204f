"""URL schemes that pyserial learns from us, a module each, named as pyserial wants."""

"""Moving liquids with syringe pumps: strokes, what a vessel holds, and whether a stroke happened."""

"""Featurizers: texts that name molecules, compositions or crystals become numbers that say how alike they are."""

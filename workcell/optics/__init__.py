"""Reading light: a sensor's lamp and turret as the recipe wants them, and the mean of several readings."""

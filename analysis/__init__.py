"""From raw instrument data to a quantity with its uncertainty. It holds nothing yet."""

"""What a plan is made for, and what a goal says that a plan must hold to."""

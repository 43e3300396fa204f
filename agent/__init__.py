"""The planner that speaks: goals in words become campaign files, a running campaign is steered in words."""

"""The planner that speaks: goals in words, tools, steering. It holds nothing yet."""

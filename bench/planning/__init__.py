"""The planner benchmark in parts: sets of measured rows, planners, replay, workers, a cache of runs, scores."""

"""The benchmark of continuous and mixed problems in parts: problems, ways to plan, runs, scores."""

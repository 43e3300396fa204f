"""Running a campaign: the supervisor reacts at once, the decider plans beside it, the worker runs experiments."""

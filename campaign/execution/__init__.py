"""Running a campaign: a supervisor that reacts at once, a decider that plans beside it, a worker that runs experiments."""

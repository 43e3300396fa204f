"""What can mislead a planner, planted or not: each module has ``VARIANTS``, which map a name to what plays a run."""

"""Explanations from a campaign's record: why an experiment was chosen, what matters, what the models believe."""

from zosimos.campaign.explain.experiment import ExperimentExplained, explain_experiment
from zosimos.campaign.explain.whole import CampaignExplained, explain_campaign

__all__ = ["CampaignExplained", "ExperimentExplained", "explain_campaign", "explain_experiment"]

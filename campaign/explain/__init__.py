"""Explanations from a campaign's record: why an experiment was chosen, what matters, what the models believe."""

from zosimos.campaign.explain.campaign import CampaignExplained, explain_campaign
from zosimos.campaign.explain.experiment import ExperimentExplained, explain_experiment

__all__ = ["CampaignExplained", "ExperimentExplained", "explain_campaign", "explain_experiment"]

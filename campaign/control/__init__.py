"""Control: what people and programs may do to a campaign, and what they suggest."""

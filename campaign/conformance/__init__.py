"""What the conformance kits of labs and executors consist of; :mod:`zosimos.campaign.testing` is the way in."""

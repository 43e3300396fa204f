"""What the conformance kit for actions is made of."""

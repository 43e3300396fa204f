"""The conformance kit's parts: a wire that can be spoilt, acts to try, and checks that the world judges."""

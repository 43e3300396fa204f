"""The conformance kit's parts: a wire that can be spoiled, acts to try, and checks that the world judges."""

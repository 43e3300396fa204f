"""The offline brain: a chat model without a network, made of rules that would rather ask than guess."""

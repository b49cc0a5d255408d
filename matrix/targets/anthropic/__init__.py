"""The target `anthropic`: the Anthropic Python SDK."""

"""Tests of all targets that are SDKs for chat completions in OpenAI's form."""

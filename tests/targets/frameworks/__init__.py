"""Tests of the targets that are frameworks over the Anthropic API."""

"""Tests of the target `openai`."""

"""Tests of the target `ollama`."""

"""Tests of the target `groq`."""

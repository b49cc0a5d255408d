"""Tests of the target `google-genai`."""

"""Tests of the scenarios of the OpenAI API."""

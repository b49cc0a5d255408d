"""Tests of what programs and tests import."""

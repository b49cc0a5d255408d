"""Tests of recordings of a real API."""

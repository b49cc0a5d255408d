"""Tests of the operating system helpers."""

"""Tests that drive Chromium over a built site."""

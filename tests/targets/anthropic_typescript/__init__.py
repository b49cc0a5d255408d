"""Tests of the target `anthropic-typescript`, on a miniature of its SDK."""

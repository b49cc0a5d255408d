"""Tests of the target `cohere`."""

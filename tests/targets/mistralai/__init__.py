"""Tests of the target `mistralai`."""

"""Tests of scenarios in files of users."""

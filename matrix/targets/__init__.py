"""Targets: one folder for each package under test."""

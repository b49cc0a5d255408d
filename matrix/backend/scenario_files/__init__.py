"""Scenarios in files of users: read them, check them, and write them."""

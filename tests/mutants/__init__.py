"""Removes each protection in turn, and shows that the test that docs/trust.md names for it fails."""

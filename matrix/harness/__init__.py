"""The harness: builds environments, runs the probe in a sandbox against the backend, and measures cells."""

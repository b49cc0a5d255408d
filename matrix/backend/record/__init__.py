"""Record what a real API streams, and write it as a scenario file without secrets and texts."""

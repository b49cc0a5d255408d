"""The chart: what happens in a few failures, on every release from the oldest to the newest."""

"""The catalogue: scenarios as data, the events in them, the bytes that they compile to, and the suite."""

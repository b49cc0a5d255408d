"""The catalogue: scenarios as data, the events they are made of, the bytes they become, and the suite."""

"""Two campaigns against the harness: hostile wheels, and kills at bad moments. `nox -s hostile` runs both."""

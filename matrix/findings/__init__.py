"""Reports of `check` and `scan`: subjects, findings, their rules, and the output formats."""

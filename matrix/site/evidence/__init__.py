"""The evidence: what was observed in each scenario, in documents that a script loads and on pages."""

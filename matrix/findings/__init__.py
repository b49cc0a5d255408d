"""What `check` and `scan` report: findings, the rules behind them, and the output formats."""

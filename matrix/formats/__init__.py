"""Formats: a report as text, JSON, Markdown, GitHub's annotations, SARIF or JUnit XML. Pure: a report in, text out."""

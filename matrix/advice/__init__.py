"""Advice for a project: facts about a release, ranges it may allow, handlers it uses, and what to pin."""

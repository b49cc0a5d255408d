"""Miniature releases of `anthropic`, one for each behaviour, and a package index made of files that offers them.

Built inside the test run: the wheels are zip archives with fixed dates, so that equal sources are equal bytes, and
uv resolves and installs them from `file://` as it would from anywhere else.
"""

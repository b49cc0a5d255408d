"""Miniature releases of `anthropic`, one for each behaviour, and a package index of files that offers them.

The test run builds them: the wheels are zip archives with fixed dates, so that equal sources are equal bytes, and uv
resolves and installs them from `file://` as from any index.
"""

"""Helpers that several tests share: small stores, damaged files, raw clients."""

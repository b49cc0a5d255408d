"""Manifests: the files in which people write what they depend on."""

"""The recorded data: documents with digests, the store that reads and writes them, and queries."""

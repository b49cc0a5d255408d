"""The data of record: documents with digests, the store that holds them, and queries over it."""

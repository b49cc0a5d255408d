"""The audit: run a program against failing streams, record what it did, and judge that."""

"""The operating system: durable files, child processes, temporary folders, asyncio helpers and printable text."""

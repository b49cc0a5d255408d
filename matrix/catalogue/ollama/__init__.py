"""The Ollama API: its documented errors, the lines of its streams, and its scenarios."""

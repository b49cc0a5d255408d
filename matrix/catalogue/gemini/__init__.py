"""The Gemini API: its documented errors, the events of its streams, and its scenarios."""

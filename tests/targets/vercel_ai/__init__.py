"""Tests of the target `vercel-ai`, on a miniature of the SDK and of its provider."""

"""The scheduled service: plans, shards, artifacts, merges, the publish gate and announcements."""

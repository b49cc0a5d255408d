"""What several tests share: miniature data, damaged files, raw clients."""

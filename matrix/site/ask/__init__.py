"""The question bar: what its script needs to answer, prepared when the site is built."""

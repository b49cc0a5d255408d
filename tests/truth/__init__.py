"""A differential test of `matrix scan`: programs are run, and what happened is compared with what the scan claims."""

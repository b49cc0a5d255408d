"""What is read of the files in which people write what they depend on."""

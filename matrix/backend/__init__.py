"""The mock server: it plays scenarios over TCP on loopback, exact to the byte, and those of users' files."""

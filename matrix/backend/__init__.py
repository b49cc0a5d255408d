"""The mock server: real TCP on loopback, byte-exact."""

"""Everything that is compiled, and the named tuples that it works on."""

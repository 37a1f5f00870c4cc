"""Values and rules of a sweep: standard library only, no I/O."""

"""The inline backend: attempts run in this process, one at a time, for debugging."""

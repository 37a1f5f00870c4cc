"""The ray backend: attempts run as tasks of a Ray cluster."""

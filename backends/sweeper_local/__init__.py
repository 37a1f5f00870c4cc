"""The local backend: attempts run in child processes of this machine."""

"""From a call of .sweep() to a running controller."""

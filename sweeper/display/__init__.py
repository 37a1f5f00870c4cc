"""How a sweep shows itself on terminals and in notebooks (only home of rich)."""

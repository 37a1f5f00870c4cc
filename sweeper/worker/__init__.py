"""What stands beside the user's function: its context, reports, checkpoints, logs and code."""

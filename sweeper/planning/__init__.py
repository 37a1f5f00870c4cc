"""Looking ahead of a launch: its problems, what will run, and how long it may take."""

"""Where people compare trials: the Dash dashboard."""

"""The one truth: a SQL database of sweeps, trials, attempts and what they said."""

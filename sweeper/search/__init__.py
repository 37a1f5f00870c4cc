"""Which configuration next: grid, random, and Optuna's samplers."""

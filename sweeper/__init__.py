"""Turn a training function into hundreds of trials, and resume them exactly."""

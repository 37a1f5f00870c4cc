"""What the controller is made of: the ledger, the budget, and the way back after a crash."""

"""The pages of the dashboard: what is laid out for each address."""

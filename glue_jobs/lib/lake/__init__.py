"""The lake as jobs see it: objects, commits, the ledger, and the account of every run."""

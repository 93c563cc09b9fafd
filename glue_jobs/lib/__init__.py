"""What the jobs share: storage, sources, checks, ledger and commit."""

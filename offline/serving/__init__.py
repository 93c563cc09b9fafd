"""What every server of this project must have in front of it."""

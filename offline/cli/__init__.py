"""What each command of `shoplake` takes and shows."""

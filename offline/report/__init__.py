"""`shoplake report` and `shoplake profile`: pages that need no network, and charts as pictures."""

"""`shoplake report`: what a shop's curated tables say, as one page that needs no network, and as pictures."""

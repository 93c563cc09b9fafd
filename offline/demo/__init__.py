"""`shoplake demo`: a shop that is generated, landed, run and analyzed, and held to what was planted in it."""

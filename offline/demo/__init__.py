"""`shoplake demo`: a shop that is generated, landed, run and analysed, and held to what was planted in it."""

"""`shoplake demo`: a generated shop is landed, run and analyzed, and verified against its ground truth."""

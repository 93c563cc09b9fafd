"""The functions of the live path, one package each; they share `common`, and `derive` writes their docs and schemas."""

"""What the training and inference scripts of all models share."""

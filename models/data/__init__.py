"""Data sets: where they are found, how their files are read, and the images of them."""

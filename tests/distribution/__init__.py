"""The package as its users get it: built, installed in a fresh environment outside the checkout, every command run."""

"""Models of s-MTJs, and what is done about those that are not ideal."""

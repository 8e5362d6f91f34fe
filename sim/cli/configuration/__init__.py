"""``spinsc.toml``: a network, its hardware, random bits and checks in one file, and what carries it out.

`schema` has the types, made from the commands' options; `reading` turns a file into command lines; `steps` puts them in
an order and leaves out those that are up to date by content.
"""

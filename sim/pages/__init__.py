"""Reports as pages (``--report``) and as JUnit (``--junit``): one self-contained HTML file, made by Jinja2.

`page` says what a page consists of, `figures` turns figures of matplotlib into inline SVG that suits a light and a dark
page. Every command that writes a page has a module of its own here.
"""

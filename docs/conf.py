"""The site that ``make docs`` builds of these pages. They are plain Markdown that also reads well on a code host."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "spinsc"
copyright = "its authors, Apache-2.0"
version = release = version_of("spinsc")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "commands", "pages"]
root_doc = "index"
exclude_patterns = ["_*"]

myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]
highlight_language = "none"  # indented blocks are command lines, formulas and what programs print
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

default_role = "py:obj"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("Data", "NetworkLike", "npt.ArrayLike")}
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False
python_maximum_signature_line_length = 90

html_theme = "furo"
html_title = "spinsc"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#24507a", "color-brand-content": "#1c5f9e"},
    "dark_css_variables": {"color-brand-primary": "#7cb6ec", "color-brand-content": "#7cb6ec"}}

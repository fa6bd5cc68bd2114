"""The wheel carries code; what explains it stays in the repository and in the source distribution.

Essays at the heads of modules, comments and all but the first line of a docstring are nearly half of the text here,
and a service downloads them with every image. They are left out of the wheel, as comments are of a script for
browsers. Lines keep their numbers, so a traceback from an installed package is read beside the source.
`pyproject.toml` says the rest.
"""

import ast
import io
import tokenize
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# What `help()` of a user shows: here each docstring keeps its first line, elsewhere only the module's does
PUBLIC = {"__init__", "aio", "calls", "client", "default", "guard", "protocol", "scope", "settings", "testing"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def slim(source: str, public: bool = True) -> str:
    """The same program, line for line, without what only readers need. Raises SyntaxError if it is none."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            first = node.body[0]
            if first.end_lineno > first.lineno:
                lines[first.lineno - 1] += '"""'
                lines[first.lineno : first.end_lineno] = [""] * (first.end_lineno - first.lineno)
            name = getattr(node, "name", "")
            if name and len(node.body) > 1 and (not public or name.startswith("_")):
                lines[first.lineno - 1] = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    slimmed = "\n".join(lines)
    if ast.dump(_bare(slimmed)) != ast.dump(_bare(source)):
        raise ValueError("leaving out comments changed the program")
    return slimmed


def _bare(source: str) -> ast.Module:
    """The program without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


class Slim(build_py):
    """Copies modules into the wheel without what only readers need."""

    def build_module(self, module, module_file, package):
        copied = super().build_module(module, module_file, package)
        if not self.editable_mode:
            target = Path(copied[0])
            target.write_text(slim(target.read_text("utf-8"), module in PUBLIC), "utf-8")
        return copied


setup(cmdclass={"build_py": Slim})

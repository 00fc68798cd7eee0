"""
What a type checker promises to those who use the domain; checked by mypy, never run.

An ignored error is a promise too: strict mypy complains of an ignore that nothing needs.
"""

"""The public registers as they are published: from bytes to values, without a database.

What cannot be read stops the whole file (``Invalid``, naming the lines); what can be read but has
no place here is a ``Misfit`` in the result. ``docs/registers.md`` says which files these are.
"""

"""What an audit looks for in an example, one family of faults a module.

A check sees one example and tells what it found; it never asks how the dataset was made. Its rules are those by which
datagen selects, from the same functions, so that what selection lets in is what an audit lets pass. Precision goes
before recall: a fault that is told is one.
"""
